"""What the benchmark itself must get right: that a wrong verdict, a lost packet or a changed frame fails a run, and
that both halves of the generator speak of the same addresses. Needs neither DPDK nor root."""

import ctypes
from types import SimpleNamespace

import pytest

from bench import cases
from bench.addresses import active_addresses, campus_address
from bench.measure import Measurement
from bench.process import Failure
from bench.report import table
from bench.shared_page import PORTS, QUEUES, SLOTS, Layout, Plan, SharedPage, Totals
from bench.streams import Flows, Stream, _interleaved

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


@pytest.fixture
def measurement():
    program = SimpleNamespace(
        name="a program", forwarding_threads=lambda: [1], dropped=lambda: 0,
        expected_port=lambda kind, source: INSIDE if kind == "active" else HONEYPOT,
    )  # fmt: skip
    case = cases.Case("mixed", "", MIXED)
    return Measurement(SimpleNamespace(), program, case)


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
        measurement._account({"active": 1, "session": 0}, dropped_before=0)


def test_losses_that_nobody_counted_fail(measurement):
    with pytest.raises(Failure, match="3 packets were lost, 0 were counted"):
        measurement._account({"active": 0, "session": 3}, dropped_before=0)


@pytest.mark.parametrize("seed", [0, 1, 20151201, 0xFFFFFFFF])
def test_every_usable_address_has_one_rank(seed):
    addresses = {campus_address(rank, seed) for rank in range(1, 65535)}
    assert len(addresses) == 65534
    assert not addresses & {"10.66.0.0", "10.66.255.255"}


def test_the_seed_decides_which_addresses_are_active():
    assert active_addresses(50, 1) == active_addresses(50, 1)
    assert set(active_addresses(50, 1)) != set(active_addresses(50, 2))


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


def test_the_table_sets_the_switch_against_limit_and_peer():
    def result(key, rate):
        return {"case": "active-0", "key": key, "packets_per_second": rate, "sessions_per_second": None,
                "missed_share": {}, "lost_share": {}, "by_class": {"active": rate}, "waited_share": 0.0}  # fmt: skip

    text = table([result("testpmd", 40e6), result("honeyswitch", 35e6), result("honeyswitch", 37e6), result("ovs", 4e6)])
    row = next(line for line in text.splitlines() if "honeyswitch" in line)
    assert [cell.strip() for cell in row.split("|")[3:5]] == ["36.00", "35.00–37.00"]
    assert "0.90" in row and "9.0" in row


def test_layout_is_that_of_the_generator():
    assert ctypes.sizeof(Plan) == 448 and len(PORTS) == 3
