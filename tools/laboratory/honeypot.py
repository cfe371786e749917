"""The honeypot of the laboratory: tools/honeypot-setup, inetsim, endlessh and the catch-all responder."""

import json
import re
import shutil
from pathlib import Path

from . import addresses
from .namespace import Namespace, run
from .paths import TOOLS
from .processes import Processes
from .wait import wait_for

CATCH_ALL_PORT = 6401
# Debian's inetsim.conf, its own numbers: 19 TCP and 11 UDP services.
INETSIM_TCP = [1, 7, 9, 13, 17, 19, 21, 25, 37, 53, 79, 80, 110, 113, 443, 465, 990, 995, 6667]
INETSIM_UDP = [1, 7, 9, 13, 17, 19, 37, 53, 69, 123, 514]
ENDLESSH_PORT = 22
INETSIM_PACKAGE_CONFIG = Path("/etc/inetsim/inetsim.conf")
INETSIM_PACKAGE_DATA = Path("/usr/share/inetsim/data")


class Honeypot:
    """Answers for the whole campus on its one interface."""

    def __init__(self, namespace: Namespace, processes: Processes, directory: Path):
        self.namespace = namespace
        self.processes = processes
        self.directory = directory / "honeypot"

    @property
    def state(self) -> Path:
        return self.directory / "setup.json"

    def answer(self) -> None:
        """Makes the namespace answer for every address of the campus."""
        self.directory.mkdir(parents=True, exist_ok=True)
        redirects = [f"{protocol}:{port}:{addresses.HONEYPOT_SERVICES}"
                     for protocol, ports in (("tcp", INETSIM_TCP), ("udp", INETSIM_UDP)) for port in ports]
        redirects.append(f"tcp:1-65535:{CATCH_ALL_PORT}")
        self.namespace.run(str(TOOLS / "honeypot-setup"), "--prefix", addresses.CAMPUS, "--interface", "eth0",
                           "--keep", f"tcp:{ENDLESSH_PORT}", "--state", str(self.state),
                           *(word for redirect in redirects for word in ("--redirect", redirect)))

    def serve(self) -> None:
        """Starts the services and returns when they listen."""
        self._start("catch-all", str(TOOLS / "laboratory/catch_all.py"), "--port", str(CATCH_ALL_PORT))
        self._start("endlessh", "/usr/bin/endlessh", "-4", "-v", "-p", str(ENDLESSH_PORT), "-d", "1000")
        self._start("inetsim", *self._inetsim())
        self._wait_for("catch-all", "127.0.0.1", CATCH_ALL_PORT)
        self._wait_for("endlessh", "127.0.0.1", ENDLESSH_PORT)
        for port in INETSIM_TCP:
            self._wait_for("inetsim", addresses.HONEYPOT_SERVICES, port)

    def _start(self, service: str, *command: str) -> None:
        self.processes.start(f"honeypot-{service}", self.namespace.command(*command))

    def _inetsim(self) -> list[str]:
        """inetsim writes into its data, runs its services as nobody, and answers DNS with one address."""
        base = self.directory / "inetsim"
        data, logs, reports = base / "data", base / "log", base / "report"
        if not data.exists():
            shutil.copytree(INETSIM_PACKAGE_DATA, data)
        for directory in (logs, reports):
            directory.mkdir(exist_ok=True)
        run("chown", "-R", "nobody:inetsim", str(base))
        run("chmod", "-R", "u+rwX,g+rwX", str(base))
        settings = INETSIM_PACKAGE_CONFIG.read_text()
        settings = re.sub(r"(?m)^#?(service_bind_address|dns_default_ip)\s.*$", "", settings)
        (base / "inetsim.conf").write_text(
            f"{settings}\nservice_bind_address {addresses.HONEYPOT_SERVICES}\n"
            f"dns_default_ip {addresses.HONEYPOT_SERVICES}\n")
        return ["/usr/bin/inetsim", f"--config={base}/inetsim.conf", f"--data-dir={data}", f"--log-dir={logs}",
                f"--report-dir={reports}", f"--pidfile={base}/inetsim.pid", "--user=nobody"]

    def _wait_for(self, service: str, address: str, port: int) -> None:
        def listens() -> bool:
            try:
                self.namespace.connect(address, port, timeout=1, source=addresses.HONEYPOT_SERVICES).close()
            except OSError:
                return False
            return True
        wait_for(f"honeypot: {service} listening on port {port}", listens, timeout=30,
                 evidence=lambda: self.processes.tail(f"honeypot-{service}"))

    def sessions(self) -> list[dict]:
        """What the catch-all responder logged."""
        log = self.processes.log("honeypot-catch-all")
        return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
