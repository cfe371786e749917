"""A switch on three interfaces of the kernel, in a namespace of its own, and one at the other ends of its cables."""

import contextlib
import json
import os
import socket
import subprocess
from pathlib import Path

from conftest import PREFIX
from laboratory import wiring
from laboratory.namespace import Namespace
from laboratory.paths import default_build
from laboratory.wait import wait_for

BINARY = "control/honeyswitch"
SIDES = ("outside", "inside", "honeypot")
PATIENCE_S = 30
SERVER = "10.66.0.1"
HONEYPOT_MAC = "02:00:00:00:00:66"


def stop_in_turn(processes: list[subprocess.Popen]) -> None:
    """The last one first; who does not end when asked is killed."""
    for process in reversed(processes):
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        if process.poll() is None:
            process.kill()
            process.wait()


def configuration_text(ports: str, control_socket: Path, notices: str = "") -> str:
    """Of a small switch between cables. `ports`: records and the table [ports]; `notices`: more of that table."""
    return f"""
{ports}
[process]
no_huge = true
lcores = "{min(os.sched_getaffinity(0))},{max(os.sched_getaffinity(0))}"
[capacity]
session_capacity = 1024
address_capacity = 131072
pending_capacity = 1024
reputation_capacity = 1024
mbufs = 8192
[diversion]
dark = ["10.66.0.0/16"]
active = ["{SERVER}/32"]
[notices]
listen_address = "127.0.0.1"
{notices}
[operator]
control_socket = "{control_socket}"
[[honeypot]]
name = "pot"
mac = "{HONEYPOT_MAC}"
check = "none"
"""


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
        path.write_text(configuration_text(
            "[ports]\n" + "".join(f'{side} = "{device}"\n' for side, device in sides.items()),
            self.folder / f"{name}.sock", f"listen_port = {port}"))  # fmt: skip
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
