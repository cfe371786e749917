"""Observe mode: what comes in leaves by the other side, byte for byte, and is counted as if it were diverted. And
maintenance: nothing new is diverted, and what runs goes on."""

import contextlib
import os
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cables import FAR_ENDS, HONEYPOT, INSIDE, OUTSIDE, from_upstream
from farm import PORT, all_up, new_decoy, new_source, ssh, syn_scan, who_answers
from laboratory import addresses, view
from laboratory.conversation import Conversation, web_title
from laboratory.wait import wait_for
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw
from test_pass_through import FROM_INSIDE, FROM_OUTSIDE

WWW, PHYSICS = addresses.HOSTS["www"], addresses.HOSTS["physics"]
NOISY = "203.0.113.205"  # nobody's: no kernel interferes
PCAP_HEADER, RECORD_HEADER = 24, 16  # bytes (libpcap's savefile)

RULES = [{"name": "noise", "source": f"{NOISY}/32", "action": "drop"},
         {"name": "decoy", "destination": f"{PHYSICS}/32", "protocol": "tcp", "ports": 22, "action": "divert"}]

pytestmark = pytest.mark.usefixtures("switch_survives")


class Capture:
    """What passes an end of a cable in one direction, by tcpdump."""

    def __init__(self, lab, side: str, direction: str, folder: Path):
        machine, interface = FAR_ENDS[side]
        self.file = folder / f"{side}-{direction}.pcap"
        self.process = subprocess.Popen(
            lab.machine(machine).command("tcpdump", "-i", interface, "-Q", direction, "-U", "-s", "0", "-B", "32768",
                                         "-w", str(self.file)),
            stderr=subprocess.PIPE, text=True)
        while "listening" not in (line := self.process.stderr.readline()):
            assert line, f"tcpdump ended ({self.process.wait()})"

    def frames(self) -> list[bytes]:
        data, found, place = self.file.read_bytes(), [], PCAP_HEADER
        while place + RECORD_HEADER <= len(data):
            length = struct.unpack_from("IIII", data, place)[2]
            found.append(data[place + RECORD_HEADER:place + RECORD_HEADER + length])
            place += RECORD_HEADER + length
        return found

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()

    def without_times(self) -> Path:
        """The frames alone, in order."""
        file = self.file.with_suffix(".frames")
        file.write_bytes(b"".join(struct.pack("I", len(frame)) + frame for frame in self.frames()))
        return file


@contextlib.contextmanager
def captures(lab, folder: Path) -> Iterator[dict[tuple[str, str], Capture]]:
    """On each side of the link both directions, and what comes out of the honeypots' port."""
    wanted = [(OUTSIDE, "out"), (INSIDE, "in"), (INSIDE, "out"), (OUTSIDE, "in"), (HONEYPOT, "in")]
    running = {(side, direction): Capture(lab, side, direction, folder) for side, direction in wanted}
    try:
        yield running
    finally:
        for capture in running.values():
            capture.stop()


def same_frames(entered: Capture, left: Capture) -> None:
    # tcpdump may have some of the last ones still before it.
    wait_for("as many frames have left as entered", lambda: len(entered.frames()) == len(left.frames()), timeout=10,
             evidence=lambda: f"{len(entered.frames())} entered, {len(left.frames())} left")
    result = subprocess.run(["cmp", entered.without_times(), left.without_times()], capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@contextlib.contextmanager
def observing(lab) -> Iterator[None]:
    with lab.appliance.reconfigured(diversion={"mode": "observe"}, rule=RULES):
        yield
    all_up(lab)


def traffic(lab, cables) -> None:
    """Attacks, legitimate traffic, and what has no sense, by turns."""
    attacker, decoy = lab.machine("attacker"), new_decoy()
    syn_scan(attacker, new_source(), f"{decoy.rpartition('.')[0]}.0/27", "22,23,80")
    assert web_title(attacker, WWW) == "www"
    assert "physics" in ssh(lab, PHYSICS, new_source()), "what a rule would divert is the host's"
    for row in FROM_OUTSIDE:
        cables.send(OUTSIDE, row.frame)
    for row in FROM_INSIDE:
        cables.send(INSIDE, row.frame)
    for number in range(200):
        cables.send(OUTSIDE, from_upstream() / IP(src=NOISY, dst=WWW) / UDP(sport=7, dport=9) / Raw(b"n%d" % number),
                    from_upstream() / IP(src=NOISY, dst=decoy) / UDP(sport=7, dport=9) / Raw(b"d%d" % number),
                    from_upstream() / IP(src="203.0.113.207", dst=decoy) / UDP(sport=8, dport=9) / Raw(b"s%d" % number))
    attacker.attempt("ping", "-n", "-c", "5", "-i", "0.2", WWW)


def test_what_comes_in_leaves_the_other_side_byte_for_byte(lab, cables, tmp_path) -> None:
    with observing(lab):
        before = view.counters(lab)
        with captures(lab, tmp_path) as seen:
            traffic(lab, cables)
            same_frames(seen[OUTSIDE, "out"], seen[INSIDE, "in"])
            same_frames(seen[INSIDE, "out"], seen[OUTSIDE, "in"])
            assert len(seen[OUTSIDE, "out"].frames()) > 800 and len(seen[INSIDE, "out"].frames()) > 20
            assert seen[HONEYPOT, "in"].frames() == [], "nothing comes out of the honeypots' port"
        grown = view.counter_growth(before, view.counters(lab))
        assert grown["outside_observed_packet_in"] >= 32 * 3, grown
        assert grown["outside_observed_session"] >= 150, grown
        assert grown["outside_observed_rule"] == 400, grown
        assert grown["session_added"] >= 32 * 3, grown
        not_counted = {name: value for name, value in grown.items()
                       if name.startswith(("outside_to_honeypot", "outside_dropped", "packet_out", "honeypot_to_outside"))}
        assert not_counted == {}
        assert view.rule_packets(lab)["noise"] == 400
        assert len(view.sessions(lab, source="203.0.113.207/32")) == 1
        assert lab.appliance.honeyctl("sessions").startswith("observe mode: nothing is diverted")
        assert lab.appliance.ask("stats")["mode"] == "observe"


def test_observing_begins_and_ends_while_packets_pass(lab, cables) -> None:
    """Sessions with a honeypot are no longer carried there; what nobody has answered is diverted afterwards."""
    decoy, source = new_decoy(), "203.0.113.208"

    def packet(marker: bytes):
        return from_upstream() / IP(src=source, dst=decoy) / UDP(sport=5, dport=6) / Raw(marker)

    cables.send(OUTSIDE, packet(b"it diverts"))
    assert cables.with_marker(HONEYPOT, b"it diverts")
    with observing(lab):
        cables.send(OUTSIDE, packet(b"it observes"))
        assert cables.comes_out(INSIDE, packet(b"it observes"))
        assert cables.stays_away(b"it observes", HONEYPOT)
        web = new_source()
        assert who_answers(lab, decoy, web, timeout=1).startswith("no answer")
    cables.send(OUTSIDE, packet(b"it diverts again"))
    assert cables.with_marker(HONEYPOT, b"it diverts again")
    assert who_answers(lab, decoy, web) == "honeypot"


@contextlib.contextmanager
def maintenance(lab) -> Iterator[None]:
    lab.appliance.honeyctl("maintenance", "on")
    try:
        yield
    finally:
        lab.appliance.try_honeyctl("maintenance", "off")


def test_in_maintenance_a_session_goes_on_and_a_new_one_goes_inside(lab, cables) -> None:
    attacker, decoy, other = lab.machine("attacker"), new_decoy(), new_decoy()
    new = from_upstream() / IP(src="203.0.113.209", dst=other) / UDP(sport=5, dport=6) / Raw(b"a new one")
    with Conversation(attacker, decoy, PORT, source=new_source()) as session:
        assert session.echoes(10_000)
        with maintenance(lab):
            assert session.echoes(300_000), "byte for byte"
            cables.send(OUTSIDE, new)
            assert cables.comes_out(INSIDE, new)
            assert who_answers(lab, other, new_source(), timeout=1).startswith("no answer")
            head = lab.appliance.honeyctl("agents").splitlines()[0]
            assert head.startswith("maintenance for ") and f"(uid {os.getuid()}, pid " in head
            assert session.echoes(10_000)
        assert session.echoes(10_000)
    assert who_answers(lab, other, new_source()) == "honeypot", "off diverts again"
    said = lab.appliance.honeyctl("events", "--type", "mode")
    assert "mode=maintenance" in said and "mode=resumed" in said and f'who="uid {os.getuid()}, pid ' in said


def test_when_the_last_session_has_ended_everything_passes(lab) -> None:
    with lab.appliance.reconfigured(timeouts={"idle_timeout": "500ms"}):
        assert who_answers(lab, new_decoy(), new_source()) == "honeypot"
        with maintenance(lab):
            # Sessions of earlier tests are looked at when they would have been idle by the timeout of then.
            wait_for("everything passes", lambda: "mode=passing" in lab.appliance.honeyctl("events", "--type", "mode"),
                     timeout=60, evidence=lambda: lab.appliance.honeyctl("sessions", "--limit", "5"))
            assert view.session_count(lab) == 0
