"""One case on one running program: verdicts proved first, then the rate."""

import os
import time
from dataclasses import dataclass, field, replace

from bench.process import Failure, NotInTime, run_queue_wait, wait_until
from bench.profile import profiled
from bench.settle import settle
from bench.shared_page import PORTS, UNMARKED, Totals
from bench.times import Times

WINDOW = 0.1  # seconds
# Seconds for which the forwarding thread may have waited for its CPU in a window whose times count. It is told apart
# from what the kernel's own housekeeping takes from every program.
WAITED_AT_MOST = 20e-6
# Counters of honeyswitch: packets diverted without a session because of the handshake rule, and because of a flood.
BY_HANDSHAKE, SHED = "outside_to_honeypot_handshake", "outside_dropped_overload"


@dataclass
class Result:
    program: str
    case: str
    packets_per_second: float = 0.0  # that arrived where they should; of time in which the forwarding thread had its CPU
    by_class: dict = field(default_factory=dict)  # the same, for each kind of traffic
    lost_share: dict = field(default_factory=dict)  # of what the program took, for each kind: exact, of the whole run
    missed_share: dict = field(default_factory=dict)  # of what arrived at the NIC's ring and found it full
    missed_in_stalls_share: dict = field(default_factory=dict)  # of all that arrived too: missed at a poll after a stall (generator.hpp)
    shed_share: float | None = None  # of all that was received, dropped so that the rest could be carried; of the whole run
    times: dict | None = None  # of legitimate packets, from arrival to transmission, in nanoseconds: see wire.py
    sessions_per_second: float | None = None
    waited_share: float = 0.0  # of the time, the forwarding thread's CPU was another process's
    starved: int = 0
    session_capacity: int | None = None
    windows: list = field(default_factory=list)  # packets per second of each
    resident_bytes: int = 0
    startup_seconds: float = 0.0
    placing_seconds: float = 0.0


@dataclass
class Moment:
    time: float
    waited: float
    totals: Totals

    @classmethod
    def of(cls, sample):
        at, waited, page = sample
        return cls(at, waited, Totals.of(page))

    def since(self, other):
        return Span(self.time - other.time, self.waited - other.waited, self.totals - other.totals)


@dataclass
class Span:
    seconds: float
    waited: float
    totals: Totals

    def usable_seconds(self, stream):
        """A paced stream goes by the clock on the wall; other rates are of the time in which the forwarding thread
        had its CPU or waited for something else than it."""
        return self.seconds if stream.rate else max(self.seconds - self.waited, 1e-9)


class SessionCount:
    """New sessions per second from here on, of the time in which the thread that makes them had its CPU: honeyswitch's
    control thread, the forwarding thread of OVS-DPDK."""

    def __init__(self, program):
        self.program = program
        self.before = self._now()

    def _now(self):
        waited = run_queue_wait(self.program.process.pid, self.program.session_threads())
        return self.program.sessions(), time.monotonic() - waited

    def per_second(self):
        sessions, own_time = self._now()
        return (sessions - self.before[0]) / max(own_time - self.before[1], 1e-9)


class Measurement:
    def __init__(self, bench, program, case):
        self.bench, self.program, self.case = bench, program, case
        self.threads = program.forwarding_threads()
        self.kinds = [flows.traffic for flows in case.stream.flows]
        self.expected = [program.expected_port(kind, case.stream.source) for kind in self.kinds]

    def _moment(self):
        waited = run_queue_wait(self.program.process.pid, self.threads)
        return time.monotonic(), waited, self.bench.page.copy()

    def _start(self, stream):
        self.bench.page.start(stream, self.bench.seed, self.bench.active_count)

    def verify(self, totals: Totals, unchanged: bool):
        """Every packet left where it should, or not at all. Returns how many did not leave, by kind."""
        lost = {}
        where = f"{self.program.name}, {self.case.name}"
        for index, (kind, port) in enumerate(zip(self.kinds, self.expected)):
            if port is None:
                continue
            for other in range(len(PORTS)):
                if other != port and totals.sent(other, index):
                    raise Failure(f"{where}: {totals.sent(other, index)} of {totals.received(index)} packets "
                                  f"({kind}) left by {PORTS[other]} and not by {PORTS[port]}")  # fmt: skip
            lost[kind] = totals.received(index) - totals.sent(port, index)
            if lost[kind] < 0:
                raise Failure(f"{where}: {-lost[kind]} packets ({kind}) more left than had come")
            if unchanged and not lost[kind] and not totals.unchanged(index):
                raise Failure(f"{where}: frames ({kind}) were changed behind their MAC addresses")
        strays = sum(totals.sent(port, UNMARKED) for port in range(len(PORTS)))
        if strays:
            raise Failure(f"{where}: {strays} frames left that never came")
        return lost

    def verify_times(self, before: bytes, now: bytes, totals: Totals):
        """Each legitimate packet that has left was timed, and no time is nonsense. `before`, `now`: the page."""
        where = f"{self.program.name}, {self.case.name}"
        for port, classes in self._timed().items():
            times = Times.of(now, port) - Times.of(before, port)
            left = sum(totals.sent(port, index) for index in classes)
            if times.packets != left:
                raise Failure(f"{where}: {left} legitimate packets left by {PORTS[port]}, and {times.packets} were timed")
            if times.senseless:
                raise Failure(f"{where}: {times.senseless} legitimate packets left before they had come")

    def _timed(self):
        """The classes whose times are measured, by the port that they leave by."""
        found = {}
        for index in self.case.stream.timed_classes():
            if self.expected[index] is not None:
                found.setdefault(self.expected[index], []).append(index)
        return found

    def _counters(self):
        return self.program.counters() if self.program.counts_drops else None

    def account(self, lost, before, totals):
        """No packet to or from an active address is ever lost, the switch has counted each of the others, and where a case
        says how packets reach the honeypot, all of them have done so. `before`: its counters. Returns those of now."""
        if before is None:
            return None
        now = self.program.counters()
        where = f"{self.program.name}, {self.case.name}"
        for kind in lost.keys() & {"active", "outbound"}:
            if lost[kind]:
                raise Failure(f"{where}: {lost[kind]} packets ({kind}) were lost")
        counted = self.program.dropped(now) - self.program.dropped(before)
        if counted != sum(lost.values()):
            raise Failure(f"{where}: {sum(lost.values())} packets were lost, {counted} were counted as dropped")
        if self.case.no_session:
            sent = totals.received(self.kinds.index(self.case.no_session))
            diverted = sum(now[name] - before[name] for name in (BY_HANDSHAKE, SHED))
            if diverted != sent:
                raise Failure(f"{where}: {sent} packets ({self.case.no_session}), of which {diverted} were diverted "
                              "without a session or dropped in the overload")
            if self.program.sessions():
                raise Failure(f"{where}: {self.program.sessions()} sessions were made, and none should be")
        return now

    def prove(self, seconds=0.2):
        """A short run with the frames' fingerprints summed up."""
        before = self.bench.page.totals()
        counters = self._counters()
        self._start(replace(self.case.stream, fingerprints=True))
        wait_until(lambda: (self.bench.page.totals() - before).received(0) > 0, 10, f"{self.program.name} receives")
        time.sleep(seconds)
        settle(self.bench.page, before, self.expected)
        totals = self.bench.page.totals() - before
        self.account(self.verify(totals, unchanged=True), counters, totals)

    def _warm_up(self, before, until_steady):
        """Until every flow has been sent twice, so that caches and flow tables are as they will stay."""
        def warm():
            totals = self.bench.page.totals() - before
            self.program.process.check()
            return all(totals.received(index) + totals.missed(index) >= 2 * flows.count
                       for index, flows in enumerate(self.case.stream.flows) if flows.traffic != "scan")  # fmt: skip

        try:
            what = f"{self.program.name}, {self.case.name}: every flow sent twice"
            wait_until(warm, 5 if self.case.creates_sessions else 60, what)
        except NotInTime:
            if not self.case.creates_sessions:  # within a scan a program may never come to it
                raise
        if until_steady:
            self._wait_until_steady()

    def _wait_until_steady(self, step=0.25, longest=5.0):
        """Until the rate of three steps in a row differs by less than 3 %."""
        rates, before = [], Moment.of(self._moment())
        for _ in range(int(longest / step)):
            time.sleep(step)
            now = Moment.of(self._moment())
            span = now.since(before)
            rates.append(sum(self._arrived(span, index) for index in range(len(self.kinds))) / span.usable_seconds(self.case.stream))
            before = now
            if len(rates) >= 3 and max(rates[-3:]) < 1.03 * min(rates[-3:]):
                return

    def run(self, seconds) -> Result:
        """A paced stream waits for nobody, so while it lasts the forwarding thread has precedence over all other
        processes, as it would have on a CPU that is kept free for it."""
        if not self.case.stream.rate:
            return self._run(seconds)
        self._schedule(os.SCHED_FIFO, priority=1)
        try:
            return self._run(seconds)
        finally:
            if self.program.process.alive():
                self._schedule(os.SCHED_OTHER, priority=0)

    def _schedule(self, policy, priority):
        for thread in self.threads:
            os.sched_setscheduler(thread, policy, os.sched_param(priority))

    def _run(self, seconds):
        page = self.bench.page.copy()
        before = Totals.of(page)
        counters = self._counters()
        self._start(self.case.stream)
        self._warm_up(before, until_steady=seconds >= 1)
        made = SessionCount(self.program) if self.case.creates_sessions and self.program.keeps_sessions else None
        with profiled(self.bench.profile_directory, f"{self.program.name}-{self.case.name}", self.threads):
            samples = self._watch(seconds)
        sessions = made.per_second() if made else None
        settle(self.bench.page, before, self.expected)
        self.program.process.check()
        totals = self.bench.page.totals() - before
        lost = self.verify(totals, unchanged=False)
        self.verify_times(page, self.bench.page.copy(), totals)
        now = self.account(lost, counters, totals)
        result = self._result([Moment.of(sample) for sample in samples])
        result.times = self.times(samples)
        if now:
            received = sum(totals.received(index) for index in range(len(self.kinds)))
            result.shed_share = (now[SHED] - counters[SHED]) / max(received, 1)
        result.sessions_per_second = sessions
        result.lost_share = {kind: lost[kind] / max(totals.received(self.kinds.index(kind)), 1) for kind in lost}
        return result

    def _watch(self, seconds):
        samples = [self._moment()]
        while samples[-1][0] - samples[0][0] < seconds:
            time.sleep(WINDOW)
            samples.append(self._moment())
        return samples

    def times(self, samples):
        """Of legitimate packets, of all windows in which no other process had the forwarding thread's CPU. None: there
        were no such windows, or nothing is timed."""
        found = None
        for port in self._timed():
            for before, after in zip(samples, samples[1:]):
                if after[1] - before[1] < WAITED_AT_MOST:
                    window = Times.of(after[2], port) - Times.of(before[2], port)
                    found = found + window if found else window
        return found.summary() if found and found.packets else None

    def _arrived(self, span: Span, index):
        port = self.expected[index]
        return span.totals.received(index) if port is None else span.totals.sent(port, index)

    def _result(self, moments):
        whole = moments[-1].since(moments[0])
        spans = [after.since(before) for before, after in zip(moments, moments[1:])]
        result = Result(self.program.name, self.case.name)
        for index, kind in enumerate(self.kinds):
            result.by_class[kind] = self._arrived(whole, index) / whole.usable_seconds(self.case.stream)
            result.missed_share[kind], result.missed_in_stalls_share[kind] = self._missed_shares(spans, index)
        result.packets_per_second = sum(result.by_class.values())
        result.waited_share = whole.waited / whole.seconds
        result.starved = whole.totals.starved
        result.windows = [
            sum(self._arrived(span, index) for index in range(len(self.kinds))) / span.usable_seconds(self.case.stream) for span in spans
        ]
        result.resident_bytes = self.program.process.resident_bytes()
        return result

    def _missed_shares(self, spans, index):
        """Of all that arrived: what was missed, and what was missed at polls after a stall. On a shared machine a NIC's
        ring overflows whenever another process has the CPU for longer than it takes to fill; windows in which that may have
        been so tell nothing of the program. None: there were no others."""
        stream = self.case.stream
        if stream.rate == 0:
            return 0.0, 0.0
        undisturbed = [span.totals for span in spans if span.waited < 0.5 * stream.ring / stream.rate]
        missed = sum(totals.missed(index) for totals in undisturbed)
        offered = missed + sum(totals.received(index) for totals in undisturbed)
        in_stalls = sum(totals.missed_in_stalls(index) for totals in undisturbed)
        return (missed / offered, in_stalls / offered) if offered else (None, None)
