"""The whole process over virtual devices, no namespace and no interface: frames in from pcap devices and out to pcap
files, or in again and again and out into nothing."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from laboratory.paths import default_build
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
from scapy.utils import rdpcap, wrpcap

BINARY = "control/honeyswitch"
UPSTREAM, CORE, HONEYPOT = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:66"
ATTACKER, SERVER, DECOY, FOREIGN = "198.51.100.1", "10.66.0.1", "10.66.9.9", "192.0.2.9"
PATIENCE_S = 20.0


def outside(packet: IP, *tags: object) -> Ether:
    frame = Ether(src=UPSTREAM, dst=CORE)
    for tag in tags:
        frame = frame / tag
    return frame / packet


def files(folder: Path, frames: dict[str, list[Ether]]) -> dict[str, str]:
    """A pcap device for each side: what comes in, once, and what goes out."""
    devices = {}
    for index, side in enumerate(("outside", "inside", "honeypot")):
        source = folder / f"{side}-in.pcap"
        # The device wants a file with at least one frame; one that everybody drops or passes alike will do.
        wrpcap(str(source), frames.get(side) or [Ether(src=HONEYPOT, dst=HONEYPOT, type=0x88B5) / (b"\0" * 46)])
        devices[side] = f"net_pcap{index},rx_pcap={source},tx_pcap={folder}/{side}-out.pcap"
    return devices


def floods(folder: Path, frames: dict[str, list[Ether]]) -> dict[str, str]:
    """These come in again and again, as fast as they are taken; what goes out is swallowed."""
    devices = {}
    for index, side in enumerate(("outside", "inside", "honeypot")):
        devices[side] = f"net_null{index},no-rx=1"
        if side in frames:
            source = folder / f"{side}-in.pcap"
            wrpcap(str(source), frames[side])
            devices[side] = f"net_pcap{index},rx_pcap={source},infinite_rx=1"
    return devices


class Process:
    """honeyswitch on these virtual devices."""

    def __init__(self, folder: Path, devices: dict[str, str], settings: str = ""):
        self.folder = folder
        self.flooding = any("infinite_rx" in device for device in devices.values())
        self.socket = folder / "control.sock"
        ports = [f'{side} = "vdev:{device}"\n' for side, device in devices.items()]
        (folder / "process.toml").write_text(
            "[ports]\n" + "".join(ports) + f"""
[process]
idle_sleep = "50us"
[capacity]
session_capacity = 1024
mbufs = 8192
[diversion]
dark = ["10.66.0.0/16"]
active = ["{SERVER}/32"]
[notices]
listen_address = "127.0.0.1"
listen_port = {free_port()}
[operator]
control_socket = "{self.socket}"
[[honeypot]]
name = "pot"
mac = "{HONEYPOT}"
check = "none"
{settings}"""
        )
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [default_build() / BINARY, "--config", folder / "process.toml", "--no-huge"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )

    def counter(self, name: str) -> int:
        return self.counters()[name]

    def counters(self) -> dict[str, int]:
        return {row["name"]: row["value"] for row in self.stats()["counters"]}

    def stats(self) -> dict:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE_S)
            connection.connect(str(self.socket))
            connection.sendall(b'{"command":"stats"}\n')
            with connection.makefile("rb") as answer:
                return json.loads(answer.readline())["rows"][0]

    def unaccounted(self) -> tuple[int, int]:
        """Frames that came in or were made here and neither went out nor were dropped under a name; and all of them."""
        stats = self.stats()
        fates: dict[str, int] = {}
        for row in stats["counters"]:
            fates[row["fate"]] = fates.get(row["fate"], 0) + row["value"]
        came = sum(port["rx_packets"] for port in stats["ports"]) + fates["generated"]
        went = sum(port["tx_packets"] for port in stats["ports"]) + fates["dropped"] + fates["unsent"]
        return came - went, came

    def account(self) -> None:
        """Received is sent and dropped by name, once nothing is on its way any more. A flood never stops: what it moves
        while the counters are read is let pass."""
        end = time.monotonic() + PATIENCE_S
        while True:
            missing, came = self.unaccounted()
            if abs(missing) <= (came // 50 if self.flooding else 0):
                return
            assert time.monotonic() < end, f"{missing} of {came} frames have no name: {self.counters()}"
            time.sleep(0.05)

    def wait_for(self, name: str, value: int) -> None:
        """Until a counter has reached this value."""
        end = time.monotonic() + PATIENCE_S
        seen = None
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()
            try:
                seen = self.counter(name)
            except OSError:
                pass  # not listening yet
            if seen is not None and seen >= value:
                return
            time.sleep(0.05)
        pytest.fail(f"{name} is {seen}, not {value}\n{self.log.read_text()}")

    def wait_to_log(self, text: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while text not in self.log.read_text():
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def stop(self) -> int:
        self.account()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_S)

    def out(self, side: str) -> list[bytes]:
        return [bytes(frame) for frame in rdpcap(str(self.folder / f"{side}-out.pcap"))]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(name="start")
def starter(tmp_path: Path) -> Iterator[object]:
    if os.geteuid() != 0:
        pytest.fail("EAL needs root")
    started: list[Process] = []

    def start(settings: str = "", flooding: bool = False, **frames: list[Ether]) -> Process:
        started.append(Process(tmp_path, (floods if flooding else files)(tmp_path, frames), settings))
        return started[-1]

    yield start
    for process in started:
        if process.process.poll() is None:
            process.process.kill()
            process.process.wait()


def test_each_frame_from_outside_goes_one_way(start):
    inside = [
        outside(IP(src=ATTACKER, dst=SERVER) / TCP(sport=1000, dport=80)),
        outside(IP(src=ATTACKER, dst=FOREIGN) / UDP(sport=1000, dport=53) / b"foreign"),
        outside(IP(src=ATTACKER, dst=SERVER) / ICMP(id=7), Dot1Q(vlan=5)),
        Ether(src=UPSTREAM, dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, psrc=ATTACKER, pdst=SERVER),
        Ether(src=UPSTREAM, dst=CORE, type=0x86DD) / (b"\x60" + b"\0" * 59),
        Ether(bytes(outside(IP(src=ATTACKER, dst=DECOY) / TCP()))[:30]),
    ]
    diverted = [
        IP(src=ATTACKER, dst=DECOY) / TCP(sport=1000, dport=22),
        IP(src=ATTACKER, dst=DECOY) / UDP(sport=1000, dport=53) / b"query",
        IP(src=ATTACKER, dst=DECOY) / ICMP(id=9),
    ]
    tags = [(), (Dot1Q(vlan=5),), (Dot1AD(vlan=6), Dot1Q(vlan=7))]
    attacks = [outside(packet, *tag) for packet, tag in zip(diverted, tags)]
    process = start(outside=[frame for pair in zip(inside, attacks) for frame in pair] + inside[3:])
    process.wait_for("session_added", len(diverted))
    process.wait_for("packet_out_honeypot", len(diverted))
    assert process.stop() == 0
    assert process.out("inside") == [bytes(frame) for frame in inside]
    at_honeypot = [bytes(Ether(src=UPSTREAM, dst=HONEYPOT) / packet) for packet in diverted]
    assert sorted(process.out("honeypot")) == sorted(at_honeypot)


def test_a_scan_longer_than_the_table_reaches_the_honeypot_whole(start):
    scan = [outside(IP(src=ATTACKER, dst=DECOY) / TCP(sport=2000, dport=port)) for port in range(1, 6001)]
    process = start(outside=scan)
    process.wait_for("session_added", 1024 * 80 // 100)  # beyond the high-water mark there are few more
    ways = ("packet_out_honeypot", "outside_to_honeypot_handshake", "outside_to_honeypot_no_session")
    deadline = time.monotonic() + PATIENCE_S
    while (seen := sum(map(process.counter, ways))) != len(scan):
        assert time.monotonic() < deadline, f"{seen} of {len(scan)} have reached the honeypot"
        time.sleep(0.05)
    assert process.stop() == 0
    assert len(process.out("honeypot")) == len(scan)
    assert not [frame for frame in process.out("inside") if ATTACKER in str(Ether(frame))]


def test_a_flood_of_new_flows_costs_no_legitimate_packet(start):
    """Every burst is full, so new flows are dropped; each packet for an active address goes inside all the same."""
    legitimate = outside(IP(src=ATTACKER, dst=SERVER) / TCP(sport=1000, dport=80))
    newcomers = [outside(IP(src=ATTACKER, dst=DECOY) / UDP(sport=port, dport=53)) if port % 4 else
                 outside(IP(src=ATTACKER, dst=DECOY) / TCP(sport=port, dport=22)) for port in range(1, 600)]  # fmt: skip
    of_each = [frame for port, frame in enumerate(newcomers) for frame in ([frame] if port % 6 else [frame, legitimate])]
    share = of_each.count(legitimate) / len(of_each)
    process = start(flooding=True, outside=of_each, settings='[admission]\nmode = "handshake"\n')
    process.wait_for("outside_dropped_overload", 1_000_000)
    process.wait_for("outside_to_inside_active", 200_000)
    process.wait_to_log("new flows to inactive addresses are dropped")
    counters = process.counters()
    assert process.stop() == 0
    ways = ("outside_to_inside_active", "outside_to_honeypot_handshake", "outside_dropped_overload")
    assert counters["outside_to_honeypot_handshake"] > 0, "some are carried"
    assert counters["outside_to_inside_active"] == pytest.approx(share * sum(counters[way] for way in ways), rel=0.01)
    assert counters["tx_dropped_inside"] == 0
    others = [name for name, value in counters.items() if name.startswith("outside_") and value and name not in ways]
    assert not others


def test_a_honeypot_that_floods_costs_no_legitimate_packet(start):
    legitimate = [outside(IP(src=ATTACKER, dst=SERVER) / TCP(sport=port, dport=80)) for port in range(1, 200)]
    own = [Ether(src=HONEYPOT, dst=CORE) / IP(src=DECOY, dst="203.0.113.5") / UDP(sport=port, dport=53)
           for port in range(1, 200)]  # fmt: skip
    process = start(flooding=True, outside=legitimate, honeypot=own)
    process.wait_for("outside_to_inside_active", 2_000_000)
    counters = process.counters()
    assert process.stop() == 0
    contained = counters["honeypot_contained_no_session"]
    assert 0 < contained < counters["outside_to_inside_active"] / 10, "the link goes first"


def test_the_honeypot_is_contained_and_its_arp_answered(start):
    own = Ether(src=HONEYPOT, dst=CORE) / IP(src=DECOY, dst="203.0.113.5") / TCP(sport=1, dport=80)
    campus = Ether(src=HONEYPOT, dst=CORE) / IP(src=DECOY, dst=SERVER) / TCP(sport=1, dport=80)
    request = Ether(src=HONEYPOT, dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=HONEYPOT, psrc=DECOY, pdst=ATTACKER)
    process = start(honeypot=[own, campus, request])
    process.wait_for("honeypot_contained_no_session", 2)
    process.wait_for("honeypot_arp_answered", 1)
    assert process.stop() == 0
    answers = [Ether(frame) for frame in process.out("honeypot")]
    assert [(answer[ARP].op, answer[ARP].psrc, answer.dst) for answer in answers if ARP in answer] == [
        (2, ATTACKER, HONEYPOT)
    ]
    for side in ("outside", "inside"):
        assert not [frame for frame in process.out(side) if IP in Ether(frame)]


def test_what_a_honeypot_sends_in_fragments_is_accounted_for(start):
    """Also to the campus, and where nobody asked for it: nothing of that leaves."""
    campus = "10.66.7.7"
    asked = [outside(IP(src=source, dst=DECOY) / ICMP(id=7)) for source in (campus, ATTACKER)]
    said = [Ether(src=HONEYPOT, dst=CORE) / IP(src=DECOY, dst=target, flags="MF", id=3) / ICMP(type=0, id=7) / (b"x" * 24)
            for target in (campus, ATTACKER, "203.0.113.9") for _ in range(4)]  # fmt: skip
    said += [Ether(src=HONEYPOT, dst=CORE) / IP(src=DECOY, dst="203.0.113.9", frag=4, id=3, proto=1) / (b"x" * 24)]
    said += [Ether(src=HONEYPOT, dst=CORE) / ARP(op=2, hwsrc=HONEYPOT, psrc=DECOY, pdst="0.0.0.0")] * 20
    process = start(outside=asked, honeypot=said)
    process.wait_for("packet_in_contained", 1)
    process.account()
    assert process.stop() == 0
    assert campus not in {Ether(frame)[IP].dst for frame in process.out("outside") if IP in Ether(frame)}


@pytest.mark.parametrize(
    ("broken", "place", "reason"),
    [
        ('dark = ["10.66.0.1/16"]', ":3:", "has bits below its mask"),
        ('darc = ["10.66.0.0/16"]', ":3:", "dark"),
        ("dark = 7", ":3:", "dark"),
    ],
)
def test_a_broken_configuration_is_refused_with_its_place(tmp_path, broken, place, reason):
    path = tmp_path / "broken.toml"
    path.write_text(f"# a comment\n[diversion]\n{broken}\n")
    done = subprocess.run(
        [default_build() / BINARY, "--check", "--config", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"{path}{place}" in done.stderr and reason in done.stderr, done.stderr
