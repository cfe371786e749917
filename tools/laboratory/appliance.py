"""honeyswitch on the border link: its namespace, configuration, process and operator's socket."""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from . import configuration, wiring
from .configuration import Configuration
from .errors import LabError
from .namespace import Namespace, run
from .processes import Processes
from .settings import Settings
from .wait import wait_for

PROCESS = "honeyswitch"


class Appliance:
    """The switch of the laboratory."""

    def __init__(self, namespace: Namespace, processes: Processes, directory: Path, settings: Settings):
        self.namespace = namespace
        self.processes = processes
        self.directory = directory
        self.settings = settings

    @property
    def config(self) -> Path:
        return self.directory / "honeyswitch.toml"

    @property
    def key(self) -> Path:
        return self.directory / "agent.key"

    @property
    def socket(self) -> Path:
        return self.directory / "control.sock"

    def write_config(self, **changes: dict | list[dict]) -> None:
        """The laboratory's own configuration, with these changes (configuration.changed)."""
        if not self.key.exists():
            run(self.settings.binary("agent/honeyswitch-agent"), "keygen", str(self.key))
        self.config.write_text(configuration.to_toml(configuration.changed(self.default_config(), **changes)))

    def default_config(self) -> Configuration:
        return configuration.default(self.settings, self.key, self.socket)

    @contextlib.contextmanager
    def reconfigured(self, **changes: dict | list[dict]) -> Iterator[None]:
        """With these changes in force, and without them after. Sessions that began meanwhile go on."""
        self.write_config(**changes)
        try:
            self.honeyctl("reload")
            yield
        finally:
            self.write_config()
            self.honeyctl("reload")

    def start(self) -> None:
        """Returns when it forwards and answers its operator."""
        if self.settings.without_switch:
            self._bridge()
            return
        # A process that was killed leaves its XDP program on the interface.
        for port in configuration.ports(self.settings):
            self.namespace.ip("link", "set", port, "xdp", "off")
        self.socket.unlink(missing_ok=True)
        self.processes.start(PROCESS, self.namespace.command(
            self.settings.binary("control/honeyswitch"), "--config", str(self.config)))
        wait_for("honeyswitch answers honeyctl", self._answers, timeout=30,
                 evidence=lambda: self.processes.tail(PROCESS, 40))

    def _answers(self) -> bool:
        if not self.processes.running(PROCESS):
            raise LabError(f"honeyswitch ended while starting:\n{self.processes.tail(PROCESS, 40)}")
        return self.socket.exists() and self.try_honeyctl("stats").returncode == 0

    def _bridge(self) -> None:
        if not self.namespace.attempt("ip", "link", "show", "br0").returncode == 0:
            wiring.bridge(self.namespace, "br0")
            for port in (configuration.OUTSIDE, configuration.INSIDE):
                self.namespace.ip("link", "set", port, "master", "br0")

    def stop(self) -> None:
        self.processes.stop(PROCESS)

    def try_honeyctl(self, *arguments: str) -> subprocess.CompletedProcess:
        return self.namespace.attempt(self.settings.binary("tools/honeyctl"), "--socket", str(self.socket), *arguments)

    def honeyctl(self, *arguments: str) -> str:
        result = self.try_honeyctl(*arguments)
        if result.returncode != 0:
            raise LabError(f"honeyctl {' '.join(arguments)} failed ({result.returncode}): {result.stderr.strip()}\n"
                           f"{self.processes.tail(PROCESS)}")
        return result.stdout

    def ask(self, *what: str) -> object:
        """The rows of honeyctl's answer; of "stats" the only one, and of "report" all of the answer, with its totals."""
        text = self.honeyctl(*what, "--json")
        try:
            answer = json.loads(text)
            if what[0] == "report":
                return answer
            return answer["rows"][0] if what[0] == "stats" else answer["rows"]
        except (ValueError, KeyError, IndexError) as error:
            raise LabError(f"honeyctl {' '.join(what)} --json did not print JSON ({error}): {text[:200]}") from error
