"""A honeypot of high interaction: a real ssh server, that an attacker can be let into."""

from collections.abc import Iterable
from pathlib import Path

from . import ssh_server
from .honeypot import Honeypot


class Sandbox(Honeypot):
    """Its ssh server knows the key of the attacker's machine."""

    client_key: Path

    def kept(self) -> Iterable[int]:
        return [ssh_server.PORT]

    def serve(self) -> None:
        self.serve_ssh()
        super().serve()

    def serve_ssh(self) -> None:
        ssh_server.start(self.name, f"this is the honeypot {self.name}", self.namespace, self.processes, self.directory,
                         self.client_key)
        self._wait_for("sshd", "127.0.0.1", ssh_server.PORT)
