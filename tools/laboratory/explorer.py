"""The agent in the broadcast domain, and its management link to the switch."""

import json
from pathlib import Path

from . import addresses
from .errors import LabError
from .namespace import Namespace, run
from .processes import Processes
from .settings import Settings
from .wait import comes_true

PROCESS = "honeyswitch-agent"
# Short times, so that an onlooker sees a host come and go.
TIMES = ["--sweep-rate", "3000", "--sweep-interval", "4s", "--sweep-retries", "1", "--sweep-patience", "500ms",
         "--probe-count", "2", "--probe-interval", "500ms", "--probe-hold", "4s"]


class Explorer:
    """A small host of the campus that runs honeyswitch-agent."""

    def __init__(self, namespace: Namespace, processes: Processes, key: Path, name: str, settings: Settings):
        self.namespace = namespace
        self.processes = processes
        self.key = key
        self.name = name
        self.settings = settings

    def start(self) -> None:
        if self.settings.without_switch:
            return
        self.processes.start(PROCESS, self.namespace.command(
            self.settings.binary("agent/honeyswitch-agent"), "--interface", "eth0", "--prefix", addresses.DOMAIN,
            "--controller", f"{addresses.MANAGEMENT_SWITCH}:{addresses.NOTICE_PORT}", "--key-file", str(self.key),
            "--name", self.name, "--status-socket", str(self.status_socket), "--log-level", "debug",
            *TIMES))
        if comes_true(lambda: not self.processes.running(PROCESS), timeout=0.3):
            raise LabError(f"honeyswitch-agent ended while starting:\n{self.processes.tail(PROCESS)}")

    @property
    def status_socket(self) -> Path:
        return self.key.parent / "agent.sock"

    def status(self) -> dict:
        """What `honeyswitch-agent --status` prints."""
        return json.loads(run(self.settings.binary("agent/honeyswitch-agent"), "--status", str(self.status_socket)))

    def stop(self) -> None:
        self.processes.stop(PROCESS)
