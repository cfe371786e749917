"""What the honeypot sends on its own account: nothing of it leaves, all of it is counted. Its replies are limited."""

import itertools
import time

import pytest
from cables import HONEYPOT, INSIDE, OUTSIDE, SILENCE_S, at_honeypot, from_core, from_honeypot, from_upstream
from farm import HONEYPOT as THE_HONEYPOT
from farm import SANDBOX, farm, new_decoy, new_decoys, new_source, one_pool
from laboratory import addresses, view
from laboratory.frames import Tap
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
    view.wait_for_growth(lab, before, f"honeypot_contained_{reason}")
    assert cables.stays_away(MARK, OUTSIDE, INSIDE)


def test_following_fragment_without_session_is_contained(lab, cables) -> None:
    before = view.counters(lab)
    cables.send(HONEYPOT, from_honeypot() / IP(src=DECOY, dst=OUTSIDER, frag=4, id=3) / Raw(MARK))
    view.wait_for_growth(lab, before, "packet_in_contained", "honeypot_contained_no_session")
    assert cables.stays_away(MARK, OUTSIDE, INSIDE)


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


# Replies -------------------------------------------------------------------------------------------------------

VICTIM = "203.0.113.204"  # nobody's: whoever forges it sends nothing else
_ports = itertools.count(30_000)


def syns(count: int, source: str = VICTIM) -> list[bytes]:
    """As a forger sends them: each to another decoy or from another port."""
    decoys = new_decoys(min(count, 250))
    return [bytes(from_upstream() / IP(src=source, dst=decoys[i % len(decoys)])
                  / TCP(sport=1024 + i // len(decoys), dport=7000, flags="S", seq=7)) for i in range(count)]


def replies_to(address: str, frames: list[bytes]) -> int:
    wanted = bytes(IP(dst=address))[16:20]
    return sum(frame[12:14] == b"\x08\x00" and frame[30:34] == wanted for frame in frames)


@pytest.mark.parametrize("admission", ["first-packet", "handshake"])
def test_a_forged_source_is_sent_no_more_than_the_cap(lab, cables, admission) -> None:
    cap, count = 100, 3000
    victim = {"first-packet": "203.0.113.205", "handshake": "203.0.113.206"}[admission]  # nobody else is answered there
    forged = syns(count, victim)
    with farm(lab, admission={"mode": admission}, containment={"reply_packets_per_source": cap}):
        before = view.counters(lab)
        began = time.monotonic()
        for start in range(0, count, 20):  # slowly: of a flood it would note only some flows
            cables.send(OUTSIDE, *forged[start:start + 20])
            time.sleep(0.002)
        seen = cables.taps[OUTSIDE].collect(lambda data: True, timeout=1.5, count=10 * count)
        seconds = time.monotonic() - began
        grown = view.counter_growth(before, view.counters(lab))
    passed = replies_to(victim, seen)
    assert cap <= passed <= cap * (seconds + 2), (passed, seconds)  # seconds of the clock that were touched
    # The honeypot's kernel answers as many as its backlog holds.
    contained = grown["honeypot_contained_source_cap"] + grown.get("honeypot_contained_no_session", 0)
    assert grown["honeypot_contained_source_cap"] >= cap and contained >= 5 * cap, grown


def test_bytes_are_capped_as_well(lab, cables) -> None:
    """A single request, and a server that sends a stream."""
    source, decoy, cap = new_source(), new_decoy(), 50_000
    with farm(lab, containment={"reply_packets_per_source": 0, "reply_bytes_per_source": cap}):
        before = view.counters(lab)
        began = time.monotonic()
        with lab.machine("attacker").connect(decoy, 19, source=source) as chargen:  # RFC 864
            received = 0
            chargen.settimeout(0.5)
            while time.monotonic() - began < 2:
                try:
                    received += len(chargen.recv(65536))
                except TimeoutError:
                    pass
        seconds = time.monotonic() - began
        grown = view.counter_growth(before, view.counters(lab))
    assert 0 < received <= cap * (seconds + 1), (received, seconds)
    assert grown["honeypot_contained_source_cap"] >= 1


def test_one_honeypot_has_a_cap_of_its_own(lab, cables) -> None:
    cap, count = 50, 1000
    forged = [frame for i in range(10) for frame in syns(count // 10, f"203.0.113.{230 + i}")]
    with farm(lab, containment={"reply_packets_per_honeypot": cap}):
        before = view.counters(lab)
        began = time.monotonic()
        cables.send(OUTSIDE, *forged)
        seen = cables.taps[OUTSIDE].collect(lambda data: data[12:14] == b"\x08\x00", timeout=1, count=10 * count)
        seconds = time.monotonic() - began
        grown = view.counter_growth(before, view.counters(lab))
    passed = sum(replies_to(f"203.0.113.{230 + i}", seen) for i in range(10))
    assert cap <= passed <= cap * (seconds + 2), (passed, seconds)
    assert grown["honeypot_contained_honeypot_cap"] >= 1


@pytest.mark.parametrize("admission", ["first-packet", "handshake"])
@pytest.mark.parametrize("forged", ["10.66.3.77", "10.66.199.3", "10.99.0.5"], ids=["domain", "dark", "campus"])
def test_a_forged_source_of_the_campus_gets_no_reply(lab, cables, admission, forged) -> None:
    decoy = new_decoy()
    syn = IP(src=forged, dst=decoy) / TCP(sport=next(_ports), dport=7000, flags="S", seq=7)
    with farm(lab, admission={"mode": admission}, diversion={"campus": ["10.99.0.0/16"]}):
        before = view.counters(lab)
        cables.send(OUTSIDE, from_upstream() / syn)
        assert cables.comes_out(HONEYPOT, at_honeypot(syn))
        # The honeypot's kernel takes a source of its own prefix for forged; an intruder with root rights does not.
        cables.send(HONEYPOT, from_honeypot() / IP(src=decoy, dst=forged)
                    / TCP(sport=7000, dport=syn[TCP].sport, flags="SA", ack=8))
        view.wait_for_growth(lab, before, "honeypot_contained_campus")
        time.sleep(SILENCE_S)
        seen = [frame for side in (OUTSIDE, INSIDE) for frame in cables.taps[side].collect(lambda data: True, 0.1, 1000)]
    assert replies_to(forged, seen) == 0


# Several honeypots ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("admission", ["first-packet", "handshake"])
def test_a_honeypot_cannot_answer_for_another(lab, cables, admission) -> None:
    """The session is the sandbox's; the other, broken into, sends what would fit."""
    port, decoy = next(_ports), new_decoy()
    request = IP(src=VICTIM, dst=decoy) / UDP(sport=port, dport=40_001) / Raw(b"to the sandbox")
    reply = IP(src=decoy, dst=VICTIM) / UDP(sport=40_001, dport=port) / Raw(b"not from the sandbox")
    pools = {"pool": [{"name": "a"}, {"name": "b"}], "honeypot": [{**SANDBOX, "pool": "a"}, {**THE_HONEYPOT, "pool": "b"}]}
    with farm(lab, **pools, admission={"mode": admission}), Tap(lab.sandbox.namespace, "eth0") as sandbox:
        cables.send(OUTSIDE, from_upstream() / request)
        assert sandbox.collect(lambda data: b"to the sandbox" in data, timeout=3)
        before = view.counters(lab)
        cables.send(HONEYPOT, from_honeypot() / reply)
        view.wait_for_growth(lab, before, "honeypot_contained_foreign")
        assert cables.stays_away(b"not from the sandbox", OUTSIDE, INSIDE)
        ours = IP(src=decoy, dst=VICTIM) / UDP(sport=40_001, dport=port) / Raw(b"yes from the sandbox")
        sandbox.send(Ether(src=addresses.SANDBOX_MAC, dst="02:66:00:00:09:09") / ours)
        assert cables.with_marker(OUTSIDE, b"yes from the sandbox")


def test_a_neighbour_of_the_same_port_cannot_answer_for_another(lab, cables) -> None:
    """The same, by a MAC address on the same cable that is no honeypot's."""
    port, decoy = next(_ports), new_decoy()
    request = IP(src=VICTIM, dst=decoy) / UDP(sport=port, dport=40_001) / Raw(b"to the sandbox")
    reply = IP(src=decoy, dst=VICTIM) / UDP(sport=40_001, dport=port) / Raw(b"of a neighbour")
    with farm(lab, **one_pool(SANDBOX)), Tap(lab.sandbox.namespace, "eth0") as sandbox:
        lab.appliance.write_config(**one_pool(SANDBOX, {**THE_HONEYPOT, "weight": 1}))
        lab.appliance.honeyctl("reload")
        cables.send(OUTSIDE, from_upstream() / request)
        owner = sandbox.collect(lambda data: b"to the sandbox" in data, timeout=1)
        mine, other = (sandbox, cables.taps[HONEYPOT]) if owner else (cables.taps[HONEYPOT], sandbox)
        before = view.counters(lab)
        mine.send(Ether(src="02:66:00:00:03:55", dst="02:66:00:00:09:09") / reply)
        other.send(Ether(src="02:66:00:00:03:55", dst="02:66:00:00:09:09") / reply)
        view.wait_for_growth(lab, before, "honeypot_contained_foreign", least=2)
        assert cables.stays_away(b"of a neighbour", OUTSIDE, INSIDE)


# Flows of its own, where they are allowed --------------------------------------------------------------------------

RESOLVER = "203.0.113.53"  # nobody's
ALLOWED = {"containment": {"mode": "limited", "new_flow_rate": 5,
                           "allow": [f"udp:53:{RESOLVER}/32", "icmp:203.0.113.0/24", "tcp:80:10.66.0.0/16"]}}


def query(destination: str, marker: bytes, dport: int = 53, source: str | None = None) -> IP:
    return IP(src=source or new_decoy(), dst=destination) / UDP(sport=next(_ports), dport=dport) / Raw(marker)


@pytest.fixture(name="spoken")
def something_from_outside(lab, cables) -> None:
    """The way out is that of what came in."""
    cables.send(OUTSIDE, from_upstream() / IP(src=VICTIM, dst=new_decoy()) / UDP(sport=next(_ports), dport=9) / Raw(b"hi"))
    assert cables.with_marker(HONEYPOT, b"hi")


@pytest.mark.usefixtures("spoken")
def test_an_allowed_flow_leaves_and_its_answer_returns(lab, cables) -> None:
    asked = query(RESOLVER, b"what is the address of")
    answer = (IP(src=RESOLVER, dst=asked.src) / UDP(sport=53, dport=asked[UDP].sport) / Raw(b"its address is"))
    with farm(lab, **ALLOWED):
        cables.send(OUTSIDE, from_upstream() / IP(src=VICTIM, dst=asked.src) / UDP(sport=9, dport=9) / Raw(b"hello"))
        assert cables.with_marker(HONEYPOT, b"hello")
        before = view.counters(lab)
        cables.send(HONEYPOT, from_honeypot() / asked)
        assert cables.comes_out(OUTSIDE, from_core() / asked)
        cables.send(OUTSIDE, from_upstream() / answer)
        assert cables.comes_out(HONEYPOT, at_honeypot(answer))
        again = asked.copy()
        again[Raw].load = b"and what is the next"
        del again.len, again.chksum, again[UDP].len, again[UDP].chksum
        cables.send(HONEYPOT, from_honeypot() / again)
        assert cables.with_marker(OUTSIDE, b"and what is the next")
        grown = view.counter_growth(before, view.counters(lab))
    assert grown["honeypot_flow_added"] == 1 and "honeypot_flow_refused" not in grown, grown


REFUSED = {
    "another resolver": lambda: query("203.0.113.54", b"never leaves"),
    "another port": lambda: query(RESOLVER, b"never leaves", dport=54),
    "another protocol": lambda: IP(src=new_decoy(), dst=RESOLVER) / TCP(dport=53, flags="S") / Raw(b"never leaves"),
    "a source outside the campus": lambda: query(RESOLVER, b"never leaves", source="192.0.2.99"),
    "the source of a real host": lambda: query(RESOLVER, b"never leaves", source=addresses.HOSTS["www"]),
}


@pytest.mark.usefixtures("spoken")
@pytest.mark.parametrize("packet", REFUSED.values(), ids=REFUSED.keys())
def test_any_other_flow_is_contained(lab, cables, packet) -> None:
    with farm(lab, **ALLOWED):
        before = view.counters(lab)
        cables.send(HONEYPOT, from_honeypot() / packet())
        grown = view.wait_for_growth(lab, before, "honeypot_flow_refused")
        assert cables.stays_away(b"never leaves", OUTSIDE, INSIDE)
        assert grown["honeypot_flow_refused"] == 1 and "honeypot_flow_added" not in grown, grown
        assert view.sessions(lab, f"{RESOLVER}/32", "192.0.2.99/32") == []


@pytest.mark.usefixtures("spoken")
def test_a_flow_to_the_campus_is_contained_though_allowed(lab, cables) -> None:
    packet = IP(src=new_decoy(), dst=addresses.HOSTS["www"]) / TCP(dport=80, flags="S") / Raw(b"never leaves")
    with farm(lab, **ALLOWED):
        before = view.counters(lab)
        cables.send(HONEYPOT, from_honeypot() / packet)
        grown = view.wait_for_growth(lab, before, "honeypot_contained_campus")
        assert cables.stays_away(b"never leaves", OUTSIDE, INSIDE)
        assert "honeypot_flow_added" not in grown, grown


@pytest.mark.usefixtures("spoken")
def test_new_flows_have_a_rate(lab, cables) -> None:
    with farm(lab, **ALLOWED):
        before = view.counters(lab)
        for _ in range(40):
            cables.send(HONEYPOT, from_honeypot() / query(RESOLVER, b"one of many"))
            time.sleep(0.002)
        passed = cables.taps[OUTSIDE].collect(lambda data: b"one of many" in data, timeout=0.5, count=100)
        grown = view.counter_growth(before, view.counters(lab))
    assert 5 <= len(passed) <= 10 and grown["honeypot_flow_added"] == len(passed), grown
    assert grown["honeypot_flow_over_rate"] == 40 - len(passed), grown


def test_open_containment_is_the_papers(lab, cables) -> None:
    packet = query("203.0.113.54", b"anything goes")
    with farm(lab, containment={"mode": "open"}):
        cables.send(OUTSIDE, from_upstream() / IP(src=VICTIM, dst=addresses.HOSTS["www"]) / UDP() / Raw(b"seen"))
        assert cables.with_marker(INSIDE, b"seen")
        cables.send(HONEYPOT, from_honeypot() / packet)
        assert cables.comes_out(OUTSIDE, from_core() / packet)
