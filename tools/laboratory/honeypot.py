"""A honeypot: a machine that answers for the whole campus on one interface, with a responder on every port."""

import json
from collections.abc import Iterable
from pathlib import Path

from . import addresses
from .namespace import Namespace
from .paths import TOOLS
from .processes import Processes
from .wait import wait_for

CATCH_ALL_PORT = 6401


class Honeypot:
    """tools/honeypot-setup and the catch-all responder. Kinds of it have services of their own on some ports."""

    def __init__(self, name: str, interface: str, namespace: Namespace, processes: Processes, directory: Path):
        self.name = name
        self.interface = interface
        self.namespace = namespace
        self.processes = processes
        self.directory = directory / name

    @property
    def state(self) -> Path:
        return self.directory / "setup.json"

    def answer(self) -> None:
        """Makes the namespace answer for every address of the campus."""
        self.directory.mkdir(parents=True, exist_ok=True)
        options = [("--redirect", redirect) for redirect in (*self.redirects(), f"tcp:1-65535:{CATCH_ALL_PORT}")]
        options += [("--keep", f"tcp:{port}") for port in self.kept()]
        self.namespace.run(str(TOOLS / "honeypot-setup"), "--prefix", addresses.CAMPUS, "--interface", self.interface,
                           "--state", str(self.state), *(word for option in options for word in option))

    def fall_silent(self) -> None:
        """As if it had broken down: it answers nothing, ARP included."""
        self.namespace.run(str(TOOLS / "honeypot-setup"), "--undo", "--state", str(self.state))

    def serve(self) -> None:
        """Starts the services and returns when they listen."""
        self._start("catch-all", str(TOOLS / "laboratory/catch_all.py"), "--port", str(CATCH_ALL_PORT),
                    "--name", self.name)
        self._wait_for("catch-all", "127.0.0.1", CATCH_ALL_PORT)

    def redirects(self) -> Iterable[str]:
        """--redirect of tools/honeypot-setup, before that of the catch-all responder."""
        return []

    def kept(self) -> Iterable[int]:
        """TCP ports with a service of their own on 0.0.0.0."""
        return []

    def _start(self, service: str, *command: str) -> None:
        self.processes.start(f"{self.name}-{service}", self.namespace.command(*command))

    def _wait_for(self, service: str, address: str, port: int) -> None:
        def listens() -> bool:
            try:
                self.namespace.connect(address, port, timeout=1, source=addresses.HONEYPOT_SERVICES).close()
            except OSError:
                return False
            return True
        wait_for(f"{self.name}: {service} listening on port {port}", listens, timeout=30,
                 evidence=lambda: self.processes.tail(f"{self.name}-{service}"))

    def sessions(self) -> list[dict]:
        """What the catch-all responder logged."""
        log = self.processes.log(f"{self.name}-catch-all")
        return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
