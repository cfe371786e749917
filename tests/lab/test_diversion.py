"""Packets to inactive addresses: how they arrive at the honeypot, and how its replies come back."""

import itertools

import pytest
from cables import HONEYPOT, INSIDE, OUTSIDE, at_honeypot, from_core, from_honeypot, from_upstream
from laboratory import addresses, view
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.packet import Packet, Raw

ATTACKER = "203.0.113.201"
IN_DOMAIN, DARK = "10.66.1.201", addresses.DARK_EXAMPLE
_ports = itertools.count(20_000)  # every test its own session

FIRST_PACKETS = {
    "tcp syn": lambda port: TCP(sport=port, dport=7000, flags="S"),
    "tcp in the middle": lambda port: TCP(sport=port, dport=7000, flags="A", seq=5, ack=6),
    "udp": lambda port: UDP(sport=port, dport=9) / Raw(b"first packet"),
    "icmp echo": lambda port: ICMP(id=port, seq=1) / Raw(b"first packet"),
    "another protocol": lambda port: Raw(port.to_bytes(2, "big") + b" first packet"),
}
TAGS = {
    "untagged": lambda: [],
    "vlan": lambda: [Dot1Q(vlan=12, prio=5)],
    "qinq": lambda: [Dot1AD(vlan=7), Dot1Q(vlan=12)],
}


def tagged(ether: Ether, tags: list[Packet], packet: Packet) -> Packet:
    frame = ether
    for tag in tags:
        frame = frame / tag
    return frame / packet


@pytest.mark.parametrize("destination", [IN_DOMAIN, DARK], ids=["in the agent's domain", "dark"])
@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS.keys())
@pytest.mark.parametrize("transport", FIRST_PACKETS.values(), ids=FIRST_PACKETS.keys())
def test_first_packet_reaches_the_honeypot(cables, transport, tags, destination) -> None:
    packet = IP(src=ATTACKER, dst=destination, ttl=33, id=next(_ports)) / transport(next(_ports))
    cables.send(OUTSIDE, tagged(from_upstream(), tags(), packet))
    assert cables.comes_out(HONEYPOT, at_honeypot(packet))


@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS.keys())
def test_reply_takes_the_way_back(cables, tags) -> None:
    port = next(_ports)
    request = IP(src=ATTACKER, dst=DARK) / UDP(sport=port, dport=9) / Raw(b"request")
    cables.send(OUTSIDE, tagged(from_upstream(), tags(), request))
    assert cables.comes_out(HONEYPOT, at_honeypot(request))
    reply = IP(src=DARK, dst=ATTACKER, ttl=61) / UDP(sport=9, dport=port) / Raw(b"reply")
    cables.send(HONEYPOT, from_honeypot() / reply)
    assert cables.comes_out(OUTSIDE, tagged(from_core(), tags(), reply))


def test_way_back_follows_the_latest_packet(cables) -> None:
    """A failover of the routers changes tags and MAC addresses in the middle of a session."""
    port = next(_ports)
    request = IP(src=ATTACKER, dst=DARK) / UDP(sport=port, dport=9) / Raw(b"request")
    cables.send(OUTSIDE, from_upstream() / request)
    assert cables.comes_out(HONEYPOT, at_honeypot(request))
    other_upstream, other_core = "02:66:00:00:01:99", "02:66:00:00:02:99"
    later = IP(src=ATTACKER, dst=DARK) / UDP(sport=port, dport=9) / Raw(b"by the other router")
    cables.send(OUTSIDE, Ether(src=other_upstream, dst=other_core) / Dot1Q(vlan=99) / later)
    assert cables.with_marker(HONEYPOT, b"by the other router")
    reply = IP(src=DARK, dst=ATTACKER) / UDP(sport=9, dport=port) / Raw(b"reply")
    cables.send(HONEYPOT, from_honeypot() / reply)
    assert cables.comes_out(OUTSIDE, Ether(src=other_core, dst=other_upstream) / Dot1Q(vlan=99) / reply)


def fragments_of(identification: int, port: int) -> list[IP]:
    datagram = UDP(sport=port, dport=9, len=8 + 160) / Raw(f"{identification:04d}".encode() * 40)
    data = bytes(datagram)
    return [IP(src=ATTACKER, dst=DARK, proto=17, id=identification, flags="MF" if start < 112 else 0, frag=start // 8)
            / Raw(data[start:start + 56]) for start in (0, 56, 112)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)], ids=["in order", "last first", "middle first"])
def test_fragments_of_a_datagram_go_one_way(cables, order) -> None:
    fragments = fragments_of(next(_ports) % 9000 + 1000, next(_ports))
    for index in order:
        cables.send(OUTSIDE, from_upstream() / fragments[index])
        assert cables.comes_out(HONEYPOT, at_honeypot(fragments[index]))


def test_fragments_of_the_honeypot_come_back(cables) -> None:
    port = next(_ports)
    request = IP(src=ATTACKER, dst=DARK) / UDP(sport=port, dport=9) / Raw(b"request")
    cables.send(OUTSIDE, from_upstream() / request)
    assert cables.comes_out(HONEYPOT, at_honeypot(request))
    data = bytes(UDP(sport=9, dport=port, len=8 + 104) / Raw(b"r" * 104))
    first = IP(src=DARK, dst=ATTACKER, proto=17, id=777, flags="MF") / Raw(data[:56])
    second = IP(src=DARK, dst=ATTACKER, proto=17, id=777, frag=7) / Raw(data[56:])
    for fragment in (first, second):
        cables.send(HONEYPOT, from_honeypot() / fragment)
        assert cables.comes_out(OUTSIDE, from_core() / fragment)


def test_icmp_error_about_a_reply_reaches_the_honeypot(cables) -> None:
    """A router on the attacker's side says that the honeypot's packet did not arrive (8 bytes of it suffice)."""
    port = next(_ports)
    request = IP(src=ATTACKER, dst=DARK) / UDP(sport=port, dport=9) / Raw(b"request")
    cables.send(OUTSIDE, from_upstream() / request)
    assert cables.comes_out(HONEYPOT, at_honeypot(request))
    error = (IP(src="192.0.2.254", dst=DARK) / ICMP(type=11, code=0)
             / IP(src=DARK, dst=ATTACKER, len=60, chksum=0) / UDP(sport=9, dport=port, len=40, chksum=0))
    cables.send(OUTSIDE, from_upstream() / error)
    assert cables.comes_out(HONEYPOT, at_honeypot(error))


def test_icmp_error_of_the_honeypot_reaches_the_attacker(cables) -> None:
    """Nothing listens on this UDP port of the honeypot: its kernel says so, as the decoy."""
    attacker = "203.0.113.211"  # Linux limits its ICMP errors for each of their receivers
    packet = IP(src=attacker, dst=DARK) / UDP(sport=next(_ports), dport=33434) / Raw(b"traceroute")
    cables.send(OUTSIDE, from_upstream() / Dot1Q(vlan=44) / packet)
    errors = cables.with_marker(OUTSIDE, bytes(packet)[20:28])
    assert errors, "no port unreachable came out"
    frame = Ether(errors[0])
    assert (frame.src, frame.dst, frame[Dot1Q].vlan) == (addresses.CORE_MAC, addresses.UPSTREAM_MAC, 44)
    assert (frame[IP].src, frame[IP].dst) == (DARK, attacker)
    assert (frame[ICMP].type, frame[ICMP].code) == (3, 3)


def test_session_is_listed_with_its_way_back(lab, cables) -> None:
    port = next(_ports)
    packet = IP(src=ATTACKER, dst=DARK) / UDP(sport=port, dport=9) / Raw(b"listed")
    cables.send(OUTSIDE, tagged(from_upstream(), TAGS["qinq"](), packet))
    assert cables.comes_out(HONEYPOT, at_honeypot(packet))
    rows = [row for row in lab.appliance.ask("sessions") if row.get("source_port") == port]
    assert len(rows) == 1
    row = rows[0]
    assert (row["source"], row["destination"], row["destination_port"]) == (ATTACKER, DARK, 9)
    assert [tag["vlan"] for tag in row["tags"]] == [7, 12]
    assert (row["source_mac"], row["destination_mac"]) == (addresses.UPSTREAM_MAC, addresses.CORE_MAC)


def test_nothing_of_an_attack_goes_inside(cables) -> None:
    packet = IP(src=ATTACKER, dst=IN_DOMAIN) / UDP(sport=next(_ports), dport=9) / Raw(b"not for the campus")
    cables.send(OUTSIDE, *[from_upstream() / packet] * 20)
    assert cables.with_marker(HONEYPOT, b"not for the campus")
    assert cables.stays_away(b"not for the campus", INSIDE)


def test_a_spoofed_outside_source_of_the_campus_is_no_sighting(lab, cables) -> None:
    """Only what comes from inside vouches for an address."""
    packet = IP(src="10.66.2.222", dst=DARK) / UDP(sport=next(_ports), dport=9) / Raw(b"spoofed")
    cables.send(OUTSIDE, from_upstream() / packet)
    assert cables.with_marker(HONEYPOT, b"spoofed")
    assert "10.66.2.222" not in view.active(lab)
