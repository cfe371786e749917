"""tools/honeypot-setup on a host with two interfaces: one to the switch, one to its management network."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from honeypot_box import ATTACKER, GATEWAY, PREFIX, SETUP, Box
from laboratory.namespace import Namespace

pytestmark = pytest.mark.no_switch


@pytest.fixture(name="box")
def raised_box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path)
    try:
        box.raise_up()
        yield box
    finally:
        box.remove()


def echo_server(machine: Namespace, address: str, port: int) -> socket.socket:
    server = machine.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, port))
    server.listen()
    server.settimeout(5)
    return server


def reached(box: Box, server: socket.socket, address: str, port: int) -> tuple[str, str]:
    """Source and destination as the server sees them."""
    with box.switch.connect(address, port, source=ATTACKER):
        connection, peer = server.accept()
        with connection:
            return peer[0], connection.getsockname()[0]


@pytest.mark.parametrize("address", ["10.99.0.0", "10.99.44.5", "10.99.200.255", "10.99.255.255"])
def test_answers_for_every_address(box, address) -> None:
    assert box.setup(*SETUP).returncode == 0
    with echo_server(box.box, "0.0.0.0", 80) as server:
        assert reached(box, server, address, 80) == (ATTACKER, address)
    assert box.switch.attempt("ping", "-c", "1", "-W", "2", "-I", ATTACKER, address).returncode == 0


def test_undo_restores_exactly(box) -> None:
    before = box.everything()
    assert box.setup(*SETUP, "--redirect", "tcp:1-1000:6401", "--keep", "tcp:22").returncode == 0
    assert box.everything() != before
    assert box.setup("--undo").returncode == 0
    assert box.everything() == before
    assert not box.state.exists()
    again = box.setup("--undo")
    assert again.returncode == 0 and "nothing was set up" in again.stdout


def test_twice_is_once(box) -> None:
    assert box.setup(*SETUP).returncode == 0
    once = box.everything()
    second = box.setup(*SETUP)
    assert second.returncode == 0 and "nothing to do" in second.stdout
    assert box.everything() == once


def test_other_options_replace_the_former(box) -> None:
    before = box.everything()
    box.setup(*SETUP, "--redirect", "tcp:1-1000:6401")
    assert box.setup(*SETUP, "--redirect", "udp:53:6402").returncode == 0
    rules = box.box.run("nft", "list", "ruleset")
    assert "udp dport 53" in rules and "6401" not in rules
    box.setup("--undo")
    assert box.everything() == before


def test_failure_leaves_nothing_behind(box) -> None:
    before = box.everything()
    result = box.setup(*SETUP, "--gateway", "0.0.0.0")
    assert result.returncode == 1 and result.stderr
    assert box.everything() == before


def test_redirect_keeps_source_and_destination(box) -> None:
    assert box.setup(*SETUP, "--redirect", "tcp:1-65535:6401", "--keep", "tcp:22").returncode == 0
    with echo_server(box.box, "0.0.0.0", 6401) as server:
        assert reached(box, server, "10.99.3.4", 7777) == (ATTACKER, "10.99.3.4")
    with echo_server(box.box, "0.0.0.0", 22) as server:
        assert reached(box, server, "10.99.3.4", 22) == (ATTACKER, "10.99.3.4")


def test_udp_redirect_to_an_address_answers_from_the_decoy(box) -> None:
    assert box.setup(*SETUP, "--redirect", "udp:53:10.99.255.254:5353").returncode == 0
    server = box.box.socket(kind=socket.SOCK_DGRAM)
    server.bind(("10.99.255.254", 5353))
    server.settimeout(5)
    client = box.switch.socket(kind=socket.SOCK_DGRAM)
    client.bind((ATTACKER, 0))
    client.settimeout(5)
    with server, client:
        client.sendto(b"question", ("10.99.1.2", 53))
        data, peer = server.recvfrom(100)
        assert (data, peer[0]) == (b"question", ATTACKER)
        server.sendto(b"answer", peer)
        assert client.recvfrom(100) == (b"answer", ("10.99.1.2", 53))


def test_one_neighbour_for_all_attackers(box) -> None:
    assert box.setup(*SETUP).returncode == 0
    mac = json.loads(box.box.ip("-json", "link", "show", "trap"))[0]["address"]
    with echo_server(box.box, "0.0.0.0", 80) as server:
        for last in range(1, 6):
            # Static: an ARP request from the attacker's address would make a neighbour of its own.
            box.switch.ip("neigh", "add", f"10.99.50.{last}", "lladdr", mac, "dev", "port")
            reached(box, server, f"10.99.50.{last}", 80)
    neighbours = box.box.run("ip", "neigh", "show", "dev", "trap").splitlines()
    assert [line.split()[0] for line in neighbours] == [GATEWAY]


def test_management_network_stays_real(box) -> None:
    """It lies within the prefix: the box still reaches it, and does not claim its neighbours' addresses there."""
    result = box.setup(*SETUP)
    assert "except 10.99.7.0/24" in result.stdout
    assert box.box.attempt("ping", "-c", "1", "-W", "2", "10.99.7.1").returncode == 0
    box.management.ip("route", "add", "10.99.44.0/24", "dev", "eth0")
    assert box.management.attempt("ping", "-c", "1", "-W", "1", "10.99.44.5").returncode != 0
    assert "10.99.44.5 dev eth0 lladdr" not in box.management.run("ip", "neigh")


@pytest.mark.parametrize("arguments, code, said", [
    (["--prefix", "10.99.0.1/16", "--interface", "trap"], 2, "host bits set"),
    (["--prefix", "127.0.0.0/8", "--interface", "trap"], 2, "where no host can be"),
    (["--prefix", "0.0.0.0/0", "--interface", "trap"], 2, "where no host can be"),
    (["--prefix", PREFIX], 2, "--interface"),
    (["--prefix", PREFIX, "--interface", "nosuch"], 1, "no interface 'nosuch'"),
    ([*SETUP, "--redirect", "tcp:80"], 2, "not PROTO:PORTS:TARGET"),
    ([*SETUP, "--redirect", "sctp:80:1"], 2, "tcp or udp"),
    ([*SETUP, "--redirect", "tcp:90-80:1"], 2, "no port or range"),
    ([*SETUP, "--redirect", "tcp:80:10.99.1.2:0"], 2, "no port or range"),
    ([*SETUP, "--gateway", "router"], 2, "--gateway")])
def test_says_what_is_wrong(box, arguments, code, said) -> None:
    result = box.setup(*arguments)
    assert result.returncode == code and said in result.stderr
