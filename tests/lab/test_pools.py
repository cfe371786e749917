"""Several honeypots: which of them a session meets, and what happens when one breaks down."""

from collections import Counter

import pytest
from cables import INSIDE, OUTSIDE
from farm import (HONEYPOT, PORT, QUICK_CHECKS, SANDBOX, TRAP, all_up, farm, new_decoy, new_decoys, new_source,
                  new_sources, one_pool, ssh, two_pools, who_answers)
from laboratory import addresses, view
from laboratory.conversation import Conversation
from laboratory.wait import comes_true, wait_for
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

SSH_RULE = {"name": "ssh", "protocol": "tcp", "ports": 22, "action": "pool", "pool": "high"}
pytestmark = pytest.mark.usefixtures("switch_survives")


def becomes(lab, name: str, state: str) -> None:
    wait_for(f"{name} is {state}", lambda: view.honeypot_states(lab)[name] == state,
             evidence=lambda: lab.appliance.honeyctl("honeypots"))


@pytest.fixture(name="broken")
def broken_sandbox(lab):
    """Breaks the sandbox down when called; afterwards it works again."""
    yield lab.sandbox.fall_silent
    lab.sandbox.answer()  # no effect on one that works


def test_a_rule_chooses_the_pool(lab) -> None:
    source, decoy = new_source(), new_decoy()
    with farm(lab, **two_pools(), rule=[SSH_RULE]):
        assert ssh(lab, decoy, source) == "this is the honeypot sandbox"
        assert who_answers(lab, decoy, source) == "honeypot"
        assert view.rule_packets(lab)["ssh"] >= 1
        pools = {row["name"]: row for row in lab.appliance.ask("pools")}
        assert {name: (row["honeypots_up"], row["honeypots"]) for name, row in pools.items()} == {
            "low": (1, 1), "high": (1, 1)}
        assert pools["high"]["sessions"] >= 1


def test_a_rule_for_a_pool_diverts_nobody(lab) -> None:
    with farm(lab, **two_pools(), rule=[SSH_RULE]):
        assert ssh(lab, addresses.HOSTS["mail"], new_source()) == "this is the campus host mail"


AFFINITY = {
    "source": lambda: ([new_source()] * 12, new_decoys(12)),
    "destination": lambda: (new_sources(12), [new_decoy()] * 12),
}


@pytest.mark.parametrize("affinity", AFFINITY)
def test_affinity_keeps_to_one_honeypot(lab, affinity) -> None:
    with farm(lab, **one_pool(HONEYPOT, SANDBOX, TRAP, affinity=affinity)):
        for _ in range(3):
            sources, decoys = AFFINITY[affinity]()
            met = {who_answers(lab, decoy, source) for source, decoy in zip(sources, decoys)}
            assert len(met) == 1 and met <= {"honeypot", "sandbox", "trap"}, met


@pytest.mark.parametrize("affinity", ["source", "destination", "session"])
def test_affinity_spreads_over_all_honeypots(lab, affinity) -> None:
    tries = 30  # with three honeypots one is missed once in 60,000 times
    sources = new_sources(tries) if affinity == "source" else [new_source()] * tries
    decoys = new_decoys(tries) if affinity == "destination" else [new_decoy()] * tries
    with farm(lab, **one_pool(HONEYPOT, SANDBOX, TRAP, affinity=affinity)):
        met = Counter(who_answers(lab, decoy, source) for source, decoy in zip(sources, decoys))
        assert set(met) == {"honeypot", "sandbox", "trap"}


def test_weights_are_shares(lab) -> None:
    tries = 160
    with farm(lab, **one_pool({**HONEYPOT, "weight": 3}, {**SANDBOX, "weight": 1})):
        met = Counter(who_answers(lab, new_decoy(), source) for source in new_sources(tries))
    assert sum(met[name] for name in ("honeypot", "sandbox")) == tries, met
    assert 0.55 * tries < met["honeypot"] < 0.95 * tries, met  # six standard deviations from 0.75


def test_a_honeypot_on_a_vlan(lab) -> None:
    source, decoy = new_source(), new_decoy()
    with farm(lab, **one_pool(TRAP)):
        assert [row["vlan"] for row in lab.appliance.ask("honeypots")] == [addresses.TRAP_VLAN]
        with Conversation(lab.machine("attacker"), decoy, PORT, source=source) as attack:
            assert attack.greeting == f"trap: {attack.local} reached {decoy}:{PORT}"
            assert attack.echoes(300_000)
            row, = view.sessions(lab, source)
    assert row["honeypot"] == "trap" and row["tags"] == []  # those of the border link


def test_another_honeypot_takes_its_share_and_moves_nothing_else(lab) -> None:
    sources, decoy = new_sources(90), new_decoy()
    with farm(lab, **one_pool(HONEYPOT, SANDBOX)):
        before = [who_answers(lab, decoy, source) for source in sources]
        lab.appliance.write_config(**one_pool(TRAP, SANDBOX, HONEYPOT))  # their numbers differ as well
        lab.appliance.honeyctl("reload")
        all_up(lab)
        after = [who_answers(lab, decoy, source) for source in sources]
    moved = [(was, now) for was, now in zip(before, after) if was != now]
    assert {was for was in before} == {"honeypot", "sandbox"}
    assert {now for _, now in moved} == {"trap"}
    assert 0.1 * len(sources) < len(moved) < 0.6 * len(sources), Counter(moved)


def test_sessions_keep_their_honeypot_when_it_gets_another_number(lab) -> None:
    with farm(lab, **one_pool(HONEYPOT, SANDBOX)):
        attacks = [Conversation(lab.machine("attacker"), new_decoy(), PORT, source=source) for source in new_sources(8)]
        assert {attack.greeting.partition(":")[0] for attack in attacks} == {"honeypot", "sandbox"}
        lab.appliance.write_config(**one_pool(TRAP, SANDBOX, HONEYPOT))
        lab.appliance.honeyctl("reload")
        all_up(lab)
        for attack in attacks:
            with attack:
                assert attack.echoes(10_000)


def test_sessions_of_a_honeypot_that_is_taken_out_go_to_another(lab) -> None:
    with farm(lab, **one_pool(HONEYPOT, SANDBOX)):
        sources = new_sources(8)
        for source in sources:
            who_answers(lab, new_decoy(), source)
        met = {row["honeypot"] for source in sources for row in view.sessions(lab, source)}
        assert met == {"honeypot", "sandbox"}
        lab.appliance.write_config(**one_pool(HONEYPOT))
        lab.appliance.honeyctl("reload")
        assert {row["honeypot"] for source in sources for row in view.sessions(lab, source)} == {"honeypot"}
        row, = lab.appliance.ask("honeypots")
        assert row["sessions"] == view.session_count(lab)


def test_a_honeypot_that_breaks_down_gets_nothing_and_comes_back(lab, broken) -> None:
    sources = new_sources(16)
    with farm(lab, **one_pool(HONEYPOT, SANDBOX), timeouts=QUICK_CHECKS):
        before = {source: who_answers(lab, new_decoy(), source) for source in sources}
        assert set(before.values()) == {"honeypot", "sandbox"}
        broken()
        becomes(lab, "sandbox", "down")
        assert {who_answers(lab, new_decoy(), source) for source in sources} == {"honeypot"}
        lab.sandbox.answer()
        becomes(lab, "sandbox", "up")
        assert {source: who_answers(lab, new_decoy(), source) for source in sources} == before


@pytest.mark.parametrize("on_failure, goes_to", [("move", "honeypot"), ("stay", "sandbox")])
def test_sessions_of_a_broken_honeypot(lab, broken, on_failure, goes_to) -> None:
    with farm(lab, **one_pool(HONEYPOT, SANDBOX, on_failure=on_failure), timeouts=QUICK_CHECKS):
        attack = next(attack for attack in (Conversation(lab.machine("attacker"), new_decoy(), PORT, source=source)
                                            for source in new_sources(40)) if attack.greeting.startswith("sandbox"))
        with attack:
            source = attack.local.partition(":")[0]
            broken()
            becomes(lab, "sandbox", "down")
            assert comes_true(lambda: [row["honeypot"] for row in view.sessions(lab, source)] == [goes_to], timeout=5)
            lab.sandbox.answer()
            becomes(lab, "sandbox", "up")
            if on_failure == "stay":
                assert attack.echoes(10_000), "the session did not survive"
            assert [row["honeypot"] for row in view.sessions(lab, source)] == [goes_to]


@pytest.mark.parametrize("when_none", ["inside", "drop"])
def test_no_honeypot_is_left(lab, cables, broken, when_none) -> None:
    source, decoy = new_source(), new_decoy()

    def is_syn(data: bytes) -> bool:
        frame = Ether(data)
        return TCP in frame and frame[IP].src == source

    with farm(lab, **one_pool(SANDBOX, when_none=when_none), timeouts=QUICK_CHECKS):
        assert who_answers(lab, decoy, new_source()) == "sandbox"
        broken()
        becomes(lab, "sandbox", "down")
        before = view.counters(lab)
        said = who_answers(lab, decoy, source, timeout=1)
        arrived = cables.taps[INSIDE].collect(is_syn, timeout=0.5)
        grown = view.counter_growth(before, view.counters(lab))
        assert said != "sandbox" and bool(arrived) == (when_none == "inside"), (said, grown)
        assert view.sessions(lab, source) == []
        reasons = {"inside": ("packet_in_no_honeypot", "outside_to_inside_no_honeypot"),
                   "drop": ("packet_in_dropped_no_honeypot", "outside_dropped_no_honeypot")}[when_none]  # fmt: skip
        assert sum(grown.get(reason, 0) for reason in reasons) >= 1, grown
        lab.sandbox.answer()
        becomes(lab, "sandbox", "up")
        assert who_answers(lab, decoy, new_source()) == "sandbox"


def test_a_check_of_a_service(lab, cables) -> None:
    """The machine answers ARP, its ssh server does not run."""
    with farm(lab, **one_pool(HONEYPOT, {**SANDBOX, "check": "tcp:22"}), timeouts=QUICK_CHECKS):
        lab.processes.stop("sandbox-sshd")
        try:
            becomes(lab, "sandbox", "down")
        finally:
            lab.sandbox.serve_ssh()
        becomes(lab, "sandbox", "up")
    # Not one packet of the checks has left.
    assert not cables.taps[OUTSIDE].collect(lambda data: IP in Ether(data) and Ether(data)[IP].dst == "192.0.2.1", 0.2)
    log = lab.processes.log("sandbox-sshd").read_text()
    assert "192.0.2.1" not in log, "the service has seen a check"


@pytest.mark.parametrize("ignored", ["arp saddr ip 0.0.0.0", "arp saddr ip != 0.0.0.0"])
def test_a_honeypot_that_does_not_answer_every_sender_of_arp(lab, ignored) -> None:
    """Some never answer 0.0.0.0, and others no sender to which they have no route."""
    machine = lab.sandbox.namespace
    with farm(lab, **one_pool(HONEYPOT), timeouts=QUICK_CHECKS):
        machine.run("nft", f"add table arp deaf; add chain arp deaf in {{ type filter hook input priority 0; }}; "
                           f"add rule arp deaf in arp operation request {ignored} drop")
        try:
            with farm(lab, **one_pool(SANDBOX), timeouts=QUICK_CHECKS):
                assert who_answers(lab, new_decoy(), new_source()) == "sandbox"
                heard = view.counters(lab)["honeypot_arp_heard"]
                wait_for("it has answered ten more times",
                         lambda: view.counters(lab)["honeypot_arp_heard"] >= heard + 10)
                assert view.honeypot_states(lab) == {"sandbox": "up"}
        finally:
            machine.run("nft", "delete table arp deaf")


def test_a_learned_address_follows_the_machine(lab) -> None:
    """A container that was started anew has another MAC address."""
    other = "02:66:00:00:03:99"
    with farm(lab, **one_pool(SANDBOX), timeouts=QUICK_CHECKS):
        try:
            lab.sandbox.namespace.ip("link", "set", "eth0", "address", other)
            wait_for("the new address is learned", lambda: [row["mac"] for row in lab.appliance.ask("honeypots")] == [other],
                     evidence=lambda: lab.appliance.honeyctl("honeypots"))
            assert who_answers(lab, new_decoy(), new_source()) == "sandbox"
        finally:
            lab.sandbox.namespace.ip("link", "set", "eth0", "address", addresses.SANDBOX_MAC)
