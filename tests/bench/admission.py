"""tools/bench --admission: how many entries the session table of honeyswitch has, second by second, while a scan goes on
and after it, for each rule of how a session begins. The figure of the paper's section 5.1."""

import json
import time
from dataclasses import asdict, dataclass, field

from bench.cases import BURST, PACKET_IN_RING, Case, Group, scan
from bench.measure import BY_HANDSHAKE, SHED, Measurement
from bench.process import Failure
from bench.report import markdown
from bench.runner import PROGRAMS, running, say
from bench.settle import settle
from bench.setup import Setup
from bench.shared_page import PORTS
from bench.streams import Stream

MODES = ("first-packet", "handshake", "auto")
CAPACITY = 1_000_000
IDLE_TIMEOUT = "5s"
RATE = 250_000  # new flows a second: more than the table holds within the idle timeout
SCAN_SECONDS, QUIET_SECONDS = 15, 10
STEP = 0.25
NEVER_FULL = 1 << 30  # of the NIC's ring: what arrives while another process has the CPU is handled after it


@dataclass
class Curve:
    mode: str
    high_water: int = 0
    seconds: list = field(default_factory=list)
    entries: list = field(default_factory=list)
    packets: int = 0  # of the scan
    at_honeypot: int = 0  # of them, left by the honeypot port
    by_handshake: int = 0  # of them, diverted without a session because of the rule
    shed: int = 0  # of them, dropped so that the rest could be carried
    added: int = 0  # sessions

    @property
    def peak(self):
        return max(self.entries)


def group(mode):
    stream = Stream((scan(part=5),), rate=RATE, ring=NEVER_FULL, limit=RATE * SCAN_SECONDS)
    case = Case(f"admission-{mode}", f"a scan of {RATE:,} new flows a second, {mode}", stream, ("honeyswitch",))
    return Group((case,), capacity=CAPACITY, setup=Setup(admission=mode, idle_timeout=IDLE_TIMEOUT))


def _sample(program, curve, began):
    curve.seconds.append(round(time.monotonic() - began, 3))
    curve.entries.append(program.sessions())


def _watch(program, curve, began, until):
    while time.monotonic() - began < until:
        _sample(program, curve, began)
        time.sleep(max(0, len(curve.seconds) * STEP - (time.monotonic() - began)))


def _run(bench, mode):
    bench.renew_page()
    program, curve, scene = PROGRAMS["honeyswitch"](bench), Curve(mode), group(mode)
    with running(program, scene):
        measurement = Measurement(bench, program, scene.cases[0])
        curve.high_water = program.stats()["high_water"]
        before, counters = bench.page.totals(), program.counters()
        began = time.monotonic()
        bench.page.start(scene.cases[0].stream, bench.seed, bench.active_count)
        _watch(program, curve, began, SCAN_SECONDS)
        settle(bench.page, before, measurement.expected)
        _watch(program, curve, began, SCAN_SECONDS + QUIET_SECONDS)
        totals, now = bench.page.totals() - before, program.counters()
        measurement.account(measurement.verify(totals, unchanged=False), counters, totals)
    curve.packets = totals.received(0)
    curve.at_honeypot = totals.sent(PORTS.index("honeypot"), 0)
    curve.by_handshake, curve.shed, curve.added = (
        now[name] - counters[name] for name in (BY_HANDSHAKE, SHED, "session_added"))  # fmt: skip
    say(f"    {mode:12} peak {curve.peak:9,}, added {curve.added:9,}")
    return curve


def complaints(curve):
    """What is wrong with the curve of a rule."""
    if curve.packets < RATE * SCAN_SECONDS * 0.9:
        yield f"{curve.mode}: only {curve.packets} packets of the scan came"
    if curve.at_honeypot != curve.packets:
        yield f"{curve.mode}: of {curve.packets} packets {curve.at_honeypot} reached the honeypot"
    if curve.mode == "handshake" and (curve.added or curve.peak):
        yield f"handshake: {curve.added} sessions were added by a scan that never answers"
    # What is on its way to the control thread when the mark is reached still makes sessions.
    if curve.mode == "auto" and curve.peak > curve.high_water + PACKET_IN_RING + 2 * BURST:
        yield f"auto: {curve.peak} entries, and the high-water mark is {curve.high_water}"
    if curve.mode == "first-packet" and curve.by_handshake:
        yield f"first-packet: {curve.by_handshake} packets were diverted by the handshake rule"
    if curve.entries[-1]:
        yield f"{curve.mode}: {curve.entries[-1]} entries are left {QUIET_SECONDS} s after the scan"


def run(bench):
    """Yields a Curve for each rule."""
    for mode in MODES:
        yield _run(bench, mode)


def table(curves):
    head = ["admission", "peak entries", "sessions added", "by the handshake rule", "shed", "reached the honeypot"]
    rows = []
    for curve in curves:
        shares = [f"{count / max(curve.packets, 1):.2%}" for count in (curve.by_handshake, curve.shed, curve.at_honeypot)]
        rows.append([curve.mode, f"{curve.peak:,}", f"{curve.added:,}", *shares])
    return markdown(head, rows)


def write_json(path, curves):
    settings = {"capacity": CAPACITY, "idle_timeout": IDLE_TIMEOUT, "rate": RATE, "scan_seconds": SCAN_SECONDS}
    path.write_text(json.dumps({"settings": settings, "curves": [asdict(curve) for curve in curves]}, indent=1) + "\n")
