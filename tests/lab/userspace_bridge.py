"""Open vSwitch with its userspace datapath in a namespace, its ports bundled by LACP."""

import os
import re
import subprocess
from pathlib import Path

from box import stop_in_turn
from laboratory.namespace import Namespace
from laboratory.wait import wait_for

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
BRIDGE, BUNDLE = "br0", "bundle"


class UserspaceBridge:
    """Everything of it is in a folder of its own, so that it meets no other Open vSwitch of the machine."""

    def __init__(self, namespace: Namespace, folder: Path, address: str, ports: tuple[str, ...]):
        self.namespace, self.folder, self.address, self.ports = namespace, folder, address, ports
        self.started: list[subprocess.Popen] = []

    def __enter__(self) -> "UserspaceBridge":
        self.folder.mkdir()
        self._run("ovsdb-tool", "create", str(self.folder / "conf.db"), SCHEMA)
        self._start("ovsdb-server", str(self.folder / "conf.db"), f"--remote=punix:{self.folder}/db.sock",
                    f"--unixctl={self.folder}/db.ctl")  # fmt: skip
        wait_for("ovsdb-server listens", (self.folder / "db.sock").exists)
        self._vsctl("--no-wait", "init")
        self._start("ovs-vswitchd", f"unix:{self.folder}/db.sock", f"--unixctl={self.folder}/vswitchd.ctl",
                    "-vfile:off", "-vsyslog:off", "-vconsole:warn")  # fmt: skip
        self._vsctl("add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev", "--",
                    "add-bond", BRIDGE, BUNDLE, *self.ports, "lacp=active", "bond_mode=balance-slb",
                    "other_config:lacp-time=fast")  # fmt: skip
        wait_for("its interface is there", lambda: self.namespace.attempt("ip", "link", "show", BRIDGE).returncode == 0)
        self.namespace.ip("address", "add", self.address, "dev", BRIDGE)
        self.namespace.ip("link", "set", BRIDGE, "up")
        return self

    def __exit__(self, *_: object) -> None:
        stop_in_turn(self.started)

    def _environment(self) -> dict[str, str]:
        places = ("OVS_RUNDIR", "OVS_DBDIR", "OVS_SYSCONFDIR", "OVS_LOGDIR")
        return os.environ | {place: str(self.folder) for place in places}

    def _start(self, *command: str) -> None:
        with (self.folder / f"{command[0]}.log").open("ab") as log:
            self.started.append(subprocess.Popen(self.namespace.command(*command), env=self._environment(),
                                                 stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def _run(self, *command: str) -> str:
        return subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=True,
                              timeout=60).stdout

    def _vsctl(self, *words: str) -> None:
        self._run("ovs-vsctl", f"--db=unix:{self.folder}/db.sock", "--timeout=30", *words)

    def _ask(self, question: str) -> str:
        return self._run("ovs-appctl", "-t", str(self.folder / "vswitchd.ctl"), question, BUNDLE)

    def shown(self) -> str:
        return self._ask("lacp/show") + self._ask("bond/show")

    def members(self) -> dict[str, bool]:
        """Whether each port carries traffic of the bundle."""
        found = re.findall(r"^(?:member|slave) (\S+): (enabled|disabled)", self._ask("bond/show"), re.MULTILINE)
        return {port: state == "enabled" for port, state in found}
