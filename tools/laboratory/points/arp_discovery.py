"""Point 1: the agent finds hosts by their ARP."""

from scapy.layers.l2 import Ether

from .. import addresses, view
from ..frames import Tap
from ..lab import Lab
from ..wait import comes_true
from .observation import Observation

NEWCOMER, NEWCOMER_ADDRESS = "newcomer", "10.66.1.50"
ETHERTYPE_ARP = 0x0806


def hosts_found_by_arp(lab: Lab) -> Observation:
    """Hosts are found by ARP, before and after their first packet to the outside"""
    seen = Observation()
    _silent_hosts(lab, seen)
    try:
        _newcomer(lab, seen)
    finally:
        if lab.host(NEWCOMER).namespace.exists():
            lab.remove_host(NEWCOMER)
        view.becomes_inactive(lab, NEWCOMER_ADDRESS)
    return seen


def _silent_hosts(lab: Lab, seen: Observation) -> None:
    """The hosts of the laboratory have sent nothing to anyone: only the agent's sweep can have found them."""
    vouchers = view.active(lab)
    found = {name: vouchers.get(address, []) for name, address in addresses.HOSTS.items()}
    by_agent = [name for name, who in found.items() if any(v.startswith("agent:") for v in who)]
    seen.note(len(by_agent) == len(addresses.HOSTS) and not any("sighting" in who for who in found.values()),
              f"sweep found {len(by_agent)} of {len(addresses.HOSTS)} hosts before any had sent a packet outside "
              f"({', '.join(addresses.HOSTS[name] for name in by_agent)})")


def _newcomer(lab: Lab, seen: Observation) -> None:
    """A host comes up and at once talks to the outside: its ARP request for the router comes first, or its answer
    if a sweep passes just then."""
    agent = lab.machine("agent")
    before = view.counters(lab)
    with Tap(agent, "eth0") as campus, Tap(agent, "mgmt") as management:
        newcomer = lab.add_host(NEWCOMER, NEWCOMER_ADDRESS, serve=False)
        ping = newcomer.namespace.attempt("ping", "-n", "-c", "1", "-W", "3", addresses.ATTACKERS[0])
        vouchers = _wait_until_active(lab, NEWCOMER_ADDRESS)
        first_arp = _first(campus, lambda frame: frame.type == ETHERTYPE_ARP
                           and frame.src == addresses.mac_of(NEWCOMER_ADDRESS))
        acknowledged = first_arp and _first(management, lambda frame: True, after=first_arp)
    seen.note(vouchers, f"{NEWCOMER_ADDRESS} spoke ARP and became active, by {' and '.join(vouchers)}")
    if acknowledged:
        seen.note(True, f"first ARP to acknowledged flow: {(acknowledged - first_arp) * 1e3:.2f} ms")
    else:
        seen.note(False, "no acknowledgement after its first ARP" if first_arp else "its ARP never reached the agent")
    if ping.returncode == 0:
        seen.note(True, "its first packet outside was answered, and the answer came to it")
    else:
        seen.note(False, "no answer came to its first packet outside; meanwhile "
                  f"{view.counter_growth(before, view.counters(lab))}")


def _wait_until_active(lab: Lab, address: str) -> list[str]:
    """Who vouches for it; nobody if it stays inactive."""
    comes_true(lambda: view.active(lab).get(address), timeout=20)
    return view.active(lab).get(address, [])


def _first(tap: Tap, wanted, after: float = 0) -> float | None:
    """When the first such frame arrived, among those that the tap holds."""
    while received := tap.receive(timeout=0.2):
        arrival, data = received
        if arrival > after and len(data) >= 14 and wanted(Ether(data)):
            return arrival
    return None
