"""What the machines at the cables send through the switch."""

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass

from laboratory.errors import LabError
from laboratory.wait import wait_for
from rack.wires import ATTACKER, HOST, Wires

PORT = 9000
PAUSE_S = 0.02


def ping(wires: Wires, address: str, count: int = 10) -> str:
    """The summary of ping; all have to be answered."""
    result = wires.attacker.attempt("ping", "-n", "-c", str(count), "-i", "0.2", "-W", "5", address)
    lines = result.stdout.strip().splitlines()
    summary = next((line for line in lines if "transmitted" in line), result.stderr.strip())
    if f"{count} received" not in summary:
        raise LabError(f"ping {address}: {summary}")
    return f"{address}: {summary.partition(', time')[0]}"


def answered(wires: Wires) -> bool:
    return wires.attacker.attempt("ping", "-n", "-c", "1", "-W", "1", HOST).returncode == 0


def until_answered(wires: Wires, patience_s: float = 180) -> float:
    """Seconds until a ping of the attacker to the campus is answered."""
    began = time.monotonic()
    wait_for(f"{HOST} answers through the switch", lambda: answered(wires), patience_s, interval=0.1)
    return time.monotonic() - began


def fetch(wires: Wires, address: str, wanted: str, patience_s: float = 60) -> str:
    """What the web server of an address says, which must be `wanted`. A honeypot is known seconds after a start."""
    said = ""

    def fetched() -> bool:
        nonlocal said
        result = wires.attacker.attempt("curl", "-s", "-S", "-m", "15", f"http://{address}/")
        said = (result.stdout + result.stderr).strip()
        return said == wanted
    wait_for(f"{address} says '{wanted}'", fetched, patience_s, interval=1, evidence=lambda: f"it said '{said}'")
    return said


@dataclass(frozen=True)
class Passage:
    """What became of a stream."""

    sent: int
    arrived: int
    longest_pause_s: float  # between two that arrived one after the other

    @property
    def lost(self) -> int:
        return self.sent - self.arrived

    def __str__(self) -> str:
        return (f"{self.arrived} of {self.sent} packets arrived, the longest pause between two was "
                f"{self.longest_pause_s:.1f} s")


class Stream:
    """Numbered packets, fifty a second, from the attacker to the host of the campus. A context manager."""

    def __init__(self, wires: Wires):
        self._from = wires.attacker.socket(kind=socket.SOCK_DGRAM)
        self._to = wires.campus.socket(kind=socket.SOCK_DGRAM)
        self._from.bind((ATTACKER, 0))
        self._to.bind((HOST, PORT))
        self._to.settimeout(0.5)
        self._ends = threading.Event()
        self._settled = threading.Event()
        self._sent = 0
        self._latest = -1
        self._arrivals: dict[int, float] = {}
        self._threads = [threading.Thread(target=one) for one in (self._send, self._receive)]

    def __enter__(self) -> "Stream":
        for thread in self._threads:
            thread.start()
        self.resumes()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._from.close()
        self._to.close()

    def _send(self) -> None:
        while not self._ends.wait(PAUSE_S):
            with contextlib.suppress(OSError):
                self._from.sendto(struct.pack("!Q", self._sent), (HOST, PORT))
                self._sent += 1

    def _receive(self) -> None:
        while not self._settled.is_set():
            with contextlib.suppress(TimeoutError):
                number, = struct.unpack("!Q", self._to.recv(64))
                self._arrivals[number] = time.monotonic()
                self._latest = number

    def resumes(self, patience_s: float = 300) -> None:
        """Waits until one arrives that was sent from now on."""
        now = self._sent
        wait_for("the stream passes", lambda: self._latest >= now, patience_s)

    def end(self) -> Passage:
        """No more is sent; what is on its way has two seconds."""
        self._ends.set()
        self._threads[0].join()
        if not self._settled.is_set():
            with contextlib.suppress(LabError):
                wait_for("all have arrived", lambda: len(self._arrivals) == self._sent, 2)
        self._settled.set()
        self._threads[1].join()
        moments = sorted(self._arrivals.values())
        pause = max((after - before for before, after in zip(moments, moments[1:])), default=0.0)
        return Passage(self._sent, len(self._arrivals), pause)
