"""Point 8: a honeypot that was broken into is no base for attacks."""

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from .. import addresses, view
from ..frames import Tap
from ..lab import Lab
from .observation import Observation

SOURCE = "10.66.200.9"  # the honeypot has every address of the campus
PORT = 80


def honeypot_is_contained(lab: Lab) -> Observation:
    """The honeypot tries to open a connection to the outside and to the campus: contained"""
    seen = Observation()
    outside, inside = addresses.ATTACKERS[2], addresses.HOSTS["www"]
    _attempt(lab, outside, "upstream", seen)
    # The honeypot holds the campus prefix itself; a real host is only reached past its own tables, as an intruder
    # with root rights would: by a frame of his own.
    _raw_attempt(lab, inside, seen)
    return seen


def _frame(destination: str) -> Ether:
    return (Ether(src=addresses.HONEYPOT_MAC, dst=addresses.CORE_MAC)
            / IP(src=SOURCE, dst=destination) / TCP(sport=40_000, dport=PORT, flags="S"))


def _is_from_honeypot(data: bytes) -> bool:
    frame = Ether(data)
    return IP in frame and frame[IP].src == SOURCE


def _attempt(lab: Lab, destination: str, where: str, seen: Observation) -> None:
    before = view.counters(lab)
    with Tap(lab.machine(where), "border") as tap:
        try:
            lab.machine("honeypot").connect(destination, PORT, timeout=2, source=SOURCE).close()
            result = "connected"
        except OSError as error:
            result = str(error.strerror or error)
        escaped = tap.collect(_is_from_honeypot, timeout=0.5)
    _judge(lab, f"{SOURCE} → {destination}:{PORT}: {result}", escaped, before, seen)


def _raw_attempt(lab: Lab, destination: str, seen: Observation) -> None:
    before = view.counters(lab)
    with Tap(lab.machine("honeypot"), "eth0") as honeypot, Tap(lab.machine("core"), "border") as core, \
            Tap(lab.machine("upstream"), "border") as upstream:
        honeypot.send(_frame(destination))
        escaped = core.collect(_is_from_honeypot, timeout=1) + upstream.collect(_is_from_honeypot, timeout=0.5)
    _judge(lab, f"{SOURCE} → {destination}:{PORT} as a raw frame", escaped, before, seen)


def _judge(lab: Lab, attempt: str, escaped: list[bytes], before: dict[str, int], seen: Observation) -> None:
    grown = view.counter_growth(before, view.counters(lab))
    contained = {name: value for name, value in grown.items() if "contained" in name}
    seen.note(not escaped and bool(contained),
              f"{attempt}: no packet left, "
              + (", ".join(f"{name} +{value}" for name, value in contained.items()) or "but nothing was counted")
              if not escaped else f"{attempt}: {len(escaped)} packets left the honeypot's port")
