"""A source that was somewhere often enough meets another pool."""

import pytest
from cables import OUTSIDE, from_upstream
from farm import farm, new_decoy, new_decoys, new_source, two_pools, who_answers
from laboratory import view
from laboratory.wait import comes_true
from scapy.layers.inet import IP, TCP

pytestmark = pytest.mark.usefixtures("switch_survives")


def tier(**numbers: int | str) -> dict:
    return {**two_pools(), "tier": [{"from": "low", "to": "high", "window": "1h", **numbers}]}


def test_after_so_many_sessions(lab) -> None:
    source, decoy, other = new_source(), new_decoy(), new_source()
    with farm(lab, **tier(sessions=4)):
        before = view.counters(lab)
        met = [who_answers(lab, decoy, source) for _ in range(8)]
        assert who_answers(lab, decoy, other) == "honeypot", "another source is not moved"
        grown = view.counter_growth(before, view.counters(lab))
        assert met == ["honeypot"] * 4 + ["sandbox"] * 4
        assert grown["source_moved"] == 1
        assert [row["honeypot"] for row in view.sessions(lab, source)].count("honeypot") == 4, "running ones stay"


def test_after_so_many_destinations(lab) -> None:
    source, first = new_source(), new_decoy()
    with farm(lab, **tier(destinations=5)):
        met = [who_answers(lab, decoy, source) for decoy in (first, first, first, *new_decoys(12))]
    moved = met.index("sandbox")
    assert met == ["honeypot"] * moved + ["sandbox"] * (len(met) - moved)
    assert moved >= 7, "the fifth destination is met by the seventh connection"
    assert moved <= 10, "destinations are estimated: some may fall on the same bit, four of eight hardly ever"


def test_after_so_many_sessions_with_data(lab) -> None:
    source = new_source()
    attacker = lab.machine("attacker")
    with farm(lab, **tier(payload_sessions=2)):
        for _ in range(5):
            assert who_answers(lab, new_decoy(), source) == "honeypot", "it has sent nothing yet"
        for _ in range(2):
            with attacker.connect(new_decoy(), 7000, source=source) as attack:
                attack.sendall(b"exploit")
                assert attack.recv(100)
        assert comes_true(lambda: who_answers(lab, new_decoy(), source) == "sandbox", timeout=5)
        assert comes_true(lambda: [row for row in view.sessions(lab, source) if row["progress"] == "payload"], timeout=5)


def test_ends_with_the_window(lab) -> None:
    source = new_source()
    with farm(lab, **tier(sessions=3, window="2s")):
        for _ in range(3):
            who_answers(lab, new_decoy(), source)
        assert who_answers(lab, new_decoy(), source) == "sandbox"
        before = view.counters(lab)
        assert comes_true(lambda: view.counter_growth(before, view.counters(lab)).get("source_moved_back"), timeout=15)
        assert who_answers(lab, new_decoy(), source) == "honeypot"


def test_holds_before_there_is_a_session(lab, cables) -> None:
    """With handshake the worker chooses the pool, from the first SYN on."""
    source, decoy = new_source(), new_decoy()
    with farm(lab, **tier(sessions=3), admission={"mode": "handshake"}):
        for _ in range(3):
            assert who_answers(lab, decoy, source) == "honeypot"
        assert who_answers(lab, decoy, source) == "sandbox"
        for port in range(5000, 5050):  # a scan alone moves nobody
            cables.send(OUTSIDE, from_upstream() / IP(src="203.0.113.208", dst=decoy) / TCP(sport=port, dport=7000))
        rows = lab.appliance.ask("stats")
        assert rows["sources"] == 1, "the one source that was moved"


def test_another_configuration_forgets_who_was_moved(lab) -> None:
    source = new_source()
    with farm(lab, **tier(sessions=2)):
        for _ in range(2):
            who_answers(lab, new_decoy(), source)
        assert who_answers(lab, new_decoy(), source) == "sandbox"
        lab.appliance.write_config(**two_pools())
        lab.appliance.honeyctl("reload")
        assert who_answers(lab, new_decoy(), source) == "honeypot"
        assert comes_true(lambda: lab.appliance.ask("stats")["sources"] == 0, timeout=5)
