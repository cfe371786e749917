"""The cables on the switch's three ports, each with a tap at its far end."""

import contextlib
import time

from laboratory import addresses
from laboratory.frames import Tap
from laboratory.lab import Lab
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether

OUTSIDE, INSIDE, HONEYPOT = "outside", "inside", "honeypot"
FAR_ENDS = {OUTSIDE: ("upstream", "border"), INSIDE: ("core", "border"), HONEYPOT: ("honeypot", "eth0")}

PATIENCE_S = 3.0  # for a frame that should come
SILENCE_S = 0.4  # long enough to believe that none comes


class Cables:
    """Sends into a port of the switch, and sees what comes out of each."""

    def __init__(self, lab: Lab):
        self.lab = lab
        self._stack = contextlib.ExitStack()
        self.taps: dict[str, Tap] = {}

    def __enter__(self) -> "Cables":
        for side, (machine, interface) in FAR_ENDS.items():
            self.taps[side] = self._stack.enter_context(Tap(self.lab.machine(machine), interface))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def send(self, side: str, *frames: Ether | bytes) -> None:
        self.taps[side].send(*frames)

    def comes_out(self, side: str, frame: Ether | bytes) -> bool:
        """True once exactly this frame, byte for byte, has come out."""
        wanted = bytes(frame)
        return bool(self.taps[side].collect(lambda data: data == wanted, PATIENCE_S))

    def with_marker(self, side: str, marker: bytes, timeout: float = PATIENCE_S) -> list[bytes]:
        """The first frame that carries `marker` anywhere."""
        return self.taps[side].collect(lambda data: marker in data, timeout)

    def stays_away(self, marker: bytes, *sides: str) -> bool:
        """True if nothing with `marker` comes out of these ports."""
        time.sleep(SILENCE_S)
        return not any(self.taps[side].collect(lambda data: marker in data, timeout=0.05) for side in sides)


def from_upstream() -> Ether:
    """As every frame of the border link that comes from the outside."""
    return Ether(src=addresses.UPSTREAM_MAC, dst=addresses.CORE_MAC)


def from_core() -> Ether:
    return Ether(src=addresses.CORE_MAC, dst=addresses.UPSTREAM_MAC)


def from_honeypot(destination_mac: str = "02:66:00:00:09:09") -> Ether:
    """The honeypot does not choose where its frames go: any destination does."""
    return Ether(src=addresses.HONEYPOT_MAC, dst=destination_mac)


def at_honeypot(packet: IP) -> Ether:
    """How the packet of `from_upstream() / packet` arrives there: untagged, and addressed to it."""
    return Ether(src=addresses.UPSTREAM_MAC, dst=addresses.HONEYPOT_MAC) / packet
