"""What the switch tells of real sessions, to whoever listens at the operator's socket."""

import json
import socket
import subprocess
from datetime import datetime

import pytest
from cables import OUTSIDE, from_upstream
from farm import PORT, farm, new_decoy, new_source
from laboratory.lab import Lab
from laboratory.namespace import Namespace
from laboratory.wait import comes_true
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

pytestmark = pytest.mark.usefixtures("switch_survives")

LISTS = {"list": [{"name": "told", "kind": "benign"}]}
SHORT = {"timeouts": {"idle_timeout": "2s"}}


class Listener:
    """A program that listens at the operator's socket. It is told from the moment on in which it exists."""

    def __init__(self, lab: Lab, **wanted: object):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(lab.appliance.socket))
        self.socket.sendall(json.dumps({"command": "subscribe", **wanted}).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            answer += self.socket.recv(1)
        assert json.loads(answer) == {"next": None, "rows": []}
        self.socket.setblocking(False)
        self.heard = b""

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def events(self) -> list[dict]:
        try:
            while more := self.socket.recv(65536):
                self.heard += more
        except BlockingIOError:
            pass
        return [json.loads(line) for line in self.heard[:self.heard.rfind(b"\n") + 1].splitlines()]

    def of(self, kind: str, **members: object) -> list[dict]:
        return [event for event in self.events()
                if event["event_type"] == kind and all(event.get(name) == value for name, value in members.items())]


def moment(text: str) -> float:
    """Seconds."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def converse(lab: Lab, decoy: str, source: str) -> None:
    with lab.machine("attacker").connect(decoy, PORT, source=source) as attack:
        attack.sendall(b"exploit")
        attack.recv(100)


def test_a_session_from_its_first_packet_to_its_last_word(lab) -> None:
    source, decoy = new_source(), new_decoy()
    with farm(lab, **SHORT), Listener(lab) as listener:
        converse(lab, decoy, source)
        assert comes_true(lambda: listener.of("session_end", src_ip=source))
        (begin,), (end,) = listener.of("session_begin", src_ip=source), listener.of("session_end", src_ip=source)
        assert (begin["dest_ip"], begin["dest_port"], begin["proto"]) == (decoy, PORT, "TCP")
        assert begin["reason"] in ("inactive", "dark") and begin["domain"]
        for name in begin.keys() - {"timestamp", "event_type", "reason", "start"}:
            assert end[name] == begin[name], name
        assert abs(moment(end["start"]) - moment(begin["start"])) < 0.1, "but for what the wall clock was set"
        assert (end["reason"], end["step"], end["diversion"]) == ("idle", "payload", begin["reason"])
        assert 0 <= end["answered_ms"] <= end["handshake_ms"] <= end["payload_ms"] <= end["duration_ms"]
        assert int(end["tcp_flags_ts"], 16) & 0x1a == 0x1a and int(end["tcp_flags_tc"], 16) & 0x12 == 0x12
        # A real stack's request, through a router.
        assert (begin["tcp_flags"], begin["ttl"], begin["scanner"]) == ("02", 63, "unknown"), begin
        assert begin["tcp_options"].startswith("mss1460,sok,ts,nop,ws") and "irregular" not in begin
        assert end["pkts_toserver"] >= 3 and end["pkts_toclient"] >= 2
        assert end["bytes_toserver"] >= 54 * end["pkts_toserver"]
        assert {step["step"] for step in listener.of("session_step", src_ip=source)} <= {"payload"}
        assert not listener.of("gap")


def gateway_of(attacker: Namespace) -> str:
    """Its MAC address."""
    (route,) = json.loads(attacker.run("ip", "-json", "route", "show", "default"))
    attacker.attempt("ping", "-c", "1", "-W", "1", route["gateway"])
    return json.loads(attacker.run("ip", "-json", "neighbor", "show", route["gateway"]))[0]["lladdr"]


def test_real_scanners_are_known_by_their_first_packet(lab, tmp_path) -> None:
    attacker, nothing = lab.machine("attacker"), tmp_path / "nothing"
    nothing.write_text("")
    router = gateway_of(attacker)
    for scanner in ("nmap", "masscan", "zmap"):
        source, decoy = new_source(), new_decoy()
        command = {
            "nmap": ["-n", "-Pn", "-sS", "-e", "eth0", "-S", source, "-p", "22", "--max-retries", "0", decoy],
            "masscan": [decoy, "--ports", "22", "--adapter", "eth0", "--adapter-ip", source, "--router-mac",
                        router.replace(":", "-"), "--wait", "1"],
            "zmap": ["--target-port", "22", "--interface", "eth0", "--gateway-mac", router, "--source-ip", source,
                     "--blacklist-file", str(nothing), "--config", str(nothing), "--output-file", str(nothing),
                     "--cooldown-time", "0", "--rate", "10", "--quiet", f"{decoy}/32"]}[scanner]
        # masscan ends when a packet comes after all was sent, and none may come.
        with (Listener(lab, types=["session_begin"], address=source) as listener,
              subprocess.Popen(attacker.command(scanner, *command), stdout=subprocess.DEVNULL) as process):
            try:
                assert comes_true(lambda: listener.events()), scanner
            finally:
                process.kill()
            assert listener.events()[0]["scanner"] == scanner, listener.events()[0]


def test_who_asks_for_less_is_told_less(lab, cables) -> None:
    source, other = new_source(), new_source()
    with Listener(lab) as everything, Listener(lab, types=["session_begin"], address=source) as some:
        for number, address in enumerate((source, other, source)):
            cables.send(OUTSIDE, from_upstream() / IP(src=address, dst=new_decoy())
                        / UDP(sport=1000 + number, dport=9) / Raw(b"x"))
        assert comes_true(lambda: len(everything.of("session_begin", src_ip=other)) == 1 and len(some.events()) == 2)
        assert {event["src_ip"] for event in some.events()} == {source}


def test_what_has_happened_is_known_to_who_comes_later(lab) -> None:
    with farm(lab, **LISTS):
        source = new_source()
        lab.appliance.honeyctl("list", "add", "told", source, "--for", "1h")
        (line,) = lab.appliance.honeyctl("events", "--type", "list", "--address", source).splitlines()
        assert f" list action=added list=told src_ip={source}/32 lifetime_ms=3600000 who=\"uid 0, pid " in line
        assert "phase=done" in lab.appliance.honeyctl("events", "--type", "config")


def test_honeyctl_follows_until_it_has_seen_enough(lab) -> None:
    source = new_source()
    follower = subprocess.Popen(
        lab.appliance.namespace.command(lab.settings.binary("tools/honeyctl"), "--socket", str(lab.appliance.socket),
                                        "events", "--follow", "--type", "session_begin", "--address", source, "--json",
                                        "--limit", "1"), stdout=subprocess.PIPE, text=True)
    try:
        # Until it listens, nobody can tell it of anything: sessions begin until it has seen one.
        def ended() -> bool:
            lab.machine("attacker").connect(new_decoy(), PORT, source=source).close()
            return follower.poll() is not None
        assert comes_true(ended)
        assert json.loads(follower.communicate()[0])["src_ip"] == source
    finally:
        follower.kill()
        follower.wait()
