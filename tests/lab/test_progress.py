"""How far attackers come, as the operator's table of progress tells it."""

import pytest
from cables import OUTSIDE, from_upstream
from farm import NO_CAPS, farm, new_decoy, new_source, syn_scan
from laboratory import view
from laboratory.wait import comes_true
from scapy.layers.inet import IP, TCP, UDP
from scapy.packet import Raw

STEPS = ("first_packet", "answered", "handshake", "payload")
pytestmark = pytest.mark.usefixtures("switch_survives")


def rows_of(lab, by: str) -> dict[tuple, dict]:
    answer = lab.appliance.ask("progress", "--by", by)
    rows = answer["rows"] if isinstance(answer, dict) else answer
    return {(row["protocol"], row["port"]) if by == "port" else row["network"]: row for row in rows}


def steps(before: dict, after: dict, key) -> tuple[int, ...]:
    return tuple(after.get(key, {}).get(step, 0) - before.get(key, {}).get(step, 0) for step in STEPS)


def converse(lab, source: str, port: int, data: bytes) -> None:
    with lab.machine("attacker").connect(new_decoy(), port, source=source) as attack:
        if data:
            attack.sendall(data)
        attack.recv(100)


@pytest.mark.parametrize("admission", ["first-packet", "handshake"])
def test_by_port_and_by_network(lab, cables, admission) -> None:
    """100 flows of a scan, 7 connections without data and 5 with, 3 SYNs that nobody answers."""
    port, dead = {"first-packet": (7100, 7101), "handshake": (7200, 7201)}[admission]
    network, third = {"first-packet": ("198.19.0.0/16", 1), "handshake": ("198.19.0.0/16", 2)}[admission]
    scanner, visitor = f"198.19.{third}.1", f"198.19.{third}.2"
    with farm(lab, admission={"mode": admission}, containment=NO_CAPS):
        by_port, by_network = rows_of(lab, "port"), rows_of(lab, "network")
        assert syn_scan(lab.machine("attacker"), scanner, f"10.66.{20 + third}.0/26", str(port)) == {"open": 64}
        for _ in range(7):
            converse(lab, visitor, port, b"")
        for _ in range(5):
            converse(lab, visitor, port, b"exploit")
        # What is not IPv4 to the honeypot's kernel: a checksum that is wrong gets no answer.
        for sport in (1, 2, 3):
            cables.send(OUTSIDE, from_upstream() / IP(src=f"198.19.{third}.3", dst=new_decoy())
                        / TCP(sport=sport, dport=dead, flags="S", chksum=0xDEAD))
        seen = lambda: (steps(by_port, rows_of(lab, "port"), (6, port)),
                        steps(by_port, rows_of(lab, "port"), (6, dead)),
                        steps(by_network, rows_of(lab, "network"), network))
        # nmap may have to ask a port twice, from another port of its own.
        wanted = ((76, 76, 12, 5), (3, 0, 0, 0), (79, 76, 12, 5))
        assert comes_true(lambda: seen() == wanted, timeout=5), seen()


@pytest.mark.parametrize("admission", ["first-packet", "handshake"])
def test_udp_and_what_has_no_ports(lab, cables, admission) -> None:
    network = "198.19.0.0/16"
    source = {"first-packet": "198.19.3.1", "handshake": "198.19.4.1"}[admission]
    with farm(lab, admission={"mode": admission}, containment=NO_CAPS):
        by_port, by_network = rows_of(lab, "port"), rows_of(lab, "network")
        decoy = new_decoy()
        for text in (b"one", b"two"):
            cables.send(OUTSIDE, from_upstream() / IP(src=source, dst=decoy) / UDP(sport=99, dport=7) / Raw(text))
            assert cables.with_marker(OUTSIDE, text)
        ping = lab.machine("attacker").attempt("ping", "-n", "-c", "1", "-W", "2", "-I", source, new_decoy())
        assert "1 received" in ping.stdout
        seen = lambda: (steps(by_port, rows_of(lab, "port"), (17, 7)), steps(by_network, rows_of(lab, "network"), network))
        assert comes_true(lambda: seen() == ((1, 1, 1, 1), (2, 2, 1, 1)), timeout=5), seen()


def test_sessions_tell_their_progress(lab, cables) -> None:
    source = new_source()
    attacker = lab.machine("attacker")
    with farm(lab):
        with attacker.connect(new_decoy(), 7300, source=source) as attack:
            attack.recv(100)
            row, = view.sessions(lab, source)
            assert row["progress"] == "handshake"
            attack.sendall(b"data")
            assert comes_true(lambda: [row["progress"] for row in view.sessions(lab, source)] == ["payload"], timeout=3)
        silent = f"203.0.113.{202}"
        cables.send(OUTSIDE, from_upstream() / IP(src=silent, dst=new_decoy()) / TCP(sport=5, dport=7300, flags="S", chksum=1))
        assert comes_true(lambda: [row["progress"] for row in view.sessions(lab, silent)] == ["first_packet"], timeout=3)
        cables.send(OUTSIDE, from_upstream() / IP(src=silent, dst=new_decoy()) / TCP(sport=6, dport=7300, flags="S"))
        assert comes_true(lambda: sorted(row["progress"] for row in view.sessions(lab, silent)) == ["answered", "first_packet"],
                          timeout=3)
