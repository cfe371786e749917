"""A mirror: what a switch elsewhere copies to a port is decided, counted and recorded, and nothing leaves by it."""

import contextlib
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import HONEYPOT_MAC, SERVER, Box, configuration_text
from laboratory import wiring
from laboratory.paths import default_build
from laboratory.wait import wait_for
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw

ATTACKER, DARK, NEWCOMER, ELSEWHERE = "198.51.100.1", "10.66.9.9", "10.66.0.7", "192.0.2.77"
UPSTREAM, CORE, SWITCH = "02:00:00:00:02:01", "02:00:00:00:02:02", "02:00:00:00:02:03"
PACKET_OUTGOING = 4  # linux/if_packet.h
SPAN = '[[link]]\nname = "span"\nmirror = "dev:span"\n'
LINK = '[[link]]\nname = "west"\noutside = "dev:outside"\ninside = "dev:inside"\n'
INWARDS, OUTWARDS = Ether(src=UPSTREAM, dst=CORE), Ether(src=CORE, dst=UPSTREAM)


class Cable:
    """The far end of one: frames are sent into it, and what came out of it is remembered."""

    def __init__(self, box: Box, name: str):
        with box.there.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            self.socket.bind((name, 0))
        self.socket.setblocking(False)
        self.came: list[bytes] = []

    def send(self, *frames: Packet) -> None:
        for frame in frames:
            self.socket.send(bytes(frame))

    def came_out(self) -> list[bytes]:
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, sender = self.socket.recvfrom(65536)
                if sender[2] != PACKET_OUTGOING:
                    self.came.append(frame)
        return self.came


class MirroredBox(Box):
    """With a fourth interface, "span", beside those of a link and a honeypot."""

    def __enter__(self) -> "MirroredBox":
        super().__enter__()
        wiring.link(self.here, "span", self.there, "span")
        return self

    def written(self, ports: str) -> Path:
        path = self.folder / "mirror.toml"
        path.write_text(configuration_text(ports, self.folder / "mirror.sock"))
        return path

    def rows(self, table: str) -> list[dict]:
        answer = subprocess.run([default_build() / "tools/honeyctl", "--socket", self.folder / "mirror.sock", table,
                                 "--json"],
                                capture_output=True, text=True, check=False, timeout=60)  # fmt: skip
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)["rows"]

    def counters(self) -> dict[str, int]:
        return {row["name"]: row["value"] for row in self.rows("stats")[0]["counters"] if row["value"]}

    def ports(self) -> dict[str, dict]:
        return {row["name"]: row for row in self.rows("ports")}


@pytest.fixture(name="box")
def mirrored_box(tmp_path: Path) -> Iterator[MirroredBox]:
    with MirroredBox(tmp_path, "mirror") as box:
        yield box


def scan(count: int) -> list[Packet]:
    return [INWARDS / IP(src=ATTACKER, dst=DARK) / TCP(sport=1000 + i, dport=23, flags="S") for i in range(count)]


def talk(count: int) -> tuple[list[Packet], list[Packet]]:
    """Of a client and a server, as a mirror has it: both directions."""
    inwards = [INWARDS / IP(src=ATTACKER, dst=SERVER) / UDP(sport=53, dport=9) / Raw(b"%d" % i) for i in range(count)]
    outwards = [OUTWARDS / IP(src=SERVER, dst=ATTACKER) / UDP(sport=9, dport=53) / Raw(b"%d" % i) for i in range(count)]
    return inwards, outwards


def without_direction() -> list[Packet]:
    return [Ether(src=CORE, dst="ff:ff:ff:ff:ff:ff") / ARP(psrc=SERVER, pdst=NEWCOMER),
            INWARDS / IP(src=ATTACKER, dst=ELSEWHERE) / UDP(sport=1, dport=2),
            OUTWARDS / IP(src=SERVER, dst=NEWCOMER) / UDP(sport=1, dport=2),
            INWARDS / Raw(b"\x00" * 60)]


def test_a_mirror_alone(box: MirroredBox) -> None:
    """It starts without a port for honeypots, decides what comes in both directions, and says nothing."""
    configuration = box.written(SPAN)
    assert box.run(configuration, "--check").returncode == 0
    box.forwarding(configuration)
    span = Cable(box, "span")
    inwards, outwards = talk(40)
    newcomer = OUTWARDS / IP(src=NEWCOMER, dst=ATTACKER) / ICMP()
    span.send(*scan(60))
    for request, answer in zip(inwards, outwards):
        span.send(request, answer)
    span.send(newcomer, *without_direction())

    def all_counted() -> bool:
        counted = box.counters()
        return counted.get("mirror_from_outside") == 100 and counted.get("mirror_from_inside") == 41 \
            and counted.get("mirror_passed_over") == 4  # fmt: skip

    wait_for("each frame is counted by its direction", all_counted, 30, evidence=lambda: f"{box.counters()}")
    wait_for("a session is recorded for each flow", lambda: len(box.rows("sessions")) == 60, 30,
             evidence=lambda: f"{box.counters()}")
    counted = box.counters()
    assert counted["outside_observed_packet_in"] + counted.get("outside_observed_no_session", 0) == 60, counted
    assert counted["outside_to_inside_active"] == 40 and counted["inside_to_outside"] == 41, counted
    assert NEWCOMER in [row["address"] for row in box.rows("active")]
    assert box.rows("stats")[0]["mode"] == "observe"
    port = box.ports()["mirror"]
    assert (port["link"], port["device"], port["rx_packets"]) == ("span", "dev:span", 145), port
    assert port["tx_packets"] == port["tx_dropped"] == 0, port
    assert span.came_out() == []


def test_a_mirror_beside_a_link(box: MirroredBox) -> None:
    """The link diverts as ever, the mirror never does, and a session's way back is the link's."""
    box.forwarding(box.written(f'{SPAN}{LINK}[ports]\nhoneypot = "dev:honeypot"\n'))
    outside, inside, honeypot, span = (Cable(box, name) for name in ("outside", "inside", "honeypot", "span"))

    def packet(port: int, marker: bytes) -> Packet:
        return INWARDS / IP(src=ATTACKER, dst=DARK) / UDP(sport=port, dport=7) / Raw(marker)

    def has(cable: Cable, marker: bytes) -> bool:
        return any(marker in frame for frame in cable.came_out())

    def answer(port: int, marker: bytes) -> Packet:
        return Ether(src=HONEYPOT_MAC, dst=SWITCH) / IP(src=DARK, dst=ATTACKER) / UDP(sport=7, dport=port) / Raw(marker)

    outside.send(packet(1, b"by the link"))
    wait_for("it is diverted", lambda: has(honeypot, b"by the link"), 30, evidence=lambda: f"{box.counters()}")
    span.send(packet(1, b"by the mirror"), packet(2, b"new on the mirror"),
              OUTWARDS / IP(src=NEWCOMER, dst=ATTACKER) / ICMP() / Raw(b"a host speaks"))
    wait_for("sessions of both", lambda: len(box.rows("sessions")) == 2, 30, evidence=lambda: f"{box.counters()}")
    wait_for("the host is active", lambda: NEWCOMER in [row["address"] for row in box.rows("active")], 30,
             evidence=lambda: f"{box.counters()}")
    honeypot.send(answer(2, b"answer to the mirror"), answer(1, b"answer to the link"))
    wait_for("the link's is answered", lambda: has(outside, b"answer to the link"), 30,
             evidence=lambda: f"{box.counters()}")
    outside.send(INWARDS / IP(src=ATTACKER, dst=NEWCOMER) / UDP(sport=3, dport=7) / Raw(b"to the host"))
    wait_for("what the mirror has shown protects the host", lambda: has(inside, b"to the host"), 30,
             evidence=lambda: f"{box.counters()}")
    counted = box.counters()
    assert counted["honeypot_contained_mirror"] == 1, counted
    assert counted["mirror_from_outside"] == 2 and counted["mirror_from_inside"] == 1, counted
    assert span.came_out() == []
    for cable in (outside, inside, honeypot):
        assert not [frame for frame in cable.came_out() if b"mirror" in frame or b"host speaks" in frame]
    assert box.rows("stats")[0]["mode"] == "divert"
    assert box.ports()["mirror"]["tx_packets"] == 0


def test_a_link_goes_on_without_its_mirror(box: MirroredBox) -> None:
    configuration = box.written(f'{SPAN}{LINK}[ports]\nhoneypot = "dev:honeypot"\n')
    process = box.forwarding(configuration)
    box.here.ip("link", "delete", "span")
    wait_for("it is said", lambda: "link span is not observed until" in box.log(configuration), 30,
             evidence=lambda: box.log(configuration))
    box.must_pass(configuration)
    box.here.ip("link", "delete", "inside")
    wait_for("it ends with its only link", lambda: process.poll() is not None, 30,
             evidence=lambda: box.log(configuration))
