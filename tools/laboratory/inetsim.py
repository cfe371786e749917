"""The laboratory's first honeypot, of low interaction: inetsim's services, and endlessh on port 22."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from . import addresses
from .honeypot import Honeypot
from .namespace import run

# Debian's inetsim.conf, its own numbers: 19 TCP and 11 UDP services.
INETSIM_TCP = [1, 7, 9, 13, 17, 19, 21, 25, 37, 53, 79, 80, 110, 113, 443, 465, 990, 995, 6667]
INETSIM_UDP = [1, 7, 9, 13, 17, 19, 37, 53, 69, 123, 514]
ENDLESSH_PORT = 22
INETSIM_PACKAGE_CONFIG = Path("/etc/inetsim/inetsim.conf")
INETSIM_PACKAGE_DATA = Path("/usr/share/inetsim/data")


class InetsimHoneypot(Honeypot):
    """Answers on the ports of well-known services as if it had them."""

    def redirects(self) -> Iterable[str]:
        return [f"{protocol}:{port}:{addresses.HONEYPOT_SERVICES}"
                for protocol, ports in (("tcp", INETSIM_TCP), ("udp", INETSIM_UDP)) for port in ports]

    def kept(self) -> Iterable[int]:
        return [ENDLESSH_PORT]

    def serve(self) -> None:
        self._start("endlessh", "/usr/bin/endlessh", "-4", "-v", "-p", str(ENDLESSH_PORT), "-d", "1000")
        self._start("inetsim", *self._inetsim())
        super().serve()
        self._wait_for("endlessh", "127.0.0.1", ENDLESSH_PORT)
        for port in INETSIM_TCP:
            self._wait_for("inetsim", addresses.HONEYPOT_SERVICES, port)

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
