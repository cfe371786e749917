"""The end of a stream: no packet of it may be on its way when the next one begins."""

import time

SILENCE = 1.0  # seconds; a thread that waits for a lock, or for its CPU, may send nothing for long


def settle(page, before, expected):
    """Stops the stream and waits until all that came since `before` has left by the `expected` port of its class (None:
    it stays), or nothing has left for a second."""
    page.stop()
    time.sleep(0.02)
    seen, silent_since = None, time.monotonic()
    while time.monotonic() - silent_since < SILENCE:
        totals = page.totals()
        if totals.values != seen:
            seen, silent_since = totals.values, time.monotonic()
        span = totals - before
        if all(port is None or span.received(index) == span.sent(port, index) for index, port in enumerate(expected)):
            return
        time.sleep(0.02)
