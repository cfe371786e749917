"""Which program runs which cases when. Programs alternate within a round, and rounds begin with another one each
time, so that what else the machine does falls on all of them."""

import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict

from bench.honeyswitch import Honeyswitch
from bench.in_place import let_hosts_send, put_in_place
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


@contextmanager
def running(program, group):
    """A failure of what is done with the program is not hidden by how the program ends after it."""
    try:
        program.start(sources=group.sources, sessions=group.sessions, capacity=group.capacity, workers=group.workers,
                      setup=group.setup)  # fmt: skip
        yield
    except BaseException:
        with suppress(Failure):
            program.stop()
        raise
    program.stop()


def run_group(bench, key, group, cases, seconds):
    """All `cases` of the group on one program; yields a Result for each."""
    bench.renew_page()
    program = PROGRAMS[key](bench)
    began = time.monotonic()
    with running(program, group):
        up = time.monotonic() - began
        placing = put_in_place(bench, program, group.sessions)
        if group.hosts_have_sent:
            let_hosts_send(bench, program)
        for case in cases:
            measurement = Measurement(bench, program, case)
            measurement.prove()
            result = measurement.run(seconds)
            result.startup_seconds, result.placing_seconds = up, placing
            result.session_capacity = getattr(program, "capacity", None)
            say(f"    {program.name:16} {case.name:24} {result.packets_per_second / 1e6:7.2f} Mpps"
                + (f", CPU taken by others {result.waited_share:.0%}" if result.waited_share > 0.02 else "")
                + (f", {result.shed_share:.0%} shed" if result.shed_share else ""))  # fmt: skip
            yield result


def _runs(key, group, cases, leave_out):
    """The cases of the group that this program takes part in."""
    role = "ovs" if key == "ovs-untuned" else key
    if role not in group.programs:
        return []
    return [case for case in cases if role in case.programs and case.name not in leave_out.get(key, ())]


def run_rounds(bench, groups, programs, rounds, seconds, leave_out, failures):
    """Yields dictionaries, ready for JSON. `leave_out`: names of cases by program. What fails is added to `failures`, and
    the others go on."""
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        turn = number % len(programs)
        for group, cases in groups:
            for key in programs[turn:] + programs[:turn]:
                mine = _runs(key, group, cases, leave_out)
                try:
                    for result in run_group(bench, key, group, mine, seconds) if mine else ():
                        yield {"round": number, "key": key} | asdict(result)
                except Failure as failure:
                    say(f"    FAILED: {failure}")
                    failures.append(str(failure))
