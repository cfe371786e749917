"""Ports that are interfaces of the kernel, with the settings that NICs and distributions give them: what must be
otherwise is made so at the start, and what is lost is counted under its reason and told."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from laboratory.frames import Tap
from laboratory.namespace import Namespace, run
from laboratory.paths import default_build
from laboratory.wait import wait_for
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether

PREFIX = os.environ.get("LAB_PREFIX", "hstest-")
UPSTREAM, CORE = "02:00:00:00:00:01", "02:00:00:00:00:02"
ATTACKER, SERVER = "198.51.100.1", "10.66.0.1"
LONG_MTU = 3400  # the kernel allows AF_XDP on a veth no more
SIDES = ("outside", "inside", "honeypot")
ATTACK = Ether(src=UPSTREAM, dst=CORE) / IP(src=ATTACKER, dst="10.66.9.9") / TCP(dport=22, flags="S")
# A kernel would otherwise leave these to its own other end, which is no wire.
FAR_END = ["tx", "off", "tso", "off", "gso", "off", "gro", "off", "txvlan", "off", "rxvlan", "off"]


def to_server(port: int, length: int = 60) -> Ether:
    frame = Ether(src=UPSTREAM, dst=CORE) / IP(src=ATTACKER, dst=SERVER) / UDP(sport=port, dport=9)
    return frame / (b"x" * (length - len(frame)))


class Box:
    """The switch between three cables, all of whose far ends are in one other machine."""

    def __init__(self, folder: Path, kernel_io: str):
        self.folder, self.kernel_io = folder, kernel_io
        self.switch, self.far = Namespace(f"{PREFIX}pt-switch"), Namespace(f"{PREFIX}pt-far")
        self.taps: dict[str, Tap] = {}
        self.process: subprocess.Popen | None = None
        self.log = folder / "log"

    def wire(self, queues: int = 1) -> None:
        for namespace in (self.switch, self.far):
            if namespace.exists():
                namespace.delete()
            namespace.create()
        for side in SIDES:
            run("ip", "link", "add", side, "numrxqueues", str(queues), "numtxqueues", "1", "netns", self.switch.name,
                "type", "veth", "peer", "name", side, "numrxqueues", "1", "numtxqueues", str(queues),
                "netns", self.far.name)
            self.far.run("ethtool", "-K", side, *FAR_END)
            for namespace in (self.far, self.switch):
                namespace.ip("link", "set", side, "up")
            self.far.ip("link", "set", side, "mtu", str(LONG_MTU))

    def start(self, *sides_without_tap: str) -> None:
        ports = "".join(f'{side} = "dev:{side}"\n' for side in SIDES)
        (self.folder / "ports.toml").write_text(f"""
[ports]
{ports}kernel_io = "{self.kernel_io}"
[process]
no_huge = true
[capacity]
session_capacity = 1024
mbufs = 8192
[diversion]
active = ["{SERVER}/32"]
dark = ["10.66.0.0/16"]
[notices]
listen_address = "127.0.0.1"
[operator]
control_socket = "{self.folder}/control.sock"
[[honeypot]]
name = "pot"
mac = "02:00:00:00:00:66"
check = "none"
""")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.switch.command(str(default_build() / "control/honeyswitch"), "--config",
                                    str(self.folder / "ports.toml")),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for("the switch forwards", lambda: "forwarding with" in self.log.read_text(), 60, evidence=self.log.read_text)
        for side in SIDES:
            if side not in sides_without_tap:
                self.taps[side] = Tap(self.far, side)

    def close(self) -> None:
        for tap in self.taps.values():
            tap.socket.close()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=20)
        for namespace in (self.switch, self.far):
            if namespace.exists():
                namespace.delete()

    def port(self, side: str) -> dict:
        answer = subprocess.run([default_build() / "tools/honeyctl", "--socket", self.folder / "control.sock", "stats",
                                 "--json"], capture_output=True, text=True, check=True)  # fmt: skip
        return next(port for port in json.loads(answer.stdout)["rows"][0]["ports"] if port["name"] == side)

    def wait_until(self, what: str, holds: Callable[[], bool]) -> None:
        wait_for(what, holds, 20, interval=0.1,
                 evidence=lambda: f"{self.log.read_text()}\n{[self.port(side) for side in SIDES]}")

    def wait_to_log(self, text: str, times: int = 1) -> None:
        self.wait_until(f"the log says '{text}'", lambda: self.log.read_text().count(text) >= times)

    def features(self, side: str) -> str:
        return self.switch.run("ethtool", "-k", side)

    def comes_out(self, side: str, *frames: Ether) -> list[bool]:
        """Of these frames, sent at the other end of the link, which come out here as they are."""
        self.taps["outside" if side == "inside" else "inside"].send(*frames)
        wanted = [bytes(frame) for frame in frames]
        seen = self.taps[side].collect(lambda data: data in wanted, timeout=3, count=len(frames))
        return [frame in seen for frame in wanted]


    def attack(self) -> bool:
        """Somebody outside asks for an address that nobody uses. True."""
        self.taps["outside"].send(ATTACK)
        return True


@pytest.fixture(name="box", params=["af_xdp", "af_packet"])
def any_box(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Box]:
    box = Box(tmp_path, request.param)
    try:
        yield box
    finally:
        box.close()


@pytest.fixture(name="xdp")
def xdp_box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path, "af_xdp")
    try:
        yield box
    finally:
        box.close()


@pytest.fixture(name="packet")
def packet_box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path, "af_packet")
    try:
        yield box
    finally:
        box.close()


def test_offloads_are_switched_off_and_stay_off(box: Box):
    box.wire()
    for side in SIDES:
        box.switch.run("ethtool", "-K", side, "gro", "on", "rxvlan", "on", "tso", "on")
    box.start()
    box.wait_to_log("which change frames", len(SIDES))
    off = ("generic-receive-offload: off", "rx-vlan-offload: off", "tcp-segmentation-offload: off")
    for side in SIDES:
        assert [line for line in off if line not in box.features(side)] == []
    box.switch.run("ethtool", "-K", "inside", "gro", "on")
    box.wait_to_log("inside: somebody switched on gro")
    box.wait_until("it is off again", lambda: off[0] in box.features("inside"))


def test_every_line_of_a_start_is_the_logs_own(box: Box):
    """Also what DPDK and its libraries have to say."""
    box.wire(queues=2)
    box.start()
    lines = box.log.read_text().splitlines()
    assert lines and all(re.match(r"\d{4}-\d\d-\d\dT[\d:.]+ \w+: ", line) for line in lines), lines


def test_a_frame_passes_whole_or_is_counted(box: Box):
    box.wire()
    box.start()
    longest = 1856 if box.kernel_io == "af_xdp" else 1982
    box.switch.ip("link", "set", "outside", "mtu", str(LONG_MTU))
    fitting = [to_server(port, length) for port, length in ((1, 60), (2, 1514), (3, 1600), (4, longest))]
    tagged = [Ether(src=UPSTREAM, dst=CORE) / Dot1Q(vlan=5) / bytes(to_server(5, 1514))[12:],
              Ether(src=UPSTREAM, dst=CORE) / Dot1Q(vlan=5) / Dot1Q(vlan=6) / IP(src=ATTACKER, dst=SERVER)
              / UDP(sport=6, dport=9) / (b"x" * 1472)]
    if box.kernel_io == "af_xdp":
        tagged.append(Ether(src=UPSTREAM, dst=CORE) / Dot1AD(vlan=5) / Dot1Q(vlan=6) / IP(src=ATTACKER, dst=SERVER)
                      / UDP(sport=7, dport=9) / (b"x" * 1472))
    for frame in fitting + tagged:
        assert box.comes_out("inside", frame) == [True], (len(frame), box.log.read_text(), box.port("outside"))
    too_long = [to_server(8, longest + 1), to_server(9, 3000)]
    before = box.port("outside")
    box.taps["outside"].send(*too_long)
    box.wait_until("they are counted", lambda: box.port("outside")["rx_too_long"] == before["rx_too_long"] + 2)
    after = box.port("outside")
    assert [key for key in ("rx_missed", "rx_crc", "rx_errors", "rx_dropped") if after[key] != before[key]] == []
    box.wait_to_log("frames from outside are lost, as they are longer than the port takes")
    marks = [bytes(frame)[:42] for frame in too_long]
    assert box.taps["inside"].collect(lambda data: data[:42] in marks, timeout=0.5) == [], "nothing of them goes on"


def test_joined_frames_of_a_download_are_not_cut(packet: Box):
    """What a NIC's receive offload, or a sender that leaves segmentation to its NIC, makes of a stream."""
    packet.wire()
    packet.start()
    packet.switch.ip("link", "set", "inside", "mtu", "65000")
    packet.far.ip("link", "set", "inside", "mtu", "65000")
    joined = Ether(src=CORE, dst=UPSTREAM) / IP(src=SERVER, dst=ATTACKER) / TCP(sport=80) / (b"y" * 40_000)
    single = Ether(src=CORE, dst=UPSTREAM) / IP(src=SERVER, dst=ATTACKER) / TCP(sport=80) / (b"y" * 1460)
    packet.taps["inside"].send(joined, single)
    assert packet.taps["outside"].collect(lambda data: data[:6] == bytes(single)[:6], timeout=3) == [bytes(single)]
    assert packet.port("inside")["rx_too_long"] == 1


def test_more_receive_queues_than_workers_lose_nothing(box: Box):
    box.wire(queues=4)
    box.start()
    assert all(box.comes_out("inside", *[to_server(port) for port in range(1000, 1064)]))
    if box.kernel_io == "af_xdp":
        assert "outside: set 1 receive queue, as many as there are workers" in box.log.read_text()


def test_queues_that_come_back_are_told_of_and_taken_away(xdp: Box):
    xdp.wire(queues=1)
    run("ip", "-netns", xdp.switch.name, "link", "delete", "outside")
    run("ip", "link", "add", "outside", "numrxqueues", "4", "numtxqueues", "1", "netns", xdp.switch.name, "type", "veth",
        "peer", "name", "outside", "numtxqueues", "1", "netns", xdp.far.name)
    xdp.far.run("ethtool", "-K", "outside", *FAR_END)
    for namespace in (xdp.far, xdp.switch):
        namespace.ip("link", "set", "outside", "up")
    xdp.start()
    assert "AF_PACKET" not in xdp.log.read_text()
    queues = "outside: set 1 receive queue"
    told = xdp.log.read_text().count(queues)
    xdp.switch.run("ethtool", "-L", "outside", "rx", "4")
    xdp.wait_to_log(queues, told + 1)
    assert all(xdp.comes_out("inside", *[to_server(port) for port in range(1000, 1064)]))


def test_a_link_that_goes_down_is_told_of(box: Box):
    box.wire()
    box.far.ip("link", "set", "honeypot", "down")
    box.start("honeypot")
    box.wait_to_log("port honeypot (dev:honeypot): its link is down")
    box.wait_until("the other links are up", lambda: box.port("outside")["link_up"] and box.port("inside")["link_up"])
    assert not box.port("honeypot")["link_up"]
    box.far.ip("link", "set", "honeypot", "up")
    box.wait_to_log("port honeypot (dev:honeypot): its link is up again")
    down, up = (f"port inside (dev:inside): its link is {state}" for state in ("down", "up again"))
    downs = box.log.read_text().count(down)  # the kernel may have needed a moment at the start
    box.far.ip("link", "set", "inside", "down")
    box.wait_to_log(down, downs + 1)
    assert not box.port("inside")["link_up"]
    before, frames = box.port("inside"), 50
    box.taps["outside"].send(*[to_server(port) for port in range(frames)])
    # A ring of AF_PACKET keeps some of them until it has a link again.
    lost = frames if box.kernel_io == "af_xdp" else 1
    box.wait_until("frames to it are counted as lost", lambda: box.port("inside")["tx_lost"] >= before["tx_lost"] + lost)
    after = box.port("inside")
    assert after["tx_packets"] + after["tx_lost"] - before["tx_packets"] - before["tx_lost"] <= frames, "and not as sent"
    box.wait_to_log("packets to inside are lost")
    ups = box.log.read_text().count(up)
    box.far.ip("link", "set", "inside", "up")
    box.wait_to_log(up, ups + 1)


def test_a_honeypots_interface_that_is_gone_leaves_the_link_as_it_is(box: Box):
    box.wire()
    box.start()
    frame = to_server(1)
    assert box.comes_out("inside", frame) == [True]
    sent = box.port("honeypot")["tx_packets"]
    box.taps.pop("honeypot").socket.close()
    box.switch.ip("link", "delete", "honeypot")
    box.wait_to_log("port dev:honeypot: its interface is gone; it is given up")
    box.wait_to_log("port honeypot (dev:honeypot): its link is down")
    assert box.comes_out("inside", frame, to_server(2)) == [True, True]
    port = box.port("honeypot")
    assert not port["link_up"] and port["tx_packets"] >= sent
    box.wait_to_log("honeypot pot is not up")
    # The pool says where packets go that find none of its honeypots: inside, if nothing else is configured.
    assert box.comes_out("inside", ATTACK) == [True]
    box.process.terminate()
    assert box.process.wait(timeout=20) == 0
    # DPDK says by one line or two that it cannot take its program off an interface that is not there any more.
    of_dpdk = ("eth_dev_close(): Error while removing XDP program", "remove_xdp_program(): bpf_xdp_detach failed")
    errors = [line for line in box.log.read_text().splitlines() if " error: " in line]
    assert [line for line in errors if not line.endswith(of_dpdk) and not line.rstrip(".").endswith(of_dpdk)] == []


def test_what_a_stopped_switch_does_not_take_is_counted_once(box: Box):
    """The receive ring fills while the process does not run."""
    box.wire()
    box.start()
    box.process.send_signal(19)
    try:
        for _ in range(200):
            box.taps["outside"].send(*[to_server(port) for port in range(50)])
            time.sleep(0.001)
    finally:
        box.process.send_signal(18)
    arrived = 10_000
    sent_nowhere = int(box.far.run("cat", "/sys/class/net/outside/statistics/tx_dropped"))
    box.wait_until("each frame is counted", lambda: sum(
        box.port("outside")[key] for key in ("rx_packets", "rx_missed", "rx_dropped")) >= arrived - sent_nowhere)
    port = box.port("outside")
    assert port["rx_packets"] + port["rx_missed"] + port["rx_dropped"] == arrived - sent_nowhere
    assert port["rx_missed"] > 0
    box.wait_to_log("packets from outside are lost, as the receive ring was full")
