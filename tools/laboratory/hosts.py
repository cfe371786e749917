"""A real host on the campus: an address, a web server, an ssh server."""

import json
from pathlib import Path

from . import addresses, ssh_server, wiring
from .namespace import Namespace
from .paths import TOOLS
from .processes import Processes
from .wait import wait_for


class CampusHost:
    """Named after what it serves; its namespace has the same name."""

    def __init__(self, name: str, namespace: Namespace, processes: Processes, directory: Path):
        self.name = name
        self.namespace = namespace
        self.processes = processes
        self.directory = directory / "hosts" / name

    @property
    def port(self) -> str:
        """Its port on the campus bridge; Linux allows 15 characters."""
        return f"p-{self.name}"[:15]

    def plug_in(self, campus: Namespace, address: str, arp: bool = True) -> None:
        """On the wire with its address, and silent: nobody has heard of it until it speaks, or is asked by the
        agent's sweep. Without `arp` it never answers one."""
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "address").write_text(address)
        self.namespace.create()
        # A tentative or announced address would be found before it speaks.
        self.namespace.sysctl("net.ipv4.conf.default.arp_notify", 0)
        wiring.attach(campus, "br0", self.port, self.namespace, "eth0", addresses.mac_of(address))
        if not arp:
            self.namespace.ip("link", "set", "eth0", "arp", "off")
        prefix_length = addresses.DOMAIN.partition("/")[2]
        self.namespace.ip("address", "add", f"{address}/{prefix_length}", "brd", "10.66.3.255", "dev", "eth0")
        self.namespace.ip("route", "add", "default", "via", addresses.CORE_CAMPUS)

    @property
    def address(self) -> str:
        return (self.directory / "address").read_text()

    def serve(self, client_key: Path) -> None:
        """Starts its servers and returns when they listen."""
        self._start("http", str(TOOLS / "laboratory/campus_host.py"), "--name", self.name)
        ssh_server.start(self.name, f"this is the campus host {self.name}", self.namespace, self.processes,
                         self.directory, client_key)
        for service, number in (("http", 80), ("sshd", 22)):
            wait_for(f"{self.name}: {service} listening", lambda n=number: self._listens(n),
                     evidence=lambda s=service: self.processes.tail(f"{self.name}-{s}"))

    def _start(self, service: str, *command: str) -> None:
        self.processes.start(f"{self.name}-{service}", self.namespace.command(*command))

    def _listens(self, port: int) -> bool:
        try:
            self.namespace.connect("127.0.0.1", port, timeout=1).close()
        except OSError:
            return False
        return True

    def requests(self) -> list[dict]:
        """What its web server logged."""
        log = self.processes.log(f"{self.name}-http")
        return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]

    def unplug(self, campus: Namespace) -> None:
        """Gone from the network, as when the power fails."""
        for service in ("http", "sshd"):
            self.processes.stop(f"{self.name}-{service}")
        campus.attempt("ip", "link", "delete", self.port)
        if self.namespace.exists():
            self.namespace.delete()
