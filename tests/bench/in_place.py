"""What stands before a case is measured. Sessions: each is sent once, as often as it takes until the program says that it
has them all. Flows of active hosts: a packet of each comes from inside."""

import time

from bench.cases import outbound, sessions
from bench.process import Failure, wait_until
from bench.settle import settle
from bench.streams import Stream

RATE = 400_000  # per second: what is sent faster than sessions can be made goes to the honeypot without one
PASSES = 6


def let_hosts_send(bench, program):
    flows = outbound()
    before = bench.page.totals()
    bench.page.start(Stream((flows,), source="inside", limit=flows.count), bench.seed, bench.active_count)
    wait_until(lambda: (bench.page.totals() - before).received(0) >= flows.count, 10, "active hosts have sent")
    settle(bench.page, before, [program.expected_port("outbound", "inside")])


def put_in_place(bench, program, count):
    """Returns the seconds it took."""
    if not (count and program.keeps_sessions):
        return 0.0
    began = time.monotonic()
    for attempt in range(PASSES):
        before = bench.page.totals()
        # The first pass at a pace; what is missing after it is a few, and the rest only refreshed.
        bench.page.start(Stream((sessions(count),), limit=count, rate=RATE, ring=1 << 30), bench.seed, bench.active_count)
        while (bench.page.totals() - before).received(0) < count:
            program.process.check()
            time.sleep(0.02)
            if time.monotonic() - began > 300:
                raise Failure(f"{program.name} has {program.sessions()} of {count} sessions after 300 s")
        settle(bench.page, before, [program.expected_port("session", "outside")])
        if program.sessions() >= count:
            return time.monotonic() - began
    raise Failure(f"{program.name} has {program.sessions()} of {count} sessions after {PASSES} times of sending them all")
