"""A broadcast domain with real hosts, an agent in it, and a controller without a switch behind a bad network."""

import contextlib
import heapq
import itertools
import json
import os
import random
import select
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM

from laboratory.namespace import Namespace, run
from laboratory.paths import default_build
from laboratory.wait import wait_for

CONTROLLER_PORT, RELAY_PORT = 6466, 6467
LOCALHOST = "127.0.0.1"


class Segment:
    """A bridge, an agent's machine on it, and hosts: each a macvlan of its own MAC address, answered by the kernel."""

    def __init__(self, prefix: str, network: str = "10.77.0", length: int = 24):
        self.network, self.length = network, length
        self.bridge, self.agent, self.hosts = (Namespace(f"{prefix}ag-{name}") for name in ("br", "agent", "hosts"))
        self._created: list[Namespace] = []

    def __enter__(self) -> "Segment":
        for namespace in (self.bridge, self.agent, self.hosts):
            if namespace.exists():
                namespace.delete()
            namespace.create()
            self._created.append(namespace)
        self.bridge.ip("link", "add", "br0", "type", "bridge")
        self.bridge.ip("link", "set", "br0", "up")
        for namespace in (self.agent, self.hosts):
            port = namespace.name[-12:]
            self.bridge.ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace.name)
            self.bridge.ip("link", "set", port, "master", "br0", "up")
            namespace.ip("link", "set", "eth0", "up")
        # One machine has all the hosts: each interface answers for its own address alone.
        for key, value in (("arp_ignore", 1), ("arp_announce", 2), ("rp_filter", 0)):
            self.hosts.sysctl(f"net.ipv4.conf.all.{key}", value)
            self.hosts.sysctl(f"net.ipv4.conf.default.{key}", value)
        return self

    def __exit__(self, *_: object) -> None:
        for namespace in self._created:
            for pid in namespace.pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            namespace.delete()

    def address(self, host: int) -> str:
        return f"{self.network}.{host}" if self.length >= 24 else f"{self.network}.{host >> 8}.{host & 255}"

    @property
    def prefix(self) -> str:
        return f"{self.address(0)}/{self.length}"

    def add_many_hosts(self, hosts: list[int], machines: int) -> None:
        """Hosts that share MAC addresses: a broadcast of a fast sweep does not have to be copied for each."""
        first = hosts[:machines]
        self.add_hosts(first)
        self._batch(f"addr add {self.address(host)}/{self.length} dev h{first[index % machines]}\n"
                    for index, host in enumerate(hosts[machines:]))

    def add_hosts(self, hosts: list[int]) -> None:
        self._batch(f"link add link eth0 name h{host} address 02:77:00:00:{host >> 8:02x}:{host & 255:02x} "
                    f"type macvlan mode bridge\naddr add {self.address(host)}/{self.length} dev h{host}\n"
                    f"link set h{host} up\n" for host in hosts)

    def remove_hosts(self, hosts: list[int]) -> None:
        self._batch(f"link delete h{host}\n" for host in hosts)

    def _batch(self, lines) -> None:
        run("ip", "-netns", self.hosts.name, "-batch", "-", stdin="".join(lines))


class Controller:
    """tests/lab/notice_controller.cpp, in the agent's namespace."""

    def __init__(self, namespace: Namespace, *agents: str, timeout_ms: int = 4000, port: int = CONTROLLER_PORT):
        self.command = namespace.command(str(default_build() / "tests/lab/notice-controller"), "--agent-timeout",
                                         str(timeout_ms), "--port", str(port), *itertools.chain(*(("--agent", agent) for agent in agents)))
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "Controller":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def ask(self, command: str = "state") -> dict:
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def active(self, declared: bool = True) -> set[str]:
        """Of all domains; `declared`: of those that are."""
        domains = self.ask()["domains"]
        return {address for domain in domains if domain["declared"] or not declared for address in domain["active"]}

    def refused(self, reason: str) -> int:
        return self.ask()["counters"][f"notices_refused_{reason}"]


class Agent:
    """honeyswitch-agent; `arguments` come after the ones that every test needs."""

    def __init__(self, namespace: Namespace, folder: Path, *arguments: str, port: int = CONTROLLER_PORT,
                 interface: str = "eth0"):
        self.key, self.socket, self.log = folder / "agent.key", folder / "status.sock", folder / "agent.log"
        self.program = str(default_build() / "agent/honeyswitch-agent")
        if not self.key.exists():
            run(self.program, "keygen", str(self.key))
        self.command = namespace.command(
            self.program, "--interface", interface, "--name", "a", "--key-file", str(self.key), "--controller",
            f"{LOCALHOST}:{port}", "--status-socket", str(self.socket), *arguments)
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "Agent":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(self.command, stderr=log, stdout=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def status(self) -> dict | None:
        """None while it does not answer."""
        result = subprocess.run([self.program, "--status", str(self.socket)], capture_output=True, text=True,
                                check=False)
        return json.loads(result.stdout) if result.returncode == 0 else None

    def in_step(self) -> bool:
        status = self.status()
        return bool(status) and all(controller["in_step"] for controller in status["controllers"]) and all(
            domain["swept"] for domain in status["domains"])

    def wait_until_in_step(self, timeout: float = 60) -> None:
        wait_for("the agent is in step", self.in_step, timeout, evidence=self.log.read_text)


@dataclass
class Weather:
    loss: float = 0
    duplication: float = 0
    corruption: float = 0
    delay: float = 0  # the longest, in seconds: datagrams overtake each other


class Relay:
    """A UDP network between agent and controller, with weather, and with a memory of what passed."""

    def __init__(self, namespace: Namespace, weather: Weather, seed: int = 1):
        self.weather, self.random = weather, random.Random(seed)
        self.agent_side, self.controller_side = (namespace.socket(AF_INET, SOCK_DGRAM) for _ in range(2))
        self.agent_side.bind((LOCALHOST, RELAY_PORT))
        self.controller_side.connect((LOCALHOST, CONTROLLER_PORT))
        self.agent_endpoint = None
        self.from_agent: list[bytes] = []
        self._in_transit: list = []
        self._order = itertools.count()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Relay":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.agent_side.close()
        self.controller_side.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            timeout = max(0, self._in_transit[0][0] - time.monotonic()) if self._in_transit else 0.05
            for side in select.select([self.agent_side, self.controller_side], [], [], min(timeout, 0.05))[0]:
                self._receive(side)
            while self._in_transit and self._in_transit[0][0] <= time.monotonic():
                self._deliver(*heapq.heappop(self._in_transit)[2:])

    def _receive(self, side) -> None:
        with contextlib.suppress(ConnectionRefusedError):
            datagram, endpoint = side.recvfrom(2048)
            if side is self.agent_side:
                self.agent_endpoint = endpoint
                self.from_agent.append(datagram)
            for _ in range(3 if self.random.random() < self.weather.duplication else 1):
                if self.random.random() >= self.weather.loss:
                    at = time.monotonic() + self.random.random() * self.weather.delay
                    heapq.heappush(self._in_transit, (at, next(self._order), side, self._damage(datagram)))

    def _damage(self, datagram: bytes) -> bytes:
        if self.random.random() >= self.weather.corruption:
            return datagram
        damaged = bytearray(datagram)
        damaged[self.random.randrange(len(damaged))] ^= 1 << self.random.randrange(8)
        return bytes(damaged[:self.random.randint(1, len(damaged))])

    def _deliver(self, side, datagram: bytes) -> None:
        with contextlib.suppress(ConnectionRefusedError):
            if side is self.agent_side:
                self.controller_side.send(datagram)
            elif self.agent_endpoint:
                self.agent_side.sendto(datagram, self.agent_endpoint)
