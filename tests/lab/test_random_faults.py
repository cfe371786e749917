"""Faults at random while hosts of the campus talk: no connection of theirs breaks, and no packet for an address in use
reaches a honeypot. HONEYSWITCH_FAULTS=20 makes more rounds, HONEYSWITCH_FAULTS_SEED others."""

import contextlib
import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from laboratory import addresses, appliance, explorer
from laboratory.conversation import Conversation
from laboratory.lab import Lab
from laboratory.paths import TOOLS
from laboratory.wait import comes_true, wait_for
from scapy.layers.inet import IP
from scapy.utils import PcapReader
from test_service import standing_still

ROUNDS = int(os.environ.get("HONEYSWITCH_FAULTS", "3"))
SEED = int(os.environ.get("HONEYSWITCH_FAULTS_SEED", "20151201"))
PORT = 7007  # of an echo on each host
PATIENCE_S = 60.0  # of a connection: a port that was down for a while costs retransmissions
IN_USE = {*addresses.HOSTS.values(), addresses.CORE_CAMPUS, addresses.AGENT}
DECOYS = [f"10.66.2.{n}" for n in range(100, 140)]


class Legitimate(threading.Thread):
    """Connections to a host that come and go, one after the other; each echoes what it is sent, all of it."""

    def __init__(self, lab: Lab, source: str, host: str, stop: threading.Event):
        super().__init__(daemon=True)
        self.lab, self.source, self.host, self.stop = lab, source, host, stop
        self.ended = 0
        self.broken: list[str] = []

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                with Conversation(self.lab.machine("attacker"), self.host, PORT, self.source, PATIENCE_S) as talk:
                    for _ in range(4):
                        if not talk.echoes(20_000):
                            self.broken.append(f"{self.source} to {self.host}: the echo is another, or ended")
                        self.stop.wait(0.1)
                self.ended += 1
            except OSError as error:
                self.broken.append(f"{self.source} to {self.host}: {error}")


@contextlib.contextmanager
def echoes(lab: Lab) -> Iterator[None]:
    names = []
    for name in addresses.HOSTS:
        names.append(f"{name}-echo")
        lab.processes.start(names[-1], lab.machine(name).command(
            str(TOOLS / "laboratory/catch_all.py"), "--port", str(PORT), "--name", name))  # fmt: skip
    try:
        yield
    finally:
        for name in names:
            lab.processes.stop(name)


@contextlib.contextmanager
def captures(lab: Lab, folder: Path) -> Iterator[list[Path]]:
    """What arrives at each honeypot."""
    running, files = [], []
    for honeypot in lab.honeypots():
        files.append(folder / f"{honeypot.name}.pcap")
        running.append(subprocess.Popen(
            honeypot.namespace.command("tcpdump", "-Uni", honeypot.interface, "-Q", "in", "-w", str(files[-1]), "ip"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))  # fmt: skip
    wait_for("all capture", lambda: all(file.exists() and file.stat().st_size for file in files))
    try:
        yield files
    finally:
        for process in running:
            process.terminate()
            process.wait()


def arrived(files: list[Path]) -> list[str]:
    """The destinations of all packets."""
    found = []
    for file in files:
        with PcapReader(str(file)) as packets:
            found += [packet[IP].dst for packet in packets if IP in packet]
    return found


# Faults. Each ends by itself, and leaves things as they were.


def control_thread_stands_still(lab: Lab, chance: random.Random) -> None:
    with standing_still(lab.processes.pid(appliance.PROCESS)):
        time.sleep(chance.uniform(0.5, 4))


def agent_is_gone(lab: Lab, chance: random.Random) -> None:
    lab.processes.stop(explorer.PROCESS)
    time.sleep(chance.uniform(0.1, 6))
    lab.explorer.start()


def honeypot_is_gone(lab: Lab, chance: random.Random) -> None:
    lab.honeypot.fall_silent()
    time.sleep(chance.uniform(0.5, 5))
    lab.honeypot.answer()


def cable_flaps(lab: Lab, chance: random.Random) -> None:
    machine = lab.machine(chance.choice(("upstream", "core")))
    machine.ip("link", "set", "border", "down")
    time.sleep(chance.uniform(0.05, 1))
    machine.ip("link", "set", "border", "up")
    # A link that was down has lost its routes.
    via = {"upstream": (addresses.CAMPUS, addresses.CORE_BORDER), "core": ("default", addresses.UPSTREAM)}
    destination, gateway = via[machine.name.removeprefix(lab.prefix)]
    machine.ip("route", "replace", destination, "via", gateway)


def broken_reload(lab: Lab, _: random.Random) -> None:
    before = lab.appliance.config.read_text()
    lab.appliance.config.write_text(before.replace("[diversion]", "[divresion]", 1) + "\nnonsense")
    try:
        assert lab.appliance.try_honeyctl("reload").returncode != 0
    finally:
        lab.appliance.config.write_text(before)


def flood_of_notices(lab: Lab, chance: random.Random) -> None:
    with lab.machine("agent").socket(kind=socket.SOCK_DGRAM) as sender:
        for _ in range(20_000):
            forged = b"hswn\x01" + chance.randbytes(chance.randrange(3, 100))
            sender.sendto(forged, (addresses.MANAGEMENT_SWITCH, addresses.NOTICE_PORT))


def many_clients(lab: Lab, _: random.Random) -> None:
    clients = [socket.socket(socket.AF_UNIX) for _ in range(200)]
    try:
        for client in clients:
            client.settimeout(5)
            with contextlib.suppress(OSError):  # others are turned away, or let go
                client.connect(str(lab.appliance.socket))
                client.sendall(b'{"command":"stats"}\n' * 3)
        time.sleep(0.5)
    finally:
        for client in clients:
            client.close()


FAULTS = (control_thread_stands_still, agent_is_gone, honeypot_is_gone, cable_flaps, broken_reload, flood_of_notices,
          many_clients)  # fmt: skip


def knock(lab: Lab, chance: random.Random) -> None:
    """An attacker tries addresses that nobody uses, and waits for nothing."""
    for decoy in chance.sample(DECOYS, 5):
        with lab.machine("attacker").socket() as attack:
            attack.setblocking(False)
            attack.connect_ex((decoy, 23))
            time.sleep(0.02)


@pytest.mark.usefixtures("switch_survives")
def test_no_fault_touches_a_host_of_the_campus(lab: Lab, tmp_path: Path) -> None:
    chance, stop = random.Random(SEED), threading.Event()
    assert lab.domain_state() == "known"
    with echoes(lab), captures(lab, tmp_path) as files:
        hosts = list(addresses.HOSTS.values())
        talks = [Legitimate(lab, source, host, stop) for source, host in zip(addresses.ATTACKERS, hosts)]
        for host in hosts:
            wait_for(f"{host} echoes", lambda host=host: reachable(lab, host))
        for talk in talks:
            talk.start()
        happened = []
        for _ in range(ROUNDS):
            knock(lab, chance)
            for fault in chance.sample(FAULTS, 3):
                happened.append(fault.__name__)
                fault(lab, chance)
            knock(lab, chance)
        assert comes_true(lambda: lab.domain_state() == "known", timeout=PATIENCE_S, interval=0.2), happened
        stop.set()
        for talk in talks:
            talk.join(PATIENCE_S + 10)
        knock(lab, chance)
        assert comes_true(lambda: set(arrived(files)) & set(DECOYS), interval=0.5), "the attacker reached no honeypot"
    assert not [complaint for talk in talks for complaint in talk.broken], happened
    assert all(talk.ended > 0 and not talk.is_alive() for talk in talks), happened
    assert not set(arrived(files)) & IN_USE, happened


def reachable(lab: Lab, host: str) -> bool:
    try:
        with Conversation(lab.machine("attacker"), host, PORT, timeout=5) as talk:
            return talk.echoes(10)
    except OSError:
        return False
