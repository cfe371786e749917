"""Frames of any length up to what [ports] mtu says, on interfaces that carry them: each passes byte for byte, both
ways and to a honeypot and back, and what is longer is counted."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import SERVER, SIDES, Box
from laboratory.frames import Tap
from laboratory.paths import default_build
from laboratory.wait import wait_for
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Dot1Q, Ether

UPSTREAM, CORE, HONEYPOT = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:66"
ATTACKER, DARK = "198.51.100.1", "10.66.9.9"
MTU = 9000
LONGEST = MTU + 22  # with the Ethernet header and two tags
LENGTHS = (60, 61, 64, 1514, 1518, 1522, 1600, 1622, 2048, 2049, 4096, 9014, 9018, LONGEST)
HONEYPOT_BYTES = bytes.fromhex(HONEYPOT.replace(":", ""))
WIDE = 16_000  # of the cables themselves


class LongBox(Box):
    """A switch with an mtu of 9,000 on interfaces and cables that carry more."""

    def __enter__(self) -> "LongBox":
        super().__enter__()
        for side in SIDES:
            self.there.ip("link", "set", side, "mtu", str(WIDE))
        return self

    def forward(self) -> Path:
        path = self.configuration("long")
        path.write_text(path.read_text().replace("[process]", f'kernel_io = "af_packet"\nmtu = {MTU}\n[process]'))
        self.forwarding(path)
        return path

    def port(self, side: str) -> dict:
        answer = subprocess.run([default_build() / "tools/honeyctl", "--socket", self.folder / "long.sock", "ports",
                                 "--json"], capture_output=True, text=True, check=True)  # fmt: skip
        return next(port for port in json.loads(answer.stdout)["rows"] if port["name"] == side)


@pytest.fixture(name="box")
def long_box(tmp_path: Path) -> Iterator[LongBox]:
    with LongBox(tmp_path, "long") as box:
        yield box


@pytest.fixture(name="taps")
def taps_of_box(box: LongBox) -> Iterator[dict[str, Tap]]:
    taps = {side: Tap(box.there, side) for side in SIDES}
    yield taps
    for tap in taps.values():
        tap.socket.close()


def line_of(path: Path, setting: str) -> int:
    lines = path.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(f"{setting} ="))


def udp(source: str, destination: str, length: int, *, inward: bool = True, tags: int = 0) -> bytes:
    """A frame of this length whose bytes differ from each other's."""
    frame = Ether(src=UPSTREAM if inward else CORE, dst=CORE if inward else UPSTREAM)
    for tag in range(tags):
        frame /= Dot1Q(vlan=5 + tag)
    frame = frame / IP(src=source, dst=destination) / UDP(sport=40000, dport=9)
    return bytes(frame / os.urandom(length - len(frame)))


def arrives(tap: Tap, frame: bytes) -> bool:
    return bool(tap.collect(lambda data: data == frame, timeout=3))


def test_frames_of_all_lengths_pass_byte_for_byte(box: LongBox, taps: dict[str, Tap]):
    box.forward()
    for length in LENGTHS:
        for tags in (0, 1):
            inward = udp(ATTACKER, SERVER, length, tags=tags)
            taps["outside"].send(inward)
            assert arrives(taps["inside"], inward), (length, tags, "inward", box.port("outside"), box.port("inside"))
            outward = udp(SERVER, ATTACKER, length, inward=False, tags=tags)
            taps["inside"].send(outward)
            assert arrives(taps["outside"], outward), (length, tags, "outward", box.port("inside"))
    assert [box.port(side)["mtu"] for side in SIDES] >= [MTU] * 3


def test_a_long_packet_is_diverted_and_answered(box: LongBox, taps: dict[str, Tap]):
    box.forward()
    syn = Ether(src=UPSTREAM, dst=CORE) / IP(src=ATTACKER, dst=DARK) / TCP(sport=40000, dport=22, flags="S")
    taps["outside"].send(syn)
    assert taps["honeypot"].collect(lambda data: data[:6] == HONEYPOT_BYTES, timeout=3)
    for length in (1514, 4096, 9018, LONGEST):
        asked = bytes(Ether(src=UPSTREAM, dst=CORE) / IP(src=ATTACKER, dst=DARK)
                      / TCP(sport=40000, dport=22, flags="PA") / os.urandom(length - 54))  # fmt: skip
        taps["outside"].send(asked)
        assert arrives(taps["honeypot"], HONEYPOT_BYTES + asked[6:]), (length, box.port("honeypot"))
        answer = bytes(IP(src=DARK, dst=ATTACKER) / TCP(sport=22, dport=40000, flags="PA")
                       / os.urandom(length - 54))  # fmt: skip
        taps["honeypot"].send(bytes(Ether(src=HONEYPOT, dst="02:66:00:00:09:09"))[:12] + b"\x08\x00" + answer)
        leaves = bytes(Ether(src=CORE, dst=UPSTREAM))[:12] + b"\x08\x00" + answer
        assert arrives(taps["outside"], leaves), (length, box.port("honeypot"), box.port("outside"))


def test_what_is_too_long_is_counted_and_told(box: LongBox, taps: dict[str, Tap]):
    path = box.forward()
    frames = [udp(ATTACKER, SERVER, length) for length in (LONGEST + 128, 12_000)]
    box.here.ip("link", "set", "outside", "mtu", str(WIDE))  # the kernel would count them at the other end
    before = box.port("outside")["rx_too_long"]
    taps["outside"].send(*frames)
    wait_for("they are counted", lambda: box.port("outside")["rx_too_long"] == before + len(frames), timeout=20,
             evidence=lambda: f"{box.port('outside')}")  # fmt: skip
    wait_for("it is told", lambda: "frames from outside are lost, as they are longer" in box.log(path), timeout=20,
             evidence=lambda: box.log(path))  # fmt: skip


def test_an_mtu_that_a_device_has_not_is_an_error_of_the_start(box: LongBox):
    """Each with what would do: AF_XDP is refused with file and line, a device of DPDK's when it is started."""
    xdp = box.configuration("xdp")
    xdp.write_text(xdp.read_text().replace("[process]", f"mtu = {MTU}\n[process]"))
    refused = box.run(xdp)
    assert refused.returncode == 2
    assert f"{xdp}:{line_of(xdp, 'mtu')}:7: mtu 9000 is more than AF_XDP can pass" in refused.stderr, refused.stderr
    assert "2858 at most" in refused.stderr
    small = box.configuration("small", outside="vdev:net_af_packet9,iface=outside")
    small.write_text(small.read_text().replace("[process]", "mtu = 1600\n[process]"))
    failed = box.run(small)
    assert failed.returncode != 0
    assert "cannot use vdev:net_af_packet9" in failed.stderr and "passes frames of" in failed.stderr, failed.stderr
    tight = box.configuration("tight")
    tight.write_text(tight.read_text().replace("[process]", "mtu = 2000\nhoneypot_mtu = 1800\n[process]"))
    refused = box.run(tight, "--check")
    assert refused.returncode == 2
    assert f"{tight}:{line_of(tight, 'honeypot_mtu')}:16: honeypot_mtu 1800 is less than mtu 2000" in refused.stderr
