"""What systemd is told, without systemd: a socket in its place hears when packets are forwarded, and whether all who
should make progress do."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PREFIX
from laboratory.namespace import Namespace
from laboratory.paths import default_build
from scapy.layers.inet import IP, TCP
from test_process import ATTACKER, PATIENCE_S, SERVER, Process, files, outside

FEED_S = 0.1  # a third of the watchdog's interval
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT, WALL = 17, 0x4206, 0x4207, 0x40000000  # <sys/ptrace.h>, <sys/wait.h>
FRAMES = [outside(IP(src=ATTACKER, dst=SERVER) / TCP(sport=port, dport=80)) for port in range(1, 21)]


class Manager:
    """In the place of systemd."""

    def __init__(self, path: Path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))

    def next(self) -> str:
        self.socket.settimeout(PATIENCE_S)
        return self.socket.recv(4096).decode()

    def next_but(self, *known: str) -> str:
        while (heard := self.next()).startswith(known):
            pass
        return heard

    def wait_for(self, beginning: str) -> str:
        while not (heard := self.next()).startswith(beginning):
            pass
        return heard

    def heard(self) -> list[str]:
        """All that is there already."""
        self.socket.settimeout(0)
        heard = []
        with contextlib.suppress(BlockingIOError):
            while True:
                heard.append(self.socket.recv(4096).decode())
        return heard


@pytest.fixture(name="manager")
def heard_manager(tmp_path: Path, monkeypatch) -> Manager:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", str(int(FEED_S * 3_000_000)))
    return Manager(tmp_path / "notify")


@pytest.fixture(name="process")
def started_process(manager: Manager, tmp_path: Path) -> Iterator[Process]:
    if os.geteuid() != 0:
        pytest.fail("EAL needs root")
    process = Process(tmp_path, files(tmp_path, {"outside": FRAMES}))
    yield process
    if process.process.poll() is None:
        process.process.kill()
        process.process.wait()


def ptrace(request: int, thread: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace request {request:#x} of thread {thread}")


@contextlib.contextmanager
def standing_still(thread: int) -> Iterator[None]:
    """This thread alone takes no step meanwhile; SIGSTOP would hold up all of its process."""
    ptrace(PTRACE_SEIZE, thread)
    ptrace(PTRACE_INTERRUPT, thread)
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        ptrace(PTRACE_DETACH, thread)


def thread_of(process: Process, name: str) -> int:
    """The main thread, or the one whose name begins so."""
    pid = process.process.pid
    if not name:
        return pid
    return next(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()
                if (task / "comm").read_text().startswith(name))


def test_it_is_ready_when_it_has_forwarded(process: Process, manager: Manager) -> None:
    assert manager.next() == "READY=1", process.log.read_text()
    assert "forwarding with 1 worker" in process.log.read_text()
    assert process.counter("outside_to_inside_active") == len(FRAMES), "what waited at the ports has been carried"
    assert manager.next_but("WATCHDOG") == "STATUS=forwarding, packets are diverted"


def test_a_failing_start_is_never_ready(tmp_path: Path, manager: Manager) -> None:
    process = Process(tmp_path, {"outside": "net_null0", "inside": "net_null1", "honeypot": "net_nosuchdriver0"})
    assert process.process.wait(timeout=PATIENCE_S) != 0, process.log.read_text()
    assert manager.heard() == []


@pytest.mark.parametrize("name", ["rte-worker", ""], ids=["worker", "control-thread"])
def test_the_watchdog_is_fed_while_all_make_progress(process: Process, manager: Manager, name: str) -> None:
    manager.wait_for("READY=1")
    for _ in range(5):
        manager.wait_for("WATCHDOG=1")
    with standing_still(thread_of(process, name)):
        time.sleep(2 * FEED_S)
        manager.heard()  # one may have been on its way
        time.sleep(10 * FEED_S)
        assert manager.heard() == []
    manager.wait_for("WATCHDOG=1")
    assert process.stop() == 0


def test_an_agent_is_ready_when_it_hears(tmp_path: Path, manager: Manager) -> None:
    segment = Namespace(f"{PREFIX}service")
    if segment.exists():
        segment.delete()
    segment.create()
    agent = None
    try:
        segment.ip("link", "add", "segment", "type", "veth", "peer", "name", "others")
        segment.ip("link", "set", "segment", "up")
        command = [str(default_build() / "agent/honeyswitch-agent"), "--dry-run", "--interface", "segment",
                   "--prefix", "192.0.2.0/24", "--sender", "192.0.2.9"]
        agent = subprocess.Popen(segment.command(*command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        assert manager.next() == "READY=1"
        with segment.entered():
            packet_sockets = Path("/proc/thread-self/net/packet").read_text().splitlines()[1:]
        assert packet_sockets, "it hears its domain by then"
    finally:
        if agent:
            agent.kill()
            agent.wait()
        segment.delete()


def test_what_it_does_is_told_in_words(process: Process, manager: Manager) -> None:
    manager.wait_for("READY=1")
    manager.wait_for("STATUS=")
    for word, status in (("on", "STATUS=forwarding, in maintenance: nothing new is diverted"),
                         ("off", "STATUS=forwarding, packets are diverted")):  # fmt: skip
        subprocess.run([default_build() / "tools/honeyctl", "--socket", process.socket, "maintenance", word],
                       check=True, capture_output=True, timeout=PATIENCE_S)
        assert manager.next_but("WATCHDOG") == status
    process.process.send_signal(signal.SIGHUP)
    reloading = manager.next_but("WATCHDOG")
    assert reloading.startswith("RELOADING=1\nMONOTONIC_USEC="), reloading
    assert int(reloading.rpartition("=")[2]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert manager.next_but("WATCHDOG") == "READY=1"
    assert process.stop() == 0
    assert manager.next_but("WATCHDOG") == "STOPPING=1"
