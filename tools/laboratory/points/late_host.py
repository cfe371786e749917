"""Point 4: an address becomes active while an attacker talks to the honeypot on it."""

from .. import addresses, view
from ..conversation import HONEYPOT_GREETING, Conversation, web_title
from ..lab import Lab
from ..namespace import Namespace
from .observation import Observation

LATE, LATE_ADDRESS = "late", "10.66.1.77"
QUIET, QUIET_ADDRESS = "quiet", "10.66.2.88"
PORT = 7000
BURST = 200_000  # bytes, many packets each way


def session_survives_new_host(lab: Lab) -> Observation:
    """A host comes up on an address under attack: the session goes on, new connections reach the host"""
    seen = Observation()
    attacker = lab.machine("attacker")
    with Conversation(attacker, LATE_ADDRESS, PORT) as attack:
        seen.note(attack.greeting.startswith(HONEYPOT_GREETING) and attack.echoes(BURST),
                  f"{attack.local} holds a session with the honeypot on {LATE_ADDRESS}:{PORT}")
        host = lab.add_host(LATE, LATE_ADDRESS)
        host.namespace.attempt("ping", "-n", "-c", "1", "-W", "2", addresses.CORE_CAMPUS)
        seen.note(view.becomes_active(lab, LATE_ADDRESS, "agent:"), f"the host '{LATE}' came up there and is active")
        seen.note(all(attack.echoes(BURST) for _ in range(3)),
                  f"the session went on: {3 * BURST} bytes there and back, byte for byte")
        title = web_title(attacker, LATE_ADDRESS)
        seen.note(title == LATE, f"a new connection meanwhile reaches \"{title}\"")
        seen.note(attack.echoes(BURST), "and the old session still goes on")
    _quiet_host(lab, seen)
    return seen


def _quiet_host(lab: Lab, seen: Observation) -> None:
    """No agent can find this host: it neither sends nor answers ARP."""
    attacker = lab.machine("attacker")
    # Without ARP from the start: a sweep that passes while its servers start would find it.
    host = lab.add_host(QUIET, QUIET_ADDRESS, arp=False)
    try:
        _know_each_other(lab, host.namespace)
        before = web_title(attacker, QUIET_ADDRESS)
        host.namespace.attempt("ping", "-n", "-c", "1", "-W", "2", addresses.ATTACKERS[0])
        active = view.becomes_active(lab, QUIET_ADDRESS, "sighting", timeout=5)
        after = web_title(attacker, QUIET_ADDRESS)
        seen.note(before != QUIET and active and after == QUIET,
                  f"a host without ARP, {QUIET_ADDRESS}: \"{before}\" before its first packet outside, \"{after}\" after")
    finally:
        lab.machine("core").attempt("ip", "neigh", "del", QUIET_ADDRESS, "dev", "campus")
        lab.remove_host(QUIET)


def _know_each_other(lab: Lab, quiet: Namespace) -> None:
    """Static neighbours on both sides of its link to the router."""
    for machine, interface, neighbour in ((quiet, "eth0", addresses.CORE_CAMPUS),
                                          (lab.machine("core"), "campus", QUIET_ADDRESS)):
        machine.ip("neigh", "replace", neighbour, "lladdr", addresses.mac_of(neighbour), "dev", interface,
                   "nud", "permanent")
