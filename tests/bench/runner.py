"""Which program runs which cases when. Programs alternate within a round, and rounds begin with another one each
time, so that what else the machine does falls on all of them."""

import sys
import time
from dataclasses import asdict

from bench.honeyswitch import Honeyswitch
from bench.in_place import put_in_place
from bench.measure import Measurement
from bench.ovs import OvsDpdk
from bench.process import Failure
from bench.testpmd import Testpmd

PROGRAMS = {
    "testpmd": Testpmd,
    "honeyswitch": Honeyswitch,
    "ovs": OvsDpdk,
    "ovs-untuned": lambda bench: OvsDpdk(bench, tuned=False),
    "rxonly": lambda bench: Testpmd(bench, mode="rxonly"),
}


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_group(bench, key, group, cases, seconds):
    """All `cases` of the group on one program; yields a Result for each."""
    bench.renew_page()
    program = PROGRAMS[key](bench)
    began = time.monotonic()
    try:
        program.start(sources=group.sources, sessions=group.sessions, capacity=group.capacity)
        up = time.monotonic() - began
        placing = put_in_place(bench, program, group.sessions)
        for case in cases:
            measurement = Measurement(bench, program, case)
            measurement.prove()
            result = measurement.run(seconds)
            result.startup_seconds, result.placing_seconds = up, placing
            say(f"    {program.name:16} {case.name:14} {result.packets_per_second / 1e6:7.2f} Mpps"
                + (f", CPU taken by others {result.waited_share:.0%}" if result.waited_share > 0.02 else ""))  # fmt: skip
            yield key, result
    finally:
        program.stop()


def run_rounds(bench, groups, programs, rounds, seconds):
    """Yields dictionaries, ready for JSON."""
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for group, cases in groups:
            keys = [key for key in programs if key in group.programs or key == "ovs-untuned" and "ovs" in group.programs]
            turn = number % max(len(keys), 1)
            for key in keys[turn:] + keys[:turn]:
                for name, result in run_group(bench, key, group, cases, seconds):
                    yield {"round": number, "key": name} | asdict(result)
