"""Another configuration while packets pass: none of them is lost, sessions go on, and what cannot be is refused."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from cables import OUTSIDE, INSIDE, Cables, from_core, from_upstream
from farm import HONEYPOT, PORT, SANDBOX, TRAP, all_up, farm, new_decoy, new_source, one_pool, two_pools, who_answers
from laboratory import addresses, view
from laboratory.appliance import PROCESS
from laboratory.conversation import Conversation
from laboratory.wait import wait_for
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

WWW = addresses.HOSTS["www"]
OUTSIDER = "203.0.113.203"  # nobody's: no kernel interferes
pytestmark = pytest.mark.usefixtures("switch_survives")


class Stream:
    """Numbered datagrams of legitimate traffic in both directions, one every two milliseconds."""

    PAUSE_S = 0.002
    WAYS = {(OUTSIDE, INSIDE): from_upstream() / IP(src=OUTSIDER, dst=WWW) / UDP(sport=5001, dport=5002),
            (INSIDE, OUTSIDE): from_core() / IP(src=WWW, dst=OUTSIDER) / UDP(sport=5002, dport=5001)}

    def __init__(self, cables: Cables):
        self.cables = cables
        self.sent = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.is_set():
            for (enters, _), frame in self.WAYS.items():
                self.cables.send(enters, frame / Raw(b"number %08d" % self.sent))
            self.sent += 1
            time.sleep(self.PAUSE_S)

    def lost(self) -> dict[str, set[int]]:
        """By the port where they should have come out."""
        result = {}
        for _, leaves in self.WAYS:
            # An ICMP error of a kernel quotes its packet; it is none of these.
            frames = self.cables.taps[leaves].collect(lambda data: data[23] == 17 and b"number " in data, timeout=1,
                                                      count=self.sent)
            result[leaves] = set(range(self.sent)) - {int(frame.rpartition(b"number ")[2][:8]) for frame in frames}
        return result

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()


VARIANTS = [
    {**two_pools(), "rule": [{"name": "n", "destination": "10.66.3.40/32", "protocol": "tcp", "ports": "1-100", "action": "divert"}]},
    {**one_pool(HONEYPOT, SANDBOX, TRAP), "timeouts": {"health_interval": "200ms"}},
    {"containment": {"mode": "limited"}, "diversion": {"active": ["10.66.77.0/24"]},
     "admission": {"mode": "handshake"}},
    {"list": [{"name": "l", "kind": "benign", "file": "none.list"}], "containment": {"reply_packets_per_source": 500}},
    {"diversion": {"dark": addresses.dark_prefixes()[:3]}},
]


def test_no_packet_is_lost_and_sessions_stay(lab, cables) -> None:
    stream = Stream(cables)
    with Conversation(lab.machine("attacker"), new_decoy(), PORT, source=new_source()) as attack, stream.running():
        try:
            while stream.sent < 300:  # a round of the variants takes about 50
                for changes in VARIANTS:
                    lab.appliance.write_config(**changes)
                    lab.appliance.honeyctl("reload")
                    assert attack.echoes(5_000), changes
                    assert b"".join(_page(lab)).count(b"www") >= 1
        finally:
            lab.appliance.write_config()
            lab.appliance.honeyctl("reload")
        assert attack.echoes(5_000)
    assert stream.lost() == {INSIDE: set(), OUTSIDE: set()}, ports(lab)


def ports(lab) -> list[dict]:
    """What the switch says of its ports: evidence for where a packet was lost."""
    return lab.appliance.ask("stats")["ports"]


def _page(lab) -> Iterator[bytes]:
    with lab.machine("attacker").connect(WWW, 80) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while data := connection.recv(65536):
            yield data


def test_many_rules_are_taken_on_while_packets_pass(lab, cables) -> None:
    """Building them takes a while, and is not the control thread's."""
    rules = [{"name": f"r{i}", "source": f"192.0.2.{i % 256}/32", "destination": f"10.66.{i // 256}.0/24", "protocol": "udp",
              "ports": i + 1, "action": "divert"} for i in range(3000)]
    stream = Stream(cables)
    with stream.running(), farm(lab, rule=rules):
        assert len(lab.appliance.ask("rules")) == len(rules)
        assert who_answers(lab, new_decoy(), new_source()) == "honeypot"
    assert stream.lost() == {INSIDE: set(), OUTSIDE: set()}, ports(lab)


def test_sighup(lab) -> None:
    source = new_source()
    lab.appliance.write_config(**one_pool(SANDBOX))
    try:
        lab.processes.signal(PROCESS, signal.SIGHUP)
        wait_for("the sandbox is up", lambda: view.honeypot_states(lab) == {"sandbox": "up"})
        assert who_answers(lab, new_decoy(), source) == "sandbox"
    finally:
        lab.appliance.write_config()
        lab.processes.signal(PROCESS, signal.SIGHUP)
        wait_for("the honeypot is up", lambda: view.honeypot_states(lab) == {"honeypot": "up"})


def refused(lab) -> str:
    """What honeyctl says of a reload that is refused; the old configuration is in force."""
    result = lab.appliance.try_honeyctl("reload")
    assert result.returncode == 1, (result.stdout, result.stderr)
    assert view.honeypot_states(lab) == {"honeypot": "up"}
    assert who_answers(lab, new_decoy(), new_source()) == "honeypot"
    return result.stderr


@pytest.fixture(name="restored")
def configuration_afterwards(lab):
    yield
    lab.appliance.write_config()
    lab.appliance.honeyctl("reload")


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("changes, names", [
    ({"ports": {"honeypot": ["dev:honeypot"]}}, ["[ports] honeypot"]),
    ({"capacity": {"session_capacity": 1000}}, ["[capacity] session_capacity", "65536 to 1000"]),
    ({"capacity": {"mbufs": 2048}, "process": {"workers": 2, "lcores": "0,1,2"}}, ["workers"]),
    ({"notices": {"listen_port": 7777}, "timeouts": {"heartbeat_timeout": "5s"}},
     ["[notices] listen_port", "[timeouts] heartbeat_timeout"]),
])
def test_what_needs_a_restart_is_refused_by_name(lab, changes, names) -> None:
    lab.appliance.write_config(**changes, honeypot=[SANDBOX | ({} if "ports" not in changes else HONEYPOT)])
    said = refused(lab)
    assert all(name in said for name in names), said


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("broken, place, reason", [
    ("[diversion]\ndark = [\"10.66.0.1/16\"]\n", ":3:", "has bits below its mask"),
    ("[pool]\nname = \"one\"\n", ":2:", "pool"),
    ("[[rule]]\nname = \"x\"\naction = \"divrt\"\n", ":4:", "divrt"),
    ("this is no TOML\n", ":2:", ""),
])
def test_a_broken_file_is_refused_with_its_place(lab, broken, place, reason) -> None:
    lab.appliance.config.write_text("# broken\n" + broken)
    said = refused(lab)
    assert f"{lab.appliance.config}{place}" in said and reason in said, said


@pytest.mark.usefixtures("restored")
def test_a_file_that_is_gone_is_refused(lab) -> None:
    lab.appliance.config.unlink()
    assert str(lab.appliance.config) in refused(lab)


@pytest.mark.usefixtures("restored")
def test_warnings_are_told(lab) -> None:
    lab.appliance.write_config(containment={"allow": ["udp:53:192.0.2.53/32"]})
    result = lab.appliance.try_honeyctl("reload")
    assert result.returncode == 0 and "allow has no effect" in result.stdout + result.stderr, (result.stdout, result.stderr)


@pytest.mark.usefixtures("restored")
def test_dark_prefixes_come_and_go(lab, cables) -> None:
    dark = addresses.DARK_EXAMPLE
    probe = from_upstream() / IP(src=OUTSIDER, dst=dark) / UDP(sport=5003, dport=9) / Raw(b"to the dark")
    lab.appliance.write_config(diversion={"dark": ["10.66.4.0/22"]})
    lab.appliance.honeyctl("reload")
    cables.send(OUTSIDE, probe)
    assert cables.comes_out(INSIDE, probe), "nobody's any more: it goes inside"
    lab.appliance.write_config(diversion={"active": [f"{dark}/32"]})
    lab.appliance.honeyctl("reload")
    cables.send(OUTSIDE, probe)
    assert cables.comes_out(INSIDE, probe), "dark again, but this address is active"
    lab.appliance.write_config()
    lab.appliance.honeyctl("reload")
    assert who_answers(lab, dark, new_source()) == "honeypot"


@pytest.mark.usefixtures("restored")
def test_the_idle_timeout_is_taken_on(lab) -> None:
    source = new_source()
    with farm(lab, timeouts={"idle_timeout": "300ms"}):
        assert who_answers(lab, new_decoy(), source) == "honeypot"
        wait_for("the session expires", lambda: view.sessions(lab, source) == [], timeout=10)
        assert lab.appliance.ask("stats")["idle_timeout_ms"] == 300


@pytest.mark.usefixtures("restored")
def test_sessions_find_a_honeypot_when_all_are_replaced(lab) -> None:
    """Those that come have still to be learned when those that were there are gone."""
    source = new_source()
    assert who_answers(lab, new_decoy(), source) == "honeypot"
    lab.appliance.write_config(**one_pool(SANDBOX))
    lab.appliance.honeyctl("reload")
    all_up(lab)
    wait_for("the session has another honeypot", lambda: [row["honeypot"] for row in view.sessions(lab, source)] == ["sandbox"],
             timeout=5, evidence=lambda: lab.appliance.honeyctl("sessions", "--source", source))
