"""Point 7: a session ends when nothing moves for the idle timeout."""

import time

from .. import view
from ..conversation import Conversation
from ..lab import Lab
from ..wait import comes_true
from .observation import Observation

DECOYS = [f"10.66.1.{n}" for n in range(120, 130)]
PORT = 7000


def sessions_expire(lab: Lab) -> Observation:
    """The idle timeout empties the session table"""
    seen = Observation()
    for address in DECOYS:
        with Conversation(lab.machine("attacker"), address, PORT) as attack:
            attack.echoes(100)
    quiet_since = time.monotonic()
    count = view.session_count(lab)
    seen.note(count >= len(DECOYS), f"{count} sessions in the table, then silence")
    timeout = lab.settings.idle_timeout
    empty = comes_true(lambda: view.session_count(lab) == 0, timeout=3 * timeout + 10, interval=0.2)
    took = time.monotonic() - quiet_since
    left = "the table was empty" if empty else f"{view.session_count(lab)} sessions were left"
    # A session may not end early; the count above was asked for after its last packet, by less than a second.
    seen.note(empty and took >= timeout - 1, f"{left} after {took:.1f} s (idle timeout {timeout:g} s)")
    return seen
