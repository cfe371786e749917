"""Point 6: the explorer falls silent, and comes back."""

import signal
import time

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from .. import addresses, view
from ..conversation import HONEYPOT_GREETING, greeting
from ..explorer import PROCESS
from ..frames import Tap
from ..lab import Lab
from ..wait import comes_true
from .observation import Observation

INACTIVE = "10.66.1.111"
PORT = 7000


def lost_agent_and_return(lab: Lab) -> Observation:
    """The agent is killed: its domain becomes unknown and traffic goes inside; it returns and the state heals"""
    seen = Observation()
    before = _found_by_agent(lab)
    said = greeting(lab.machine("attacker"), INACTIVE, PORT)
    seen.note(said.startswith(HONEYPOT_GREETING), f"{INACTIVE} is the honeypot")
    lab.processes.signal(PROCESS, signal.SIGKILL)
    killed = time.monotonic()
    unknown = comes_true(lambda: lab.domain_state() == "unknown", timeout=60)
    seen.note(unknown, f"agent killed: {addresses.DOMAIN} unknown after {time.monotonic() - killed:.1f} s")
    _goes_inside(lab, seen)
    lab.explorer.stop()
    lab.explorer.start()
    known = comes_true(lambda: lab.domain_state() == "known", timeout=60)
    same = comes_true(lambda: _found_by_agent(lab) == before, timeout=20)
    seen.note(known and same, "agent back: "
              + (f"domain known, with the {len(before)} active addresses of before" if known and same else
                 f"domain {lab.domain_state()}, active {sorted(_found_by_agent(lab))}, before {sorted(before)}"))
    said = greeting(lab.machine("attacker"), INACTIVE, PORT)
    seen.note(said.startswith(HONEYPOT_GREETING), f"{INACTIVE} is told \"{said}\"")
    return seen


def _found_by_agent(lab: Lab) -> set[str]:
    return {address for address, vouchers in view.active(lab).items() if any(v.startswith("agent:") for v in vouchers)}


def _goes_inside(lab: Lab, seen: Observation) -> None:
    """A new connection to an inactive address comes out of the inside port, at the core router."""
    def is_syn(data: bytes) -> bool:
        frame = Ether(data)
        return TCP in frame and frame[IP].dst == INACTIVE and frame[TCP].dport == PORT

    with Tap(lab.machine("core"), "border") as core:
        said = greeting(lab.machine("attacker"), INACTIVE, PORT, timeout=2)
        arrived = core.collect(is_syn, timeout=2)
    seen.note(bool(arrived) and not said.startswith(HONEYPOT_GREETING),
              f"a new connection to {INACTIVE} goes inside ({said})" if arrived else
              f"a new connection to {INACTIVE} did not come out inside ({said})")
