"""A host comes up on an address that honeypots answered for: its own flows are its own at once, those that nobody ends
are its own soon, and an attacker's connection goes on."""

import contextlib
import itertools
import socket
import time
from collections.abc import Iterator

import pytest
from cables import HONEYPOT, INSIDE, OUTSIDE, at_honeypot, from_core, from_upstream
from farm import PORT, new_source
from laboratory import addresses, view
from laboratory.conversation import Conversation
from laboratory.hosts import CampusHost
from laboratory.wait import comes_true
from scapy.layers.inet import IP, TCP, UDP
from scapy.packet import Raw

PEER, TUNNEL = addresses.ATTACKERS[4], 51820  # WireGuard's port: both ends may begin, and repeat themselves
_numbers = itertools.count(1)
pytestmark = pytest.mark.usefixtures("switch_survives")


@contextlib.contextmanager
def host_on(lab, address: str) -> Iterator[CampusHost]:
    """On the wire, and heard of: it has answered the router's ARP."""
    name = f"newcomer{next(_numbers)}"
    host = lab.add_host(name, address, serve=False)
    try:
        host.namespace.attempt("ping", "-n", "-c", "1", "-W", "2", addresses.CORE_CAMPUS)
        assert view.becomes_active(lab, address)
        yield host
    finally:
        lab.remove_host(name)


@contextlib.contextmanager
def endpoint(machine, address: str, port: int) -> Iterator[socket.socket]:
    with machine.socket(kind=socket.SOCK_DGRAM) as one:
        one.bind((address, port))
        one.settimeout(2)
        yield one


def received(end: socket.socket, wait_s: float = 0.5) -> list[bytes]:
    """All that has come, and comes within the time after it."""
    end.settimeout(wait_s)
    datagrams = []
    with contextlib.suppress(TimeoutError):
        while True:
            datagrams.append(end.recv(65536))
    return datagrams


def diverted(lab, address: str) -> list[dict]:
    return view.sessions(lab, PEER, address)


def test_the_hosts_own_flow_is_its_own_with_the_first_answer(lab) -> None:
    address = "10.66.1.77"
    with endpoint(lab.machine("attacker"), PEER, TUNNEL) as peer:
        for _ in range(3):
            peer.sendto(b"into the dark", (address, TUNNEL))
        assert comes_true(lambda: diverted(lab, address), timeout=5)
        with host_on(lab, address) as host, endpoint(host.namespace, address, TUNNEL) as own:
            received(peer)  # what the honeypot has echoed
            own.sendto(b"hello", (PEER, TUNNEL))
            assert received(peer)[-1] == b"hello"
            sent = [b"answer %d" % number for number in range(60)]
            for datagram in sent:
                peer.sendto(datagram, (address, TUNNEL))
            assert received(own) == sent
            assert diverted(lab, address) == []


def test_fragments_of_the_hosts_own_flow_are_its_own(lab) -> None:
    address, large = "10.66.1.78", bytes(range(200)) * 20
    with endpoint(lab.machine("attacker"), PEER, TUNNEL) as peer:
        for _ in range(3):
            peer.sendto(large, (address, TUNNEL))
        assert comes_true(lambda: len(diverted(lab, address)) == 2, timeout=5)
        with host_on(lab, address) as host, endpoint(host.namespace, address, 4000) as own:
            with endpoint(lab.machine("attacker"), PEER, 4001) as service:
                own.sendto(b"a question", (PEER, 4001))
                assert received(service) == [b"a question"]
                service.sendto(large, (address, 4000))
                assert received(own) == [large]


def test_what_only_comes_from_outside_reaches_the_host_soon(lab) -> None:
    address = "10.66.1.79"
    with lab.appliance.reconfigured(timeouts={"outlive_timeout": "2s"}):
        with endpoint(lab.machine("attacker"), PEER, TUNNEL) as peer:
            peer.sendto(b"into the dark", (address, TUNNEL))
            assert comes_true(lambda: diverted(lab, address), timeout=5)
            with host_on(lab, address) as host, endpoint(host.namespace, address, TUNNEL) as own:
                def arrives() -> bool:
                    peer.sendto(b"anybody there?", (address, TUNNEL))
                    return bool(received(own, 0.1))
                assert comes_true(arrives, timeout=20)
                assert diverted(lab, address) == []


def test_a_monitor_that_pings_without_end_sees_the_host_soon(lab) -> None:
    address = "10.66.1.80"
    monitor = ["ping", "-n", "-I", PEER, "-i", "0.2", "-c", "100", "-W", "1", address]
    with lab.appliance.reconfigured(timeouts={"outlive_timeout": "2s"}):
        lab.processes.start("monitor", lab.machine("attacker").command(*monitor))
        try:
            assert comes_true(lambda: diverted(lab, address), timeout=5)
            with host_on(lab, address) as host:
                def pinged() -> bool:
                    counted = host.namespace.attempt("cat", "/proc/net/snmp").stdout
                    names, values = (line.split() for line in counted.splitlines() if line.startswith("Icmp:"))
                    return int(dict(zip(names, values))["InEchos"]) > 5
                assert comes_true(pinged, timeout=20)
        finally:
            lab.processes.stop("monitor")


def test_an_attackers_connection_goes_on_byte_for_byte(lab) -> None:
    """Whatever else the host does, also with the attacker's machine; and longer than other flows may."""
    address, burst = "10.66.1.81", 200_000
    with lab.appliance.reconfigured(timeouts={"outlive_timeout": "1s"}):
        with Conversation(lab.machine("attacker"), address, PORT, source=PEER) as attack:
            assert attack.echoes(burst)
            with host_on(lab, address) as host, endpoint(host.namespace, address, PORT) as own:
                for _ in range(5):
                    own.sendto(b"by another protocol", (PEER, attack.socket.getsockname()[1]))
                    host.namespace.attempt("ping", "-n", "-c", "1", "-W", "1", PEER)
                    with contextlib.suppress(OSError):
                        host.namespace.connect(PEER, 9, timeout=1).close()
                    assert attack.echoes(burst)
                    time.sleep(0.5)
                rows = [row for row in diverted(lab, address) if row.get("destination_port") == PORT]
                assert [row["protocol"] for row in rows] == [6]


def test_a_sighting_counts_in_what_is_decided_right_after_it(cables) -> None:
    """A fragment on the heels of its host's first packet, on an address that an attacker has a session with."""
    for number in range(20):
        host, attacker, peer = f"10.66.231.{number + 1}", new_source(), new_source()
        attack = IP(src=attacker, dst=host) / TCP(sport=1000, dport=22, flags="S")
        own = IP(src=host, dst=peer) / UDP(sport=5000, dport=53) / Raw(b"query %04d" % number)
        answer = IP(src=peer, dst=host, proto=17, frag=4) / Raw(b"fragment %04d" % number)
        cables.send(OUTSIDE, from_upstream() / attack)
        assert cables.comes_out(HONEYPOT, at_honeypot(attack)), number
        cables.send(INSIDE, from_core() / own)
        assert cables.with_marker(OUTSIDE, b"query %04d" % number)
        cables.send(OUTSIDE, from_upstream() / answer)
        assert cables.comes_out(INSIDE, from_upstream() / answer), number
