"""Packets that go on unchanged, byte for byte: the switch is a wire for all that is not diverted."""

from dataclasses import dataclass

import pytest
from cables import INSIDE, OUTSIDE, from_core, from_upstream
from laboratory import addresses, view
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
from scapy.packet import Packet, Raw

ATTACKER = "203.0.113.200"  # nobody's: no kernel interferes
REAL = addresses.HOSTS["www"]
DECOY = addresses.DARK_EXAMPLE


@dataclass
class Row:
    name: str
    frame: Packet | bytes
    counter: str


def marked(text: str) -> Raw:
    return Raw(f"pass-through {text}".encode())


def to_real(text: str) -> Packet:
    return IP(src=ATTACKER, dst=REAL, ttl=17, id=4711) / UDP(sport=4000, dport=4001) / marked(text)


def raw_ip(**fields: int) -> bytes:
    """An IPv4 packet to a decoy whose header lies."""
    return bytes(from_upstream() / IP(src=ATTACKER, dst=DECOY, **fields) / marked("lie"))


ACTIVE, NOT_IPV4, MALFORMED = ("outside_to_inside_active", "outside_to_inside_not_ipv4", "outside_to_inside_malformed")
WHOLE = bytes(from_upstream() / IP(src=ATTACKER, dst=DECOY) / TCP(dport=7000, flags="S"))

FROM_OUTSIDE = [
    Row("udp", from_upstream() / to_real("udp"), ACTIVE),
    Row("tcp", from_upstream() / IP(src=ATTACKER, dst=REAL) / TCP(sport=4000, dport=4001, flags="S"), ACTIVE),
    Row("icmp echo", from_upstream() / IP(src=ATTACKER, dst=REAL) / ICMP(id=77) / marked("echo"), ACTIVE),
    Row("vlan", from_upstream() / Dot1Q(vlan=12, prio=3) / to_real("vlan"), ACTIVE),
    Row("qinq", from_upstream() / Dot1AD(vlan=7) / Dot1Q(vlan=12) / to_real("qinq"), ACTIVE),
    Row("ip options", from_upstream() / IP(src=ATTACKER, dst=REAL, options=[b"\x01\x01\x01\x00"]) / UDP(),
        ACTIVE),
    Row("first fragment",
        from_upstream() / IP(src=ATTACKER, dst=REAL, flags="MF", id=9) / UDP(len=900) / Raw(b"x" * 64),
        ACTIVE),
    Row("following fragment", from_upstream() / IP(src=ATTACKER, dst=REAL, frag=9, id=9) / Raw(b"y" * 64), ACTIVE),
    Row("icmp error", from_upstream() / IP(src=ATTACKER, dst=REAL) / ICMP(type=3, code=1)
        / IP(src=REAL, dst=ATTACKER) / UDP(sport=1, dport=2), ACTIVE),
    Row("another protocol", from_upstream() / IP(src=ATTACKER, dst=REAL, proto=47) / marked("gre"), ACTIVE),
    Row("tcp header cut short", from_upstream() / IP(src=ATTACKER, dst=REAL, proto=6) / Raw(b"\x01\x02\x03"), ACTIVE),
    Row("not of the campus", from_upstream() / IP(src=ATTACKER, dst="192.0.2.77") / UDP() / marked("transit"), ACTIVE),
    Row("arp", from_upstream() / ARP(hwsrc=addresses.UPSTREAM_MAC, psrc=ATTACKER, pdst="198.51.100.99"), NOT_IPV4),
    Row("ipv6", from_upstream() / IPv6(src="2001:db8::1", dst="2001:db8::2") / ICMPv6EchoRequest(id=5), NOT_IPV4),
    Row("lldp",
        Ether(src=addresses.UPSTREAM_MAC, dst="01:80:c2:00:00:0e", type=0x88CC) / Raw(b"\x02\x07\x04" + b"u" * 48),
        NOT_IPV4),
    Row("802.3 with llc",
        Ether(src=addresses.UPSTREAM_MAC, dst="01:80:c2:00:00:00", type=38) / Raw(b"\x42\x42\x03" + b"\0" * 43),
        NOT_IPV4),
    Row("broadcast",
        Ether(src=addresses.UPSTREAM_MAC, dst="ff:ff:ff:ff:ff:ff", type=0x0842) / Raw(b"w" * 60), NOT_IPV4),
    Row("three tags", from_upstream() / Dot1Q(vlan=1) / Dot1Q(vlan=2) / Dot1Q(vlan=3) / to_real("3"), MALFORMED),
    Row("ethernet header alone", WHOLE[:14], MALFORMED),
    # Within the inner one: a kernel drops what ends within the outer, and could not show it here.
    Row("ends within a tag", bytes(from_upstream() / Dot1Q(vlan=5) / Dot1Q(vlan=6))[:20], MALFORMED),
    Row("ends within the ip header", WHOLE[:30], MALFORMED),
    Row("ip version 5", raw_ip(version=5), MALFORMED),
    Row("ip header length 4", raw_ip(ihl=1), MALFORMED),
    Row("ip header longer than the frame", raw_ip(ihl=15), MALFORMED),
    Row("ip total length beyond the frame", raw_ip(len=1400), MALFORMED),
    Row("ip total length below its header", raw_ip(len=12), MALFORMED),
    Row("tcp ports cut off, to a decoy",
        from_upstream() / IP(src=ATTACKER, dst=DECOY, proto=6) / Raw(b"\x01\x02"), MALFORMED),
]

FROM_INSIDE = [
    Row("udp", from_core() / IP(src=REAL, dst=ATTACKER, ttl=63) / UDP() / marked("out"), "inside_to_outside"),
    Row("vlan",
        from_core() / Dot1Q(vlan=9) / IP(src=REAL, dst=ATTACKER) / UDP() / marked("out vlan"), "inside_to_outside"),
    Row("following fragment", from_core() / IP(src=REAL, dst=ATTACKER, frag=5) / Raw(b"z" * 80), "inside_to_outside"),
    Row("arp",
        from_core() / ARP(hwsrc=addresses.CORE_MAC, psrc=addresses.CORE_BORDER, pdst="198.51.100.98"), "inside_to_outside"),
    Row("ipv6",
        from_core() / IPv6(src="2001:db8::2", dst="2001:db8::1") / ICMPv6EchoRequest(id=6), "inside_to_outside"),
    Row("malformed", bytes(from_core() / IP(src=REAL, dst=ATTACKER, ihl=2)), "inside_to_outside"),
    Row("ethernet header alone", bytes(from_core() / IP(src=REAL))[:14], "inside_to_outside"),
]


def passes(lab, cables, row: Row, enters: str, leaves: str) -> None:
    before = view.counters(lab)
    cables.send(enters, row.frame)
    assert cables.comes_out(leaves, row.frame), f"did not come out {leaves}: {bytes(row.frame).hex()}"
    grown = view.counter_growth(before, view.counters(lab))
    assert grown.get(row.counter, 0) >= 1, f"{row.counter} did not grow; these did: {grown}"


@pytest.mark.parametrize("row", FROM_OUTSIDE, ids=lambda row: row.name)
def test_from_outside(lab, cables, row: Row) -> None:
    passes(lab, cables, row, OUTSIDE, INSIDE)


@pytest.mark.parametrize("row", FROM_INSIDE, ids=lambda row: row.name)
def test_from_inside(lab, cables, row: Row) -> None:
    passes(lab, cables, row, INSIDE, OUTSIDE)
