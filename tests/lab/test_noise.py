"""Frames that no sane sender sends, many of them: the switch goes on."""

import random

import pytest
from cables import HONEYPOT, INSIDE, OUTSIDE, from_core, from_honeypot, from_upstream
from laboratory import addresses
from laboratory.conversation import HONEYPOT_GREETING, greeting, web_title
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q
from scapy.packet import Raw

SEED, FRAMES = 2015, 3000


def seeds(ether) -> list[bytes]:
    ip = IP(src="203.0.113.210", dst=addresses.DARK_EXAMPLE)
    quoted = IP(src=addresses.DARK_EXAMPLE, dst="203.0.113.210") / UDP()
    return [bytes(ether / packet) for packet in (
        ip / TCP(flags="S"), ip / UDP() / Raw(b"x" * 40), ip / ICMP() / Raw(b"y" * 20), ip / ICMP(type=3) / quoted,
        Dot1Q(vlan=3) / ip / UDP(), Dot1AD(vlan=3) / Dot1Q(vlan=4) / ip / UDP(),
        ARP(hwsrc=ether.src, psrc="10.66.3.3", pdst="10.66.4.4"),
        IP(src="203.0.113.210", dst=addresses.DARK_EXAMPLE, options=[b"\x07\x27" + b"\0" * 37]) / TCP())]


def mutated(rng: random.Random, frame: bytes) -> bytes:
    """A few bytes changed, then perhaps cut short. At least an Ethernet header: the kernel sends no less."""
    data = bytearray(frame)
    for _ in range(rng.randint(1, 6)):
        data[rng.randrange(12, len(data))] = rng.randrange(256)
    return bytes(data[:rng.randint(14, len(data))] if rng.random() < 0.5 else data)


@pytest.mark.parametrize("side, ether", [
    (OUTSIDE, from_upstream()), (INSIDE, from_core()), (HONEYPOT, from_honeypot())], ids=[OUTSIDE, INSIDE, HONEYPOT])
def test_survives_noise(lab, cables, side, ether) -> None:
    rng = random.Random(SEED)
    frames = seeds(ether)
    for _ in range(FRAMES):
        cables.send(side, mutated(rng, rng.choice(frames)))
    assert web_title(lab.machine("attacker"), addresses.HOSTS["www"]) == "www"
    assert greeting(lab.machine("attacker"), "10.66.205.5", 7000).startswith(HONEYPOT_GREETING)
