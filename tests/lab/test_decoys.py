"""Rules that divert what is for real hosts: new connections go to the honeypot, the host's own go on."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from cables import HONEYPOT, INSIDE, OUTSIDE, from_upstream
from farm import PORT, farm, new_source, who_answers
from laboratory import addresses, view
from laboratory.conversation import web_title
from laboratory.namespace import Namespace
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.packet import Raw

PHYSICS, WWW = addresses.HOSTS["physics"], addresses.HOSTS["www"]
SERVER = addresses.ATTACKERS[5]  # outside, of which the hosts are clients
OUTSIDER = "203.0.113.207"  # nobody's: no kernel interferes

ALL_OF_PHYSICS = {"name": "physics", "destination": f"{PHYSICS}/32", "action": "divert"}
TELNET_OF_WWW = {"name": "telnet", "destination": f"{WWW}/32", "protocol": "tcp", "ports": 23, "action": "divert"}
pytestmark = pytest.mark.usefixtures("switch_survives")


@contextlib.contextmanager
def echo_server(machine: Namespace, address: str, port: int) -> Iterator[None]:
    """TCP and UDP, one client at a time."""
    stop = threading.Event()
    tcp, udp = machine.socket(), machine.socket(socket.AF_INET, socket.SOCK_DGRAM)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for each in (tcp, udp):
        each.bind((address, port))
        each.settimeout(0.05)
    tcp.listen()

    def serve() -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                data, client = udp.recvfrom(2048)
                udp.sendto(data, client)
            with contextlib.suppress(TimeoutError):
                connection, _ = tcp.accept()
                connection.settimeout(2)
                with connection, contextlib.suppress(OSError):
                    while data := connection.recv(65536):
                        connection.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        tcp.close()
        udp.close()


def test_all_of_a_host(lab) -> None:
    source = new_source()
    assert web_title(lab.machine("attacker"), PHYSICS) == "physics"
    with farm(lab, rule=[ALL_OF_PHYSICS]):
        assert who_answers(lab, PHYSICS, source) == "honeypot"
        assert web_title(lab.machine("attacker"), PHYSICS) != "physics"
        assert web_title(lab.machine("attacker"), WWW) == "www", "another host is not concerned"
        assert view.rule_packets(lab)["physics"] >= 2
        row, = view.sessions(lab, source)
        assert (row["destination"], row["destination_port"], row["honeypot"]) == (PHYSICS, PORT, "honeypot")
    # Running sessions stay with the honeypot, new ones are the host's again.
    assert web_title(lab.machine("attacker"), PHYSICS) == "physics"


def test_one_port_of_a_host(lab) -> None:
    with farm(lab, rule=[TELNET_OF_WWW]):
        assert who_answers(lab, WWW, new_source(), port=23) == "honeypot"
        assert web_title(lab.machine("attacker"), WWW) == "www"
        assert "refused" in who_answers(lab, WWW, new_source(), port=24), "the host itself answers"


def test_the_hosts_own_connections_go_on(lab) -> None:
    host, attacker = lab.machine("physics"), lab.machine("attacker")
    with farm(lab, rule=[ALL_OF_PHYSICS]), echo_server(attacker, SERVER, 5300):
        before = view.counters(lab)
        for round_ in range(3):
            with host.connect(SERVER, 5300) as connection:
                data = b"tcp of the host" * 3000
                connection.sendall(data)
                received = b""
                while len(received) < len(data):
                    received += connection.recv(65536)
                assert received == data
            with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(3)
                client.connect((SERVER, 5300))
                client.send(f"query {round_}".encode())
                assert client.recv(100) == f"query {round_}".encode()
        ping = host.attempt("ping", "-n", "-c", "5", "-i", "0.1", "-W", "2", SERVER)
        assert "5 received" in ping.stdout, ping.stdout
        grown = view.counter_growth(before, view.counters(lab))
        assert grown["outside_to_inside_own_flow"] >= 3 * 3 + 3 + 5, grown
        assert view.sessions(lab, f"{SERVER}/32") == []


def test_a_connection_from_before_the_rule_goes_on(lab) -> None:
    """Of an attacker with the host, and of the host with a server."""
    host, attacker = lab.machine("physics"), lab.machine("attacker")
    with echo_server(attacker, SERVER, 5301), host.connect(SERVER, 5301) as own:
        own.settimeout(3)
        own.sendall(b"before")
        assert own.recv(100) == b"before"
        with attacker.connect(PHYSICS, 80, source=new_source()) as theirs:
            theirs.sendall(b"GET / HTTP/1.0\r\n")
            with farm(lab, rule=[ALL_OF_PHYSICS]):
                own.sendall(b"after")
                assert own.recv(100) == b"after"
                theirs.sendall(b"\r\n")
                assert b"physics, a real one" in b"".join(iter(lambda: theirs.recv(65536), b""))


def test_only_what_begins_something_is_diverted(lab, cables) -> None:
    """TCP in the middle, resets and answers are the host's business: its old connections end as they should."""
    with farm(lab, rule=[ALL_OF_PHYSICS]):
        for flags, marker in (("A", b"in the middle"), ("RA", b"reset of old"), ("SA", b"syn-ack to it")):
            packet = IP(src=OUTSIDER, dst=PHYSICS) / TCP(sport=1234, dport=80, flags=flags) / Raw(marker)
            cables.send(OUTSIDE, from_upstream() / packet)
            assert cables.with_marker(INSIDE, marker), flags
        for transport, marker in ((UDP(sport=5, dport=161), b"udp request"), (ICMP(id=8), b"ping of it"),
                                  (TCP(sport=1235, dport=80, flags="S"), b"syn with data")):
            cables.send(OUTSIDE, from_upstream() / IP(src=OUTSIDER, dst=PHYSICS) / transport / Raw(marker))
            assert cables.with_marker(HONEYPOT, marker), marker
            assert cables.stays_away(marker, INSIDE)


def test_the_honeypot_answers_as_the_host(lab) -> None:
    """Also by ICMP: whoever pings the decoy hears the honeypot, and the host hears nothing."""
    with farm(lab, rule=[ALL_OF_PHYSICS]):
        before = view.counters(lab)
        ping = lab.machine("attacker").attempt("ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", "-I", new_source(), PHYSICS)
        grown = view.counter_growth(before, view.counters(lab))
    assert "3 received" in ping.stdout, ping.stdout
    assert grown["outside_to_honeypot_session"] >= 2 and grown["honeypot_to_outside_session"] >= 3


def test_rules_inside_and_drop(lab, cables) -> None:
    inside = {"name": "partner", "source": "203.0.113.206/32", "action": "inside"}
    drop = {"name": "noise", "source": "203.0.113.205/32", "protocol": "udp", "ports": [1900, "5000-5010"],
            "action": "drop"}

    def packet(source: str, destination: str, port: int, marker: bytes):
        return from_upstream() / IP(src=source, dst=destination) / UDP(sport=77, dport=port) / Raw(marker)

    with farm(lab, rule=[inside, drop]):
        before = view.counters(lab)
        cables.send(OUTSIDE, packet("203.0.113.206", "10.66.201.1", 9, b"partner to nobody"))
        assert cables.with_marker(INSIDE, b"partner to nobody")
        for destination in ("10.66.201.2", WWW):
            for port in (1900, 5005):
                cables.send(OUTSIDE, packet("203.0.113.205", destination, port, b"noise of it"))
        assert cables.stays_away(b"noise of it", INSIDE, HONEYPOT)
        cables.send(OUTSIDE, packet("203.0.113.205", "10.66.201.2", 5011, b"another port"))
        assert cables.with_marker(HONEYPOT, b"another port")
        grown = view.counter_growth(before, view.counters(lab))
        assert (grown["outside_to_inside_rule"], grown["outside_dropped_rule"]) == (1, 4)
        assert view.rule_packets(lab) == {"partner": 1, "noise": 4}
