"""honeyswitch on the border link: its namespace, configuration, process and operator's socket."""

import json
import os
from pathlib import Path

from . import addresses, wiring
from .errors import LabError
from .namespace import Namespace, run
from .processes import Processes
from .settings import Settings
from .wait import wait_for

PROCESS = "honeyswitch"
PORTS = ("outside", "inside", "honeypot")
AGENT_NAME = "campus"

CONFIG = """\
# The laboratory's configuration, written by tools/lab.
[ports]
outside = "dev:outside"
inside = "dev:inside"
honeypot = "dev:honeypot"
kernel_io = "{kernel_io}"

[process]
workers = 1
lcores = "{lcores}"
no_huge = {no_huge}
idle_sleep = 50

[capacity]
session_capacity = {session_capacity}
address_capacity = 65536
mbufs = 16384

[timeouts]
idle_timeout = "{idle_timeout}ms"
agent_timeout = "{agent_timeout}ms"
sighting_lifetime = "{sighting_lifetime}ms"

[diversion]
dark = [{dark}]

[notices]
listen_address = "{listen}"
listen_port = {port}

[operator]
control_socket = "{socket}"
log_level = "debug"

[[honeypot]]
name = "honeypot"

[[agent]]
name = "{agent}"
key_file = "{key}"
grants = ["{domain}"]
"""


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

    def write_config(self) -> None:
        settings = self.settings
        if not self.key.exists():
            run(settings.binary("agent/honeyswitch-agent"), "keygen", str(self.key))
        cpus = sorted(os.sched_getaffinity(0))
        self.config.write_text(CONFIG.format(
            kernel_io=settings.kernel_io, lcores=f"{cpus[0]},{cpus[-1]}", no_huge=str(settings.no_huge).lower(),
            session_capacity=settings.session_capacity, idle_timeout=round(settings.idle_timeout * 1000),
            agent_timeout=round(settings.agent_timeout * 1000),
            sighting_lifetime=round(settings.sighting_lifetime * 1000),
            dark=", ".join(f'"{prefix}"' for prefix in addresses.dark_prefixes()),
            listen=addresses.MANAGEMENT_SWITCH, port=addresses.NOTICE_PORT, socket=self.socket, agent=AGENT_NAME,
            key=self.key, domain=addresses.DOMAIN))

    def start(self) -> None:
        """Returns when it forwards and answers its operator."""
        if self.settings.without_switch:
            self._bridge()
            return
        # A process that was killed leaves its XDP program on the interface.
        for port in PORTS:
            self.namespace.ip("link", "set", port, "xdp", "off")
        self.socket.unlink(missing_ok=True)
        self.processes.start(PROCESS, self.namespace.command(
            self.settings.binary("control/honeyswitch"), "--config", str(self.config)))
        wait_for("honeyswitch answers honeyctl", self._answers, timeout=30,
                 evidence=lambda: self.processes.tail(PROCESS, 40))

    def _answers(self) -> bool:
        if not self.processes.running(PROCESS):
            raise LabError(f"honeyswitch ended while starting:\n{self.processes.tail(PROCESS, 40)}")
        return self.socket.exists() and self._honeyctl("stats").returncode == 0

    def _bridge(self) -> None:
        if not self.namespace.attempt("ip", "link", "show", "br0").returncode == 0:
            wiring.bridge(self.namespace, "br0")
            for port in ("outside", "inside"):
                self.namespace.ip("link", "set", port, "master", "br0")

    def stop(self) -> None:
        self.processes.stop(PROCESS)

    def _honeyctl(self, *arguments: str):
        return self.namespace.attempt(self.settings.binary("tools/honeyctl"), "--socket", str(self.socket), *arguments)

    def honeyctl(self, *arguments: str) -> str:
        result = self._honeyctl(*arguments)
        if result.returncode != 0:
            raise LabError(f"honeyctl {' '.join(arguments)} failed ({result.returncode}): {result.stderr.strip()}\n"
                           f"{self.processes.tail(PROCESS)}")
        return result.stdout

    def ask(self, what: str) -> object:
        """honeyctl's answer as JSON says it."""
        text = self.honeyctl(what, "--json")
        try:
            return json.loads(text)
        except ValueError as error:
            raise LabError(f"honeyctl {what} --json did not print JSON ({error}): {text[:200]}") from error
