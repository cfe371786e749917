"""Point 5: an address is not used any more."""

import time

from .. import view
from ..conversation import HONEYPOT_GREETING, greeting, web_title
from ..lab import Lab
from .late_host import LATE, LATE_ADDRESS, PORT
from .observation import Observation


def host_goes_away(lab: Lab) -> Observation:
    """The host goes away: after the probes, the honeypot answers again"""
    seen = Observation()
    attacker = lab.machine("attacker")
    if not lab.host(LATE).namespace.exists():
        lab.add_host(LATE, LATE_ADDRESS)
        view.becomes_active(lab, LATE_ADDRESS, "agent:", timeout=60)
    title = web_title(attacker, LATE_ADDRESS)
    seen.note(title == LATE, f"{LATE_ADDRESS} is \"{title}\"")
    lab.remove_host(LATE)
    unplugged = time.monotonic()
    inactive = view.becomes_inactive(lab, LATE_ADDRESS, timeout=120)
    took = time.monotonic() - unplugged
    seen.note(inactive, f"inactive {took:.1f} s after it was unplugged" if inactive
              else f"still active {took:.0f} s after it was unplugged")
    said = greeting(attacker, LATE_ADDRESS, PORT)
    seen.note(said.startswith(HONEYPOT_GREETING), f"then a new connection is told \"{said}\"")
    return seen
