"""The cases, grouped by what is in place when they run: one start of a program serves a whole group."""

from dataclasses import dataclass, replace

from bench.setup import FIRST_PACKET, HANDSHAKE, Setup
from bench.streams import IMIX, LARGE, Flows, Stream

ACTIVE_ADDRESSES = 9_900
ACTIVE_FLOWS = 65_536
SESSION_BASE = 1 << 24  # identities of sessions; those of active flows lie below, those of scans above
SCAN_BASE = 1 << 31
SCAN_FLOWS = 1 << 30  # unique 5-tuples: minutes at any rate seen

ALL = ("testpmd", "honeyswitch", "ovs")
TEN_GIGABIT = 14_880_000  # frames of 64 bytes per second
PACKET_IN_RING, BURST = 8192, 64  # of honeyswitch as it is configured here (dataplane/eal/queue_sizes.hpp, burst.hpp)
BEYOND_ALL = 2**32 - 1  # a cap on replies that none of them reaches


def active(share=1, flows=ACTIVE_FLOWS):
    return Flows("active", 0, flows, share)


def outbound():
    """What active hosts send; the flows are those of active()."""
    return Flows("outbound", 0, ACTIVE_FLOWS)


def sessions(count, share=1):
    return Flows("session", SESSION_BASE, count, share)


def scan(share=1, part=0):
    """Endless: no 5-tuple of it comes twice, nor in another part."""
    return Flows("scan", SCAN_BASE + part * (SCAN_FLOWS >> 3), SCAN_FLOWS >> 3, share)


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    stream: Stream
    programs: tuple = ALL
    creates_sessions: bool = False  # their number per second is measured
    # Traffic that reaches the honeypot by the handshake rule, every packet of it, and makes no session.
    no_session: str = ""
    reference: str = ""  # the case of the same program that this one is set against


@dataclass(frozen=True)
class Group:
    """What stands while the cases run, in order, in one process."""

    cases: tuple[Case, ...]
    sessions: int = 0
    sources: tuple = ("outside",)
    programs: tuple = ALL
    capacity: int = 1_000_000  # of honeyswitch's session table, if the sessions in place do not ask for more
    workers: int = 1
    setup: Setup = Setup()  # of honeyswitch
    hosts_have_sent: bool = False  # active hosts have sent a packet of each flow before the cases run
    optional: bool = False  # only run when asked for, by --case, --scaling or --wire


def _in_place(count, text, programs=ALL, optional=False):
    return Group(
        sessions=count,
        capacity=0,
        programs=programs,
        setup=FIRST_PACKET,
        optional=optional,
        cases=(
            Case(f"active-{text}", f"active addresses, {text} sessions in place", Stream((active(),)), programs,
                 reference="active-0"),
            Case(f"sessions-{text}", f"traffic of {text} sessions", Stream((sessions(count),)), programs),
        ),
    )  # fmt: skip


def _two_workers(count, text):
    return Group(
        (
            Case(f"active-{text}-2w", f"active addresses, {text} sessions in place, two workers", Stream((active(),)),
                 SWITCH),
            Case(f"sessions-{text}-2w", f"traffic of {text} sessions, two workers", Stream((sessions(count),)), SWITCH),
        ),
        sessions=count,
        capacity=0,
        workers=2,
        programs=SWITCH,
        setup=FIRST_PACKET,
        optional=True,
    )  # fmt: skip


def _policy(name, title, setup, **group):
    """Active traffic under a policy that has nothing to say about it (policies.py)."""
    case = Case(name, title, Stream((active(),)), BOTH, reference="active-0")
    return Group((case,), programs=BOTH, setup=setup, **group)


BOTH = ("testpmd", "honeyswitch")
SWITCH = ("honeyswitch",)
REPLIES = Stream((Flows("reply", SESSION_BASE, 200_000),), source="honeypot")

GROUPS = (
    Group((Case("input", "the input alone (testpmd rxonly)", Stream((active(),)), ("rxonly",)),), programs=("rxonly",)),
    Group(
        (
            Case("active-0", "active addresses, no sessions", Stream((active(),))),
            Case("active-imix", "the same, IMIX", Stream((active(),), sizes=IMIX)),
            Case("active-1518", "the same, 1518-byte frames", Stream((active(),), sizes=LARGE)),
        )
    ),
    _in_place(200_000, "200k"),
    Group(
        (Case("mixed-200k", "half active, half of 200k sessions", Stream((active(), sessions(200_000)))),),
        sessions=200_000,
        setup=FIRST_PACKET,
    ),
    _in_place(1_000_000, "1m", BOTH),
    _in_place(10_000_000, "10m", BOTH),
    _in_place(10_000, "10k", SWITCH, optional=True),
    _in_place(100_000, "100k", SWITCH, optional=True),
    _in_place(4_000_000, "4m", SWITCH, optional=True),
    _two_workers(1_000_000, "1m"),
    Group((Case("outbound", "inside to outside", Stream((outbound(),), source="inside")),),
          sources=("inside",)),
    Group(
        (Case("replies-200k", "honeypot to outside, 200k sessions", REPLIES),),
        sessions=200_000,
        sources=("outside", "honeypot"),
        setup=FIRST_PACKET,
    ),
    Group(
        (Case("replies-200k-capped", "the same, counted against caps that none reaches", REPLIES, BOTH,
              reference="replies-200k"),),
        sessions=200_000,
        sources=("outside", "honeypot"),
        setup=replace(FIRST_PACKET, reply_cap=BEYOND_ALL),
        programs=BOTH,
    ),
    _policy("active-rules-100", "active, 100 rules about other hosts", Setup(rules=100)),
    _policy("active-rules-1000", "active, 1,000 rules about other hosts", Setup(rules=1000)),
    _policy("active-rules-1000-all", "active, 1,000 rules without destination", Setup(rules=1000, rules_for_all=True),
            sources=("outside", "inside"), hosts_have_sent=True),
    Group(
        (Case("outbound-rules-1000-all", "inside to outside, 1,000 rules without destination",
              Stream((outbound(),), source="inside"), BOTH, reference="outbound"),),
        programs=BOTH,
        sources=("inside",),
        setup=Setup(rules=1000, rules_for_all=True),
    ),
    Group(
        (Case("sessions-200k-rules-1000", "traffic of 200k sessions, 1,000 rules about hosts",
              Stream((sessions(200_000),)), BOTH, reference="sessions-200k"),),
        sessions=200_000,
        programs=BOTH,
        setup=replace(FIRST_PACKET, rules=1000),
    ),
    _policy("active-listed-100k", "active, 100,000 listed sources elsewhere", Setup(listed=100_000)),
    _policy("active-listed-100k-near", "active, 100,000 listed sources, 79,000 of them neighbours",
            Setup(listed=100_000, listed_near=True), sources=("outside", "inside"), hosts_have_sent=True),
    Group((Case("new-sessions", "new sessions only", Stream((scan(),)), creates_sessions=True),),
          capacity=32_000_000, setup=FIRST_PACKET),
    Group(
        (
            Case("paced", "active at 2.48 Mpps", Stream((active(),), rate=TEN_GIGABIT // 6)),
            Case("paced-scan", "the same within a scan, together 14.88 Mpps (10 GbE)",
                 Stream((active(), scan(5, part=1)), rate=TEN_GIGABIT), creates_sessions=True, reference="paced"),
            Case("under-scan", "active and scan by turns, as fast as taken", Stream((active(), scan(part=2))),
                 creates_sessions=True, reference="active-0"),
        )
    ),
    Group(
        (
            Case("scan-handshake", "scan, sessions begin with the handshake", Stream((scan(part=3),)), BOTH,
                 no_session="scan"),
            Case("paced-scan-handshake", "active at 2.48 Mpps within a scan of 12.4 Mpps, handshake",
                 Stream((active(), scan(5, part=4)), rate=TEN_GIGABIT), BOTH, no_session="scan", reference="paced"),
        ),
        programs=BOTH,
        setup=HANDSHAKE,
    ),
    Group(
        (Case("paced-scan-rules-1000-all", "paced-scan-handshake, 1,000 rules without destination",
              Stream((active(), scan(5, part=6)), rate=TEN_GIGABIT), BOTH, no_session="scan", reference="paced"),),
        programs=BOTH,
        setup=replace(HANDSHAKE, rules=1000, rules_for_all=True),
    ),
)  # fmt: skip


def _wire(suffix, text, programs, setup):
    """How long legitimate packets take. The few of an idle link are of few flows, so that each is soon sent twice."""
    def case(load, at, flows, rate, **more):
        return Case(f"wire-{load}{suffix}", f"times at {at}{text}", Stream(flows, rate=rate, timed=True), programs, **more)

    return Group(
        (
            case("idle", "one packet each 100 µs", (active(flows=1024),), 10_000),
            case("1m", "1 Mpps", (active(),), 1_000_000),
            case("5m", "5 Mpps", (active(),), 5_000_000),
            case("10m", "10 Mpps", (active(),), 10_000_000),
            case("scan", "2.48 Mpps within a scan, 14.88 Mpps in all", (active(), scan(5, part=7)),
                 TEN_GIGABIT, creates_sessions=True),
        ),
        programs=programs,
        setup=setup,
        optional=True,
    )  # fmt: skip


# A rule without a destination is looked for in every packet from outside.
WIRE = (
    _wire("", "", ALL, Setup(rules=1, rules_for_all=True)),
    _wire("-rules-1000", ", 1,000 rules", SWITCH, Setup(rules=1000, rules_for_all=True)),
)
GROUPS += WIRE


SCALING = tuple(sorted((group for group in GROUPS if group.optional and group not in WIRE or group.sessions and len(group.cases) == 2),
                       key=lambda group: (group.workers, group.sessions)))  # fmt: skip


def all_cases():
    return [case for group in GROUPS for case in group.cases]
