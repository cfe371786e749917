"""How a session begins: a scan takes no place where sessions begin with a handshake."""

import pytest
from cables import HONEYPOT, INSIDE, OUTSIDE, from_upstream
from farm import NO_CAPS, PORT, new_decoy, new_source, syn_scan
from laboratory import addresses, view
from laboratory.conversation import Conversation, web_title
from laboratory.points.diversion import HONEYPOT_WEB_TITLE
from laboratory.wait import comes_true
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.packet import Raw

SCANNED, PORTS, FLOWS = "10.66.8.0/24", "7000-7009", 2560
ATTACKER = "203.0.113.209"  # nobody's: no kernel interferes

HANDSHAKE = {"mode": "handshake"}


def growth(lab, before: dict[str, int]) -> dict[str, int]:
    return view.counter_growth(before, view.counters(lab))


@pytest.mark.usefixtures("switch_survives")
def test_a_scan_takes_no_session_with_handshake(lab) -> None:
    source = new_source()
    with lab.appliance.reconfigured(admission=HANDSHAKE, containment=NO_CAPS):
        before = view.counters(lab)
        assert syn_scan(lab.machine("attacker"), source, SCANNED, PORTS) == {"open": FLOWS}
        grown = growth(lab, before)
        assert view.sessions(lab, source) == []
    assert grown.get("session_added", 0) == 0, grown
    # Each SYN, and the reset by which the scanner's kernel takes the answer back.
    assert grown["outside_to_honeypot_handshake"] >= 2 * FLOWS
    assert grown["honeypot_to_outside_no_session"] >= FLOWS


@pytest.mark.usefixtures("switch_survives")
def test_a_scan_takes_a_session_for_each_flow_with_first_packet(lab) -> None:
    source = new_source()
    with lab.appliance.reconfigured(admission={"mode": "first-packet"}, containment=NO_CAPS,
                                    timeouts={"idle_timeout": "3s"}):
        before = view.counters(lab)
        assert syn_scan(lab.machine("attacker"), source, SCANNED, PORTS) == {"open": FLOWS}
        # nmap sends a retransmission from a source port of its own.
        flows = {(row["source_port"], row["destination"], row["destination_port"]) for row in view.sessions(lab, source)}
        grown = growth(lab, before)
    assert len(flows) >= FLOWS
    assert len({flow[1:] for flow in flows}) == FLOWS
    assert grown["session_added"] >= FLOWS and "outside_to_honeypot_handshake" not in grown


@pytest.mark.usefixtures("switch_survives")
def test_auto_changes_over_at_high_water_and_back_at_low_water(lab) -> None:
    source = new_source()
    in_flight = 1024  # Packet-Ins on their way when the mark is reached
    with lab.appliance.reconfigured(admission={"mode": "auto", "high_water": 2, "low_water": 1},
                                    containment=NO_CAPS, timeouts={"idle_timeout": "4s"}):
        assert comes_true(lambda: view.session_count(lab) == 0, timeout=30)
        before = view.counters(lab)
        stats = lab.appliance.ask("stats")
        assert not stats["handshake_now"]
        assert syn_scan(lab.machine("attacker"), source, SCANNED, "7000-7019") == {"open": 2 * FLOWS}
        after = lab.appliance.ask("stats")
        grown = growth(lab, before)
        assert after["handshake_now"]
        assert stats["high_water"] == 65536 * 2 // 100
        assert stats["high_water"] <= grown["session_added"] <= stats["high_water"] + in_flight, grown
        assert grown["handshake_began"] == 1
        assert comes_true(lambda: not lab.appliance.ask("stats")["handshake_now"], timeout=30)
        assert view.session_count(lab) < stats["low_water"]
        assert growth(lab, before)["handshake_ended"] == 1


def test_a_connection_is_one_session_with_handshake(lab) -> None:
    source, decoy = new_source(), new_decoy()
    with lab.appliance.reconfigured(admission=HANDSHAKE):
        with Conversation(lab.machine("attacker"), decoy, PORT, source=source) as attack:
            assert attack.echoes(300_000)
            rows = view.sessions(lab, source)
        assert len(rows) == 1
        assert (rows[0]["destination"], rows[0]["destination_port"], rows[0]["progress"]) == (decoy, PORT, "payload")
        assert web_title(lab.machine("attacker"), decoy) == HONEYPOT_WEB_TITLE


@pytest.mark.parametrize("request_, reply", [
    (UDP(sport=4242, dport=7) / Raw(b"once more"), UDP(sport=7, dport=4242) / Raw(b"once more")),
    (ICMP(type=8, id=99) / Raw(b"once more"), ICMP(type=0, id=99) / Raw(b"once more"))], ids=["udp", "ping"])
def test_without_a_handshake_the_second_packet_begins_the_session(lab, cables, request_, reply) -> None:
    """The one that follows an answer; however often the first is repeated before."""
    decoy = new_decoy()
    frame = from_upstream() / IP(src=ATTACKER, dst=decoy) / request_
    with lab.appliance.reconfigured(admission=HANDSHAKE):
        cables.send(OUTSIDE, frame)
        assert cables.taps[OUTSIDE].collect(lambda data: bytes(reply)[8:] in data, timeout=3)
        assert view.sessions(lab, ATTACKER, decoy) == []
        cables.send(OUTSIDE, frame)
        assert cables.taps[OUTSIDE].collect(lambda data: bytes(reply)[8:] in data, timeout=3)
        rows = view.sessions(lab, ATTACKER, decoy)
    assert len(rows) == 1 and rows[0]["progress"] == "payload"


def test_what_is_not_answered_begins_no_session_with_handshake(lab, cables) -> None:
    decoy = new_decoy()
    lonely = UDP(sport=4243, dport=40_000) / Raw(b"nobody there")
    with lab.appliance.reconfigured(admission=HANDSHAKE, honeypot=[
            {"name": "honeypot", "mac": "02:66:00:00:03:77", "check": "none"}]):
        for _ in range(5):
            cables.send(OUTSIDE, from_upstream() / IP(src=ATTACKER, dst=decoy) / lonely)
        assert cables.taps[HONEYPOT].collect(lambda data: b"nobody there" in data, timeout=3, count=5)
        assert view.sessions(lab, ATTACKER, decoy) == []


def backscatter(decoy: str) -> dict[str, IP]:
    quoted = IP(src=decoy, dst=ATTACKER) / UDP(sport=1, dport=2)
    return {"syn-ack": IP(src=ATTACKER, dst=decoy) / TCP(sport=80, dport=4000, flags="SA"),
            "reset": IP(src=ATTACKER, dst=decoy) / TCP(sport=80, dport=4001, flags="RA"),
            "unreachable": IP(src=ATTACKER, dst=decoy) / ICMP(type=3, code=1) / quoted,
            "echo reply": IP(src=ATTACKER, dst=decoy) / ICMP(type=0, id=5)}


@pytest.mark.parametrize("kind", backscatter("10.66.0.9"))
def test_backscatter_is_counted_and_dropped(lab, cables, kind) -> None:
    decoy = new_decoy()
    packet = backscatter(decoy)[kind] / Raw(b"backscatter of the day")
    before = view.counters(lab)
    cables.send(OUTSIDE, from_upstream() / packet)
    assert view.wait_for_growth(lab, before, "outside_dropped_backscatter")["outside_dropped_backscatter"] == 1
    assert cables.stays_away(b"backscatter of the day", HONEYPOT, INSIDE)
    assert view.sessions(lab, destination=decoy) == []


@pytest.mark.parametrize("kind", backscatter("10.66.0.9"))
def test_backscatter_reaches_the_honeypot_if_so_configured(lab, cables, kind) -> None:
    decoy = new_decoy()
    packet = backscatter(decoy)[kind] / Raw(b"backscatter of the day")
    with lab.appliance.reconfigured(admission={"backscatter": "honeypot"}):
        before = view.counters(lab)
        cables.send(OUTSIDE, from_upstream() / packet)
        assert cables.with_marker(HONEYPOT, b"backscatter of the day")
        assert "outside_dropped_backscatter" not in growth(lab, before)
        assert len(view.sessions(lab, destination=decoy)) == 1


def test_backscatter_of_an_active_address_is_no_backscatter(lab, cables) -> None:
    packet = backscatter(addresses.HOSTS["www"])["syn-ack"] / Raw(b"answer to a host")
    cables.send(OUTSIDE, from_upstream() / packet)
    assert cables.comes_out(INSIDE, from_upstream() / packet)
