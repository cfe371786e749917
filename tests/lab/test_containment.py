"""What the honeypot sends on its own account: nothing of it leaves, all of it is counted."""

import pytest
from cables import HONEYPOT, INSIDE, OUTSIDE, from_honeypot
from laboratory import addresses, view
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw

DECOY, OUTSIDER = "10.66.211.1", "203.0.113.202"
MARK = b"contain me"

CONTAINED = {
    "tcp syn outside": (IP(src=DECOY, dst=OUTSIDER) / TCP(dport=80, flags="S") / Raw(MARK), "no_session"),
    "udp outside": (IP(src=DECOY, dst=OUTSIDER) / UDP(dport=53) / Raw(MARK), "no_session"),
    "icmp echo outside": (IP(src=DECOY, dst=OUTSIDER) / ICMP(id=5) / Raw(MARK), "no_session"),
    "udp to the campus": (IP(src=DECOY, dst=addresses.HOSTS["www"]) / UDP(dport=53) / Raw(MARK), "no_session"),
    "foreign source": (IP(src="192.0.2.9", dst=OUTSIDER) / UDP(dport=53) / Raw(MARK), "no_session"),
    "another protocol": (IP(src=DECOY, dst=OUTSIDER, proto=47) / Raw(MARK), "no_session"),
    "vlan": (Dot1Q(vlan=3) / IP(src=DECOY, dst=OUTSIDER) / UDP() / Raw(MARK), "no_session"),
    "icmp error about nothing": (IP(src=DECOY, dst=OUTSIDER) / ICMP(type=3, code=3) / IP(src=OUTSIDER, dst=DECOY)
                                 / UDP(sport=1, dport=2) / Raw(MARK), "no_session"),
    "ipv6": (IPv6(src="2001:db8::5", dst="2001:db8::6") / UDP() / Raw(MARK), "not_ipv4"),
    "bad ip header": (IP(src=DECOY, dst=OUTSIDER, ihl=3) / Raw(MARK), "malformed"),
    "total length beyond the frame": (IP(src=DECOY, dst=OUTSIDER, len=1000) / Raw(MARK), "malformed"),
}


@pytest.mark.parametrize("packet, reason", CONTAINED.values(), ids=CONTAINED.keys())
def test_contained(lab, cables, packet, reason) -> None:
    before = view.counters(lab)
    cables.send(HONEYPOT, from_honeypot() / packet)
    assert cables.stays_away(MARK, OUTSIDE, INSIDE)
    grown = view.counter_growth(before, view.counters(lab))
    assert grown.get(f"honeypot_contained_{reason}", 0) >= 1, grown


def test_following_fragment_without_session_is_contained(lab, cables) -> None:
    before = view.counters(lab)
    cables.send(HONEYPOT, from_honeypot() / IP(src=DECOY, dst=OUTSIDER, frag=4, id=3) / Raw(MARK))
    assert cables.stays_away(MARK, OUTSIDE, INSIDE)
    grown = view.counter_growth(before, view.counters(lab))
    assert grown.get("packet_in_contained", 0) + grown.get("honeypot_contained_no_session", 0) >= 1, grown


@pytest.mark.parametrize("asked", [OUTSIDER, DECOY, "169.254.7.7"])
def test_arp_is_answered_for_every_address(cables, asked) -> None:
    request = ARP(op="who-has", hwsrc=addresses.HONEYPOT_MAC, psrc="10.66.3.3", pdst=asked)
    cables.send(HONEYPOT, from_honeypot("ff:ff:ff:ff:ff:ff") / request)

    def is_reply(data: bytes) -> bool:
        frame = Ether(data)
        return ARP in frame and frame[ARP].op == 2 and frame[ARP].psrc == asked

    replies = cables.taps[HONEYPOT].collect(is_reply, timeout=3)
    assert replies
    reply = Ether(replies[0])
    assert reply.dst == addresses.HONEYPOT_MAC and reply[ARP].pdst == "10.66.3.3"
    assert reply[ARP].hwsrc == reply.src


def test_arp_of_the_honeypot_does_not_leave(cables) -> None:
    request = ARP(op="who-has", hwsrc=addresses.HONEYPOT_MAC, psrc="10.66.3.3", pdst="203.0.113.203")
    cables.send(HONEYPOT, from_honeypot("ff:ff:ff:ff:ff:ff") / request)
    assert cables.stays_away(bytes(request)[8:14], OUTSIDE, INSIDE)
