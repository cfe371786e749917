"""tools/bench --restart: for how long nothing passes when honeyswitch is started again, as legitimate traffic sees it,
and how many sessions with honeypots go on. From SIGTERM, and from kill -9.

A frame each millisecond goes from outside to an active address, over ports of memif (tests/oracle/memif.py). The gap
ends with the first frame that arrives again; it begins with the last one that arrived before. Whoever starts the
process again does so as soon as it has ended, as systemd does but for its RestartSec."""

import json
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles

from bench.process import Failure
from bench.report import markdown
from bench.runner import say

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))
# pylint: disable=wrong-import-position
from memif import MemifPort

PACE_S = 0.001
SESSIONS = 2_000
SAVE_INTERVAL_S = 1.0
PATIENCE_S = 60.0
WAYS = {"SIGTERM": signal.SIGTERM, "kill -9": signal.SIGKILL}
MACS = {"outside": "02:00:00:00:00:91", "inside": "02:00:00:00:00:92", "honeypot": "02:00:00:00:00:99"}
ROUTER, CORE = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
HOST, DARK = 0x0A420001, 0x0A428000  # 10.66.0.1, 10.66.128.0
SOURCE = 0xC6336401  # 198.51.100.1


@dataclass
class Way:
    """Of all rounds of one way to end it."""

    name: str
    gaps_ms: list[float] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)  # sessions
    kept: list[int] = field(default_factory=list)


def frame(destination: int, port: int, number: int) -> bytes:
    """UDP, with a number of its own."""
    payload = struct.pack(">HHHHQ", port, 53, 16, 0, number) + bytes(18)
    packet = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), number & 0xFFFF, 0, 64, 17, 0, SOURCE, destination)
    return CORE + ROUTER + b"\x08\x00" + packet + payload


class Supervised:
    """honeyswitch, and who starts it again."""

    def __init__(self, build: Path, folder: Path):
        self._folder = folder
        self.ports = {side: MemifPort(folder, side, mac) for side, mac in MACS.items()}
        (folder / "state").mkdir()
        devices = "".join(f'{side} = "vdev:{port.device}"\n' for side, port in self.ports.items())
        (folder / "restart.toml").write_text(
            f'[ports]\n{devices}[process]\nidle_sleep = "20us"\n[timeouts]\nidle_timeout = "1h"\n'
            '[admission]\nmode = "first-packet"\n[diversion]\ndark = ["10.66.128.0/17"]\nactive = ["10.66.0.1/32"]\n'
            f'[state]\nfolder = "{folder}/state"\nsave_interval = "{int(SAVE_INTERVAL_S * 1000)}ms"\n'
            f'[notices]\nlisten_address = "127.0.0.1"\nlisten_port = {free_port()}\n'
            f'[operator]\ncontrol_socket = "{folder}/control.sock"\n'
            '[[honeypot]]\nname = "pot"\nmac = "02:00:00:00:00:a1"\ncheck = "none"\n')  # fmt: skip
        self._command = [build / "control/honeyswitch", "--config", folder / "restart.toml"]
        self.process: subprocess.Popen | None = None
        self.start()
        self.await_ports(PATIENCE_S)

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def await_ports(self, patience: float) -> None:
        try:
            for port in self.ports.values():
                port.connect(patience)
        except TimeoutError:
            log = (self._folder / "log").read_text()
            raise Failure(f"honeyswitch does not open its ports:\n{log[-2000:]}") from None

    def sessions(self) -> int | None:
        """None: it does not answer."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(PATIENCE_S)
                connection.connect(str(self._folder / "control.sock"))
                connection.sendall(b'{"command":"stats"}\n')
                with connection.makefile("rb") as answer:
                    return json.loads(answer.readline())["rows"][0]["sessions"]
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for port in self.ports.values():
            port.close()


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Traffic:
    """A frame at each tick, whether it can be taken or not: a cable does not wait."""

    def __init__(self, ports: dict[str, MemifPort]):
        self._ports = ports
        self.sent = self.arrived = 0
        self.latest = time.monotonic()
        self._due = self.latest

    def tick(self) -> bool:
        """Waits for the next moment. Returns whether something has arrived."""
        self._due += PACE_S
        time.sleep(max(0.0, self._due - time.monotonic()))
        self.sent += 1
        self._ports["outside"].offer(frame(HOST, 1000, self.sent))
        came = len(self._ports["inside"].receive())
        self._ports["honeypot"].receive()
        self._ports["outside"].receive()
        if came:
            self.arrived += came
            self.latest = time.monotonic()
        return came > 0

    def flow(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.tick()


def settle(switch: Supervised, traffic: Traffic) -> int:
    """Until all flows have their sessions and those were saved. Returns how many there are."""
    end = time.monotonic() + PATIENCE_S
    while (count := switch.sessions() or 0) < SESSIONS:
        for number in range(SESSIONS):
            switch.ports["outside"].offer(frame(DARK + 1 + number, 2000, number))
            if number % 32 == 0:
                traffic.tick()
        if time.monotonic() > end:
            raise Failure(f"only {count} of {SESSIONS} sessions began")
    traffic.flow(2 * SAVE_INTERVAL_S)
    return count


def one_round(switch: Supervised, traffic: Traffic, way: Way) -> None:
    way.before.append(settle(switch, traffic))
    sent, arrived, before = traffic.sent, traffic.arrived, traffic.latest
    switch.process.send_signal(WAYS[way.name])
    while switch.process.poll() is None:
        if traffic.tick():
            before = traffic.latest
    for port in switch.ports.values():
        port.disconnect()
    switch.start()
    switch.await_ports(PATIENCE_S)
    end = time.monotonic() + PATIENCE_S
    while not traffic.tick():
        if time.monotonic() > end:
            raise Failure("nothing passes after a restart")
    way.gaps_ms.append(1000 * (traffic.latest - before))
    traffic.flow(0.5)
    # What could not be sent while there was no port is lost too: a cable carries on.
    way.lost.append(max(0, round(way.gaps_ms[-1] / (1000 * PACE_S)), traffic.sent - sent - (traffic.arrived - arrived)))
    way.kept.append(switch.sessions() or 0)
    say(f"    {way.name:8} {way.gaps_ms[-1]:8.1f} ms, {way.kept[-1]} of {way.before[-1]} sessions go on")


def run(build: Path, rounds: int) -> list[Way]:
    ways = [Way(name) for name in WAYS]
    with tempfile.TemporaryDirectory(prefix="bench-restart-") as folder:
        switch = Supervised(build, Path(folder))
        try:
            traffic = Traffic(switch.ports)
            for _ in range(rounds):
                for way in ways:
                    one_round(switch, traffic, way)
        finally:
            switch.close()
    return ways


def table(ways: list[Way]) -> str:
    head = ["ended by", "rounds", "gap ms, median", "p90", "shortest", "longest", "frames lost", "sessions kept"]
    rows = []
    for way in ways:
        tenths = quantiles(way.gaps_ms, n=10, method="inclusive") if len(way.gaps_ms) > 1 else way.gaps_ms * 9
        rows.append([way.name, str(len(way.gaps_ms)), f"{median(way.gaps_ms):.0f}", f"{tenths[8]:.0f}",
                     f"{min(way.gaps_ms):.0f}", f"{max(way.gaps_ms):.0f}", f"{median(way.lost):.0f}",
                     f"{100 * sum(way.kept) / sum(way.before):.2f} %"])  # fmt: skip
    return markdown(head, rows)


def write(path: Path, ways: list[Way]) -> None:
    path.write_text(json.dumps([asdict(way) for way in ways], indent=1) + "\n")
