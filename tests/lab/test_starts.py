"""A second start beside a running switch, ports that are taken from it, and what a machine lacks for a start: on
three interfaces of the kernel, in namespaces of their own."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PREFIX
from laboratory import wiring
from laboratory.namespace import Namespace
from laboratory.paths import SOURCE, default_build
from laboratory.wait import wait_for

BINARY = "control/honeyswitch"
SIDES = ("outside", "inside", "honeypot")
PATIENCE_S = 30
SERVER = "10.66.0.1"


class Box:
    """A switch's namespace with its three interfaces, and one with the other ends of their cables."""

    def __init__(self, folder: Path, name: str = "box"):
        self.folder = folder
        self.here, self.there = Namespace(f"{PREFIX}{name}"), Namespace(f"{PREFIX}{name}-far")
        self.started: list[subprocess.Popen] = []

    def __enter__(self) -> "Box":
        for namespace in (self.here, self.there):
            if namespace.exists():
                namespace.delete()
            namespace.create()
        for side in SIDES:
            wiring.link(self.here, side, self.there, side)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.started:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
        for namespace in (self.here, self.there):
            namespace.delete()

    def configuration(self, name: str, port: int = 6466, **ports: str) -> Path:
        sides = {side: ports.get(side, f"dev:{side}") for side in SIDES}
        path = self.folder / f"{name}.toml"
        path.write_text(
            "[ports]\n" + "".join(f'{side} = "{device}"\n' for side, device in sides.items()) + f"""
[process]
no_huge = true
lcores = "{min(os.sched_getaffinity(0))},{max(os.sched_getaffinity(0))}"
[capacity]
session_capacity = 1024
address_capacity = 131072
pending_capacity = 1024
history_capacity = 1024
mbufs = 8192
[diversion]
dark = ["10.66.0.0/16"]
active = ["{SERVER}/32"]
[notices]
listen_address = "127.0.0.1"
listen_port = {port}
[operator]
control_socket = "{self.folder}/{name}.sock"
[[honeypot]]
name = "pot"
mac = "02:00:00:00:00:66"
check = "none"
""")
        return path

    def command(self, configuration: Path, *options: str) -> list[str]:
        return self.here.command(str(default_build() / BINARY), "--config", str(configuration), *options)

    def log(self, configuration: Path) -> str:
        return configuration.with_suffix(".log").read_text(errors="replace")

    def start(self, configuration: Path, *options: str) -> subprocess.Popen:
        with configuration.with_suffix(".log").open("ab") as log:
            self.started.append(subprocess.Popen(self.command(configuration, *options), stdin=subprocess.DEVNULL,
                                                 stdout=log, stderr=log))
        return self.started[-1]

    def forwarding(self, configuration: Path, times: int = 1) -> subprocess.Popen:
        process = self.start(configuration)
        wait_for("it forwards", lambda: process.poll() is not None
                 or self.log(configuration).count("forwarding with") == times,
                 timeout=PATIENCE_S, evidence=lambda: self.log(configuration))
        assert process.poll() is None, self.log(configuration)
        return process

    def run(self, configuration: Path, *options: str) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(configuration, *options), capture_output=True, text=True, check=False,
                              timeout=PATIENCE_S)

    def programs(self) -> dict[str, int | None]:
        """The XDP program of each interface."""
        found = {}
        for side in SIDES:
            shown = json.loads(self.here.ip("-json", "link", "show", side))[0]
            found[side] = shown.get("xdp", {}).get("prog", {}).get("id")
        return found

    def passes(self) -> bool:
        """Whether a frame from outside to an active address comes out inside."""
        marker = os.urandom(8)
        ethernet = bytes.fromhex("020000000002020000000001") + b"\x08\x06"  # ARP goes inside as it is
        frame = ethernet + marker.ljust(46, b"\0")
        with self.there.entered():
            out, into = (self._raw(side) for side in ("outside", "inside"))
        with out, into:
            into.settimeout(0.5)
            out.send(frame)
            with contextlib.suppress(TimeoutError):
                while marker not in into.recv(2048):
                    pass
                return True
        return False

    @staticmethod
    def _raw(interface: str) -> socket.socket:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        raw.bind((interface, 0))
        return raw

    def hears(self, address: str) -> bool:
        """Whether somebody listens for notices there: a datagram to nobody would be answered by ICMP."""
        with self.here.socket(socket.AF_INET, socket.SOCK_DGRAM) as notice:
            notice.settimeout(0.5)
            try:
                notice.connect((address, 6466))
                notice.send(b"x")
                notice.recv(1)
            except TimeoutError:
                return True
            except OSError:
                return False
        return False

    def must_pass(self, configuration: Path) -> None:
        wait_for("a frame passes", self.passes, timeout=PATIENCE_S, evidence=lambda: self.log(configuration))


@pytest.fixture(name="box")
def made_box(tmp_path: Path) -> Iterator[Box]:
    if os.geteuid() != 0:
        pytest.fail("namespaces need root")
    with Box(tmp_path) as box:
        yield box


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same", "other-sockets"])
def test_a_second_start_leaves_the_first_alone(box: Box, elsewhere: bool) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    box.must_pass(first)
    programs = box.programs()
    assert all(programs.values()), programs
    second = box.run(box.configuration("second", port=6467) if elsewhere else first)
    assert second.returncode == 1, second.stderr
    assert f"port dev:outside: it is in use by honeyswitch, pid {running.pid}" in second.stderr
    assert box.programs() == programs
    assert box.passes()
    assert box.run(first, "--check").returncode == 0, "a check beside it is what an operator does before a reload"
    assert running.poll() is None


def test_sockets_are_exclusive_before_any_port_is_touched(box: Box) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    others = {side: f"vdev:net_null{index}" for index, side in enumerate(SIDES)}
    second = box.configuration("second", **others)
    refused = box.run(second)
    assert refused.returncode == 1
    assert "cannot listen for notices on 127.0.0.1:6466" in refused.stderr
    second.write_text(box.configuration("second", port=6467, **others).read_text().replace("second.sock", "first.sock"))
    refused = box.run(second)
    assert refused.returncode == 1
    assert f"honeyswitch, pid {running.pid} listens there" in refused.stderr
    assert "EAL" not in refused.stderr


def test_equal_names_in_another_namespace_are_other_ports(box: Box, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    box.forwarding(box.configuration("first"))
    with Box(folder, "bux") as other:
        first = other.configuration("first")
        other.forwarding(first)
        other.must_pass(first)


def test_after_a_kill_it_starts_again(box: Box) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    running.send_signal(signal.SIGKILL)
    running.wait()
    box.forwarding(first, times=2)
    box.must_pass(first)


def test_stray_signals_do_not_stop_the_link(box: Box) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGALRM, signal.SIGTSTP, signal.SIGRTMIN):
        running.send_signal(number)
    box.must_pass(first)
    assert running.poll() is None


def test_stray_signals_do_not_stop_an_agent(box: Box) -> None:
    agent = str(default_build() / "agent/honeyswitch-agent")
    key = box.folder / "agent.key"
    box.there.ip("address", "add", "10.66.0.9/24", "dev", "inside")
    subprocess.run([agent, "keygen", key], check=True, capture_output=True)
    log = box.folder / "agent.log"
    with log.open("wb") as output:
        running = subprocess.Popen(box.there.command(agent, "--name", "a", "--key-file", str(key),
                                                     "--controller", "10.66.0.8", "--interface", "inside", "--prefix", "10.66.0.0/24",
                                                     "--status-socket", str(box.folder / "agent.sock")),
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    box.started.append(running)
    wait_for("the agent has begun", (box.folder / "agent.sock").exists, timeout=PATIENCE_S, evidence=log.read_text)
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGALRM, signal.SIGHUP, signal.SIGTSTP):
        running.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(timeout=1)
    running.terminate()
    assert running.wait(timeout=PATIENCE_S) == 0, log.read_text()


def test_an_address_that_comes_later_is_listened_on(box: Box) -> None:
    first = box.configuration("first")
    first.write_text(first.read_text().replace('"127.0.0.1"', '"10.9.9.9"'))
    checked = box.run(first, "--check")
    assert checked.returncode == 0 and "listen_address 10.9.9.9 is no address of this machine" in checked.stdout
    box.forwarding(first)
    box.must_pass(first)
    wait_for("it says what it waits for", lambda: "listen_address 10.9.9.9 is no address" in box.log(first),
             timeout=PATIENCE_S)
    assert not box.hears("10.9.9.9")
    box.here.ip("address", "add", "10.9.9.9/32", "dev", "lo")
    wait_for("it says that it has come", lambda: "listen_address 10.9.9.9 has come" in box.log(first), timeout=PATIENCE_S)
    assert box.hears("10.9.9.9")


def test_a_program_that_is_taken_off_is_put_back(box: Box) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    box.must_pass(first)
    programs = box.programs()
    box.here.ip("link", "set", "inside", "xdp", "off")
    box.here.ip("link", "set", "outside", "xdp", "off")
    wait_for("the programs are back", lambda: box.programs() == programs, timeout=PATIENCE_S,
             evidence=lambda: box.log(first))
    assert box.passes()
    assert running.poll() is None
    assert re.search(r"port dev:inside: its XDP program was taken off; it was put back", box.log(first)), box.log(first)


def test_an_interface_that_is_gone_ends_it(box: Box) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    box.here.ip("link", "delete", "inside")
    assert running.wait(timeout=PATIENCE_S) == 1
    assert "port dev:inside: its interface is gone" in box.log(first)


def test_a_check_says_in_a_line_that_all_is_well(box: Box) -> None:
    checked = box.run(box.configuration("first"), "--check")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout == "the configuration is valid: 3 ports, 1 worker, 1 honeypot, 0 agents\n"


@pytest.mark.parametrize("example", sorted(SOURCE.glob("conf/honeyswitch*.toml")), ids=lambda path: path.stem)
def test_an_example_lacks_nothing_but_the_machine(example: Path) -> None:
    if "agent" in example.stem:
        pytest.skip("the agent's own")
    checked = subprocess.run([default_build() / BINARY, "--check", "--config", example], capture_output=True, text=True,
                             check=False, timeout=PATIENCE_S)
    assert checked.returncode in (0, 1), checked.stderr
    said = [line for line in checked.stderr.splitlines() if " warning: " not in line]
    assert all(line.startswith("honeyswitch: on this machine: ") for line in said), said
    assert checked.stdout.startswith("the configuration is valid: ")


def test_errors_of_file_and_command_line_are_told_together(box: Box) -> None:
    first = box.configuration("first")
    first.write_text(first.read_text().replace("mbufs = 8192", "mbufs = 1").replace("no_huge = true", "no_huge = 7"))
    checked = box.run(first, "--check", "--workers", "0")
    assert checked.returncode == 2
    told = [line.split(": ")[1] for line in checked.stderr.splitlines()]
    assert [re.sub(r".*toml:\d+:", "", place) for place in told] == ["11", "9", "--workers"]


@pytest.mark.parametrize(("change", "code", "sentence"), [
    (('"dev:inside"', '"dev:insid"'), 1, "there is no interface 'insid'; did you mean 'inside'?"),
    (('"dev:inside"', '"0000:7f:00.0"'), 1, "there is no PCI device 0000:7f:00.0"),
    (("lcores = ", 'lcores = "0,999" #'), 2, "CPU 999 cannot be had; online are"),
    (("lcores = ", "workers = 4 #"), 2, "workers = 4 takes the CPUs 0 to 4, one for the control thread: CPU "),
    (("mbufs = 8192", "mbufs = 16777216"), None, "MB of memory, and of "),
    (("/first.sock", "/nowhere/first.sock"), 2, "/nowhere'; make it, or name another"),
])
def test_what_the_machine_lacks_is_said_before_anything_is_done(box: Box, change, code, sentence) -> None:
    first = box.configuration("first")
    first.write_text(first.read_text().replace(*change))
    checked = box.run(first, "--check")
    if checked.returncode == 0 and ("CPU " in sentence or "MB " in sentence):
        pytest.skip("this machine has so much")
    started = box.run(first)
    assert checked.returncode == 1 and "on this machine: " in checked.stderr, checked.stderr
    assert started.returncode == (code or started.returncode) and started.returncode
    for text in (checked.stderr, started.stderr):
        assert sentence in text, text
    assert "Usage:" not in started.stdout + started.stderr and "EAL" not in started.stderr
    assert not (box.folder / "nowhere").exists()
