"""What the benchmark itself must get right: that a wrong verdict, a lost packet or a changed frame fails a run, and
that both halves of the generator speak of the same addresses. Needs neither DPDK nor root."""

import ctypes
from types import SimpleNamespace

import pytest

from bench import admission, cases
from bench.addresses import REMOTE_PREFIX, active_addresses, campus_address, dotted, number_of, remote_addresses
from bench.measure import BY_HANDSHAKE, SHED, Measurement, Span
from bench.policies import listed_sources, rules
from bench.process import Failure
from bench.report import table, wire_table
from bench.shared_page import PORTS, QUEUES, SLOTS, Layout, Plan, SharedPage, Totals
from bench.streams import Flows, Stream, _interleaved
from bench.times import LAST, Times, bucket_of, upper_bound

OUTSIDE, INSIDE, HONEYPOT = range(3)
MIXED = Stream((Flows("active", 0, 8), Flows("session", 100, 8)))


def totals(received=(10, 10), inside=(10, 0), honeypot=(0, 10), unmarked=0, hash_in=0, hash_out=0):
    layout = Layout()
    for index in range(2):
        layout.received[OUTSIDE][0].packets[index] = received[index]
        layout.sent[INSIDE][0].packets[index] = inside[index]
        layout.sent[HONEYPOT][QUEUES - 1].packets[index] = honeypot[index]
        layout.received[OUTSIDE][0].fingerprint[index] = hash_in
        layout.sent[INSIDE if index == 0 else HONEYPOT][0].fingerprint[index] = hash_out
    layout.sent[OUTSIDE][0].packets[7] = unmarked
    return Totals.of(bytes(layout))


def measured(case, counters=None, sessions=0):
    """On a program that ends with these counters and sessions."""
    program = SimpleNamespace(
        name="a program", forwarding_threads=lambda: [1], counters=lambda: counters or {"dropped": 0},
        dropped=lambda counters: counters["dropped"], sessions=lambda: sessions,
        expected_port=lambda kind, source: INSIDE if kind == "active" else HONEYPOT,
    )  # fmt: skip
    return Measurement(SimpleNamespace(), program, case)


@pytest.fixture
def measurement():
    return measured(cases.Case("mixed", "", MIXED))


def test_right_verdicts_pass(measurement):
    assert measurement.verify(totals(), unchanged=True) == {"active": 0, "session": 0}


@pytest.mark.parametrize(
    ("seen", "complaint"),
    [
        (totals(inside=(9, 0), honeypot=(1, 10)), "left by honeypot and not by inside"),
        (totals(inside=(10, 1), honeypot=(0, 9)), "left by inside and not by honeypot"),
        (totals(inside=(11, 0)), "more left than had come"),
        (totals(unmarked=1), "never came"),
        (totals(hash_in=1, hash_out=2), "were changed"),
    ],
)
def test_wrong_verdicts_fail(measurement, seen, complaint):
    with pytest.raises(Failure, match=complaint):
        measurement.verify(seen, unchanged=True)


def test_lost_packets_are_told(measurement):
    assert measurement.verify(totals(honeypot=(0, 7)), unchanged=False) == {"active": 0, "session": 3}


def test_lost_active_packets_fail(measurement):
    with pytest.raises(Failure, match="were lost"):
        measurement.account({"active": 1, "session": 0}, {"dropped": 0}, totals())


def test_losses_that_nobody_counted_fail(measurement):
    with pytest.raises(Failure, match="3 packets were lost, 0 were counted"):
        measurement.account({"active": 0, "session": 3}, {"dropped": 0}, totals())


@pytest.mark.parametrize(
    ("diverted", "sessions", "complaint"),
    [(10, 0, None), (9, 0, "10 packets .scan., of which 9 were diverted"), (10, 1, "1 sessions were made")],
)
def test_a_case_without_sessions_makes_none(diverted, sessions, complaint):
    case = cases.Case("scan", "", Stream((Flows("active", 0, 8), Flows("scan", 100, 8))), no_session="scan")
    after = {"dropped": 0, BY_HANDSHAKE: 7 + diverted - 4, SHED: 1 + 4}
    measurement = measured(case, after, sessions)
    account = (dict.fromkeys(("active", "scan"), 0), {"dropped": 0, BY_HANDSHAKE: 7, SHED: 1}, totals())
    if complaint is None:
        assert measurement.account(*account) == after
        return
    with pytest.raises(Failure, match=complaint):
        measurement.account(*account)


@pytest.mark.parametrize(
    ("mode", "change", "complaint"),
    [
        ("first-packet", {}, None),
        ("first-packet", {"by_handshake": 1}, "by the handshake rule"),
        ("handshake", {"entries": [0, 0]}, None),
        ("handshake", {"entries": [0, 0], "added": 1}, "1 sessions were added"),
        ("auto", {"entries": [800 + 8192 + 128, 0]}, None),
        ("auto", {"entries": [800 + 8192 + 129, 0]}, "high-water mark is 800"),
        ("auto", {"entries": [800, 1]}, "1 entries are left"),
        ("auto", {"packets": 5, "at_honeypot": 5}, "only 5 packets"),
        ("auto", {"at_honeypot": 5}, "reached the honeypot"),
    ],
)
def test_what_is_wrong_with_a_curve_is_said(mode, change, complaint):
    sent = admission.RATE * admission.SCAN_SECONDS
    curve = admission.Curve(mode, **{"high_water": 800, "entries": [800, 0], "packets": sent, "at_honeypot": sent} | change)
    found = list(admission.complaints(curve))
    assert len(found) == (complaint is not None) and all(complaint in text for text in found)


@pytest.mark.parametrize("seed", [0, 1, 20151201, 0xFFFFFFFF])
def test_every_usable_address_has_one_rank(seed):
    addresses = {campus_address(rank, seed) for rank in range(1, 65535)}
    assert len(addresses) == 65534
    assert not addresses & {"10.66.0.0", "10.66.255.255"}


def test_the_seed_decides_which_addresses_are_active():
    assert active_addresses(50, 1) == active_addresses(50, 1)
    assert set(active_addresses(50, 1)) != set(active_addresses(50, 2))


def test_no_measured_source_is_listed():
    measured_sources = remote_addresses(1000, seed=5)
    assert all(address >> 17 == number_of("198.18.0.0") >> 17 for address in measured_sources)
    for near in (False, True):
        listed = listed_sources(3000, near, seed=5, flows=1000)
        assert len(set(listed)) == 3000 and not {dotted(address) for address in measured_sources} & set(listed)
        assert all(address.startswith(("198.18.", "198.19.")) == near for address in listed)


@pytest.mark.parametrize("for_all", [False, True])
def test_no_rule_matches_what_is_measured(for_all):
    made = rules(200, for_all, seed=5, active_count=100)
    active = {f"{address}/32" for address in active_addresses(100, seed=5)}
    ports = {str(1 << bit | 0x15) for bit in range(8)}
    remote = number_of(REMOTE_PREFIX.split("/")[0])
    for rule in made:
        networks = [prefix.split("/") for prefix in rule.sources]
        assert all(number_of(network) ^ remote > 0x1FFFF for network, _ in networks)
        assert not set(rule.destinations) & active and not set(rule.ports) & ports
        assert rule.sources or rule.ports
        assert for_all <= (not rule.destinations)


@pytest.mark.parametrize("shares", [[1], [1, 1], [1, 5], [7, 4, 1]])
def test_shares_are_met_exactly(shares):
    slots = _interleaved(shares)
    assert [slots.count(index) * sum(shares) for index in range(len(shares))] == [SLOTS * share for share in shares]


def test_shares_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not divide"):
        _interleaved([1, 4])


def test_a_new_stream_is_a_new_epoch(tmp_path):
    page = SharedPage(tmp_path / "page")
    for epoch in (1, 2):
        page.start(MIXED, seed=5, active_addresses=6)
        plan = Plan.from_buffer_copy(page.copy(), Layout.plan.offset)
        assert (plan.epoch, plan.running, plan.seed, plan.active_addresses) == (epoch, 1, 5, 6)
        assert [entry.first for entry in plan.classes[:2]] == [0, 100]
    page.stop()
    assert Plan.from_buffer_copy(page.copy(), Layout.plan.offset).running == 0
    page.close()


def test_identities_of_different_kinds_never_meet():
    flows = [flows for case in cases.all_cases() for flows in case.stream.flows]
    scans = sorted({(flow.first, flow.first + flow.count) for flow in flows if flow.traffic == "scan"})
    sessions = [flow.first + flow.count for flow in flows if flow.traffic in ("session", "reply")]
    assert all(before[1] <= after[0] for before, after in zip(scans, scans[1:]))
    assert max(sessions) <= scans[0][0] and scans[-1][1] <= 2**32


def test_what_is_missed_after_a_stall_is_told_apart_and_disturbed_windows_are_left_out():
    def span(waited, received, missed, in_stalls):
        layout = Layout()
        queue = layout.received[OUTSIDE][0]
        queue.packets[0], queue.missed[0], queue.missed_in_stalls[0] = received, missed, in_stalls
        return Span(0.1, waited, Totals.of(bytes(layout)))

    paced = Stream((Flows("active", 0, 8),), rate=1000, ring=10)  # half of the ring fills in 5 ms
    measurement = measured(SimpleNamespace(stream=paced))
    quiet, disturbed = [span(0.001, 90, 6, 4), span(0.0, 98, 6, 0)], span(0.02, 0, 50, 50)
    assert measurement._missed_shares([*quiet, disturbed], 0) == (12 / 200, 4 / 200)
    assert measurement._missed_shares([disturbed], 0) == (None, None)


TIMED = Stream((Flows("scan", 100, 8), Flows("active", 0, 8)), rate=1000, timed=True)


def timed_page(by_bucket, hz=1_000_000_000):
    """A page after which packets of class 1 have left inside, by as many of its queues as there are buckets."""
    layout = Layout()
    layout.tsc_hz = hz
    for queue, (bucket, count) in enumerate(by_bucket.items()):
        layout.sent[INSIDE][queue].packets[1] = count
        layout.times[INSIDE][queue][bucket] = count
    return bytes(layout)


@pytest.mark.parametrize(
    ("taken", "left", "complaint"),
    [
        ({10: 3, 20: 2}, 5, None),
        ({10: 3, 20: 2}, 6, "6 legitimate packets left by inside, and 5 were timed"),
        ({10: 3, 20: 2}, 4, "4 legitimate packets left by inside, and 5 were timed"),
        ({10: 3, LAST: 2}, 5, "2 legitimate packets left before they had come"),
    ],
)
def test_each_legitimate_packet_is_timed(taken, left, complaint):
    measurement = measured(SimpleNamespace(stream=TIMED, name="wire"))
    sent = SimpleNamespace(sent=lambda port, index: left if (port, index) == (INSIDE, 1) else 99)
    if complaint is None:
        measurement.verify_times(timed_page({}), timed_page(taken), sent)
        return
    with pytest.raises(Failure, match=complaint):
        measurement.verify_times(timed_page({}), timed_page(taken), sent)


def test_times_of_windows_without_the_cpu_are_left_out():
    measurement = measured(SimpleNamespace(stream=TIMED))
    pages = [timed_page({}), timed_page({10: 98, 30: 2}), timed_page({10: 98, 30: 2, 500: 7})]
    quiet, disturbed = 1e-6, 0.01
    samples = [(0.0, 0.0, pages[0]), (0.1, quiet, pages[1]), (0.2, quiet + disturbed, pages[2])]
    assert measurement.times(samples) == {"packets": 100, "p50": 10, "p99": 30, "p99.9": 30, "max": 30}
    assert measurement.times(samples[1:]) is None


@pytest.mark.parametrize(("cycles", "bucket"), [(0, 0), (31, 31), (32, 32), (63, 63), (65, 64), (2500, 231), (2**48, LAST)])
def test_buckets_are_those_of_the_generator(cycles, bucket):
    assert bucket_of(cycles) == bucket
    assert bucket == LAST or cycles <= upper_bound(bucket) <= cycles * 1.04


def test_buckets_meet_without_a_gap():
    assert all(bucket_of(upper_bound(bucket) + 1) == bucket + 1 for bucket in range(LAST))


def test_only_legitimate_packets_are_timed(tmp_path):
    page = SharedPage(tmp_path / "page")
    page.start(TIMED, seed=5, active_addresses=6)
    assert Plan.from_buffer_copy(page.copy(), Layout.plan.offset).timed == 0b10
    page.start(MIXED, seed=5, active_addresses=6)
    assert Plan.from_buffer_copy(page.copy(), Layout.plan.offset).timed == 0
    page.close()


def test_the_table_of_times_takes_the_longest_of_all_and_medians_of_the_rest():
    def result(*times):
        return {"case": "wire-1m", "key": "honeyswitch", "packets_per_second": 1e6, "sessions_per_second": None,
                "missed_share": {"active": 0.0}, "missed_in_stalls_share": {"active": 0.0}, "lost_share": {"active": 0.0},
                "by_class": {"active": 1e6}, "waited_share": 0.0,
                "times": dict(zip(("p50", "p99", "p99.9", "max"), times)) | {"packets": 10} if times else None}  # fmt: skip

    text = wire_table([result(500, 900, 2000, 9000), result(700, 800, 3000, 30000), result(400, 1000, 4000, 8000), result()])
    row = next(line for line in text.splitlines() if "honeyswitch" in line)
    assert [cell.strip() for cell in row.split("|")[3:7]] == ["0.50", "0.90", "3.00", "30.00"]


def test_the_table_sets_the_switch_against_limit_and_peer():
    def result(key, rate):
        return {"case": "active-0", "key": key, "packets_per_second": rate, "sessions_per_second": None,
                "missed_share": {}, "missed_in_stalls_share": {}, "lost_share": {}, "by_class": {"active": rate}, "waited_share": 0.0}  # fmt: skip

    text = table([result("testpmd", 40e6), result("honeyswitch", 35e6), result("honeyswitch", 37e6), result("ovs", 4e6)])
    row = next(line for line in text.splitlines() if "honeyswitch" in line)
    assert [cell.strip() for cell in row.split("|")[3:5]] == ["36.00", "35.00–37.00"]
    assert "0.90" in row and "9.0" in row


def test_layout_is_that_of_the_generator():
    assert ctypes.sizeof(Plan) == 448 and len(PORTS) == 3
