"""The laboratory as a whole: raise it, look at it, take it down."""

import os
import shutil
from pathlib import Path
from typing import TypeVar

from . import addresses, configuration, wiring
from .appliance import Appliance
from .errors import LabError
from .explorer import Explorer
from .honeypot import Honeypot
from .hosts import CampusHost
from .inetsim import InetsimHoneypot
from .namespace import Namespace, run
from .paths import RUN_ROOT
from .processes import Processes, start_time, stop
from .sandbox import Sandbox
from .settings import Settings
from .trap import Trap
from .wait import wait_for

MACHINES = ("attacker", "upstream", "switch", "core", "campus", "agent", "honeypot")
# With `more_honeypots`; the rack is a bridge that both others are plugged into.
MORE_MACHINES = ("rack", "sandbox", "trap")

AnyHoneypot = TypeVar("AnyHoneypot", bound=Honeypot)


class Lab:
    """All namespaces begin with `prefix`, so that labs of different prefixes do not meet. What it made is recorded in
    its run directory: other things whose names begin alike are not its own."""

    def __init__(self, prefix: str, settings: Settings | None = None):
        self.prefix = prefix
        self.directory = self.directory_of(prefix)
        self.settings = settings or Settings.load(self.directory)
        self.processes = Processes(self.directory)
        self.appliance = Appliance(self.machine("switch"), self.processes, self.directory, self.settings)
        self.explorer = Explorer(self.machine("agent"), self.processes, self.appliance.key,
                                 configuration.AGENT_NAME, self.settings)
        self.honeypot = self._honeypot(InetsimHoneypot, "honeypot", "eth0")
        self.sandbox = self._honeypot(Sandbox, "sandbox", "eth0")
        self.sandbox.client_key = self.client_key
        self.trap = self._honeypot(Trap, "trap", f"eth0.{addresses.TRAP_VLAN}")

    @staticmethod
    def directory_of(prefix: str) -> Path:
        return RUN_ROOT / prefix.rstrip("-")

    def _honeypot(self, kind: type[AnyHoneypot], name: str, interface: str) -> AnyHoneypot:
        return kind(name, interface, self.machine(name), self.processes, self.directory)

    def machine(self, name: str) -> Namespace:
        return Namespace(self.prefix + name, self._machine_records)

    @property
    def _machine_records(self) -> Path:
        return self.directory / "machines"

    def machine_names(self) -> tuple[str, ...]:
        """Those that are no campus hosts."""
        return MACHINES + (MORE_MACHINES if self.settings.more_honeypots else ())

    def honeypots(self) -> list[Honeypot]:
        return [self.honeypot, *([self.sandbox, self.trap] if self.settings.more_honeypots else [])]

    @property
    def client_key(self) -> Path:
        """The ssh key of the attacker's machine, which every campus host lets in."""
        return self.directory / "client_key"

    # Raising ------------------------------------------------------------------------------------------------

    def up(self) -> None:
        """Returns when everything answers. On failure nothing is taken down: the logs stay for reading."""
        self.settings.save(self.directory)
        for name in self.machine_names():
            self.machine(name).create()
        self._wire_outside()
        self._wire_campus()
        self._wire_switch()
        if self.settings.more_honeypots:
            self._wire_rack()
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.client_key))
        for name, address in addresses.HOSTS.items():
            self.add_host(name, address)
        for honeypot in self.honeypots():
            honeypot.answer()
            honeypot.serve()
        if not self.settings.without_switch:
            self.appliance.write_config()
        self.appliance.start()
        self.explorer.start()
        if not self.settings.without_switch:
            self.wait_for_domain()

    def _wire_outside(self) -> None:
        attacker, upstream = self.machine("attacker"), self.machine("upstream")
        wiring.link(attacker, "eth0", upstream, "attackers")
        for address in addresses.ATTACKERS:
            attacker.ip("address", "add", f"{address}/24", "dev", "eth0")
        attacker.ip("route", "add", "default", "via", addresses.ATTACKER_ROUTER)
        attacker.ip("route", "add", "local", addresses.CROWD, "dev", "lo")
        upstream.ip("address", "add", f"{addresses.ATTACKER_ROUTER}/24", "dev", "attackers")
        upstream.ip("route", "add", addresses.CROWD, "via", addresses.ATTACKERS[0])
        wiring.router(upstream)

    def _wire_campus(self) -> None:
        campus, core, agent = self.machine("campus"), self.machine("core"), self.machine("agent")
        length = addresses.DOMAIN.partition("/")[2]
        wiring.bridge(campus, "br0")
        wiring.attach(campus, "br0", "p-core", core, "campus", addresses.mac_of(addresses.CORE_CAMPUS))
        wiring.attach(campus, "br0", "p-agent", agent, "eth0", addresses.mac_of(addresses.AGENT))
        core.ip("address", "add", f"{addresses.CORE_CAMPUS}/{length}", "brd", "10.66.3.255", "dev", "campus")
        core.ip("route", "add", "blackhole", addresses.CAMPUS)
        wiring.router(core)
        agent.ip("address", "add", f"{addresses.AGENT}/{length}", "brd", "10.66.3.255", "dev", "eth0")
        agent.ip("route", "add", "default", "via", addresses.CORE_CAMPUS)

    def _wire_switch(self) -> None:
        switch, upstream, core = self.machine("switch"), self.machine("upstream"), self.machine("core")
        wiring.link(switch, configuration.OUTSIDE, upstream, "border", right_mac=addresses.UPSTREAM_MAC)
        wiring.link(switch, configuration.INSIDE, core, "border", right_mac=addresses.CORE_MAC)
        wiring.link(switch, configuration.HONEYPOT, self.honeypot.namespace, "eth0",
                    right_mac=addresses.HONEYPOT_MAC)
        wiring.link(switch, "mgmt", self.machine("agent"), "mgmt")
        switch.ip("address", "add", f"{addresses.MANAGEMENT_SWITCH}/24", "dev", "mgmt")
        self.machine("agent").ip("address", "add", f"{addresses.MANAGEMENT_AGENT}/24", "dev", "mgmt")
        upstream.ip("address", "add", f"{addresses.UPSTREAM}/24", "dev", "border")
        upstream.ip("route", "add", addresses.CAMPUS, "via", addresses.CORE_BORDER)
        core.ip("address", "add", f"{addresses.CORE_BORDER}/24", "dev", "border")
        core.ip("route", "add", "default", "via", addresses.UPSTREAM)

    def _wire_rack(self) -> None:
        """Two honeypots on one cable: the sandbox as it is, the trap on a VLAN."""
        rack = self.machine("rack")
        wiring.bridge(rack, "br0")
        wiring.link(self.machine("switch"), configuration.HONEYPOT_2, rack, "cable")
        rack.ip("link", "set", "cable", "master", "br0")
        wiring.attach(rack, "br0", "p-sandbox", self.sandbox.namespace, "eth0", addresses.SANDBOX_MAC)
        wiring.attach(rack, "br0", "p-trap", self.trap.namespace, Trap.CABLE, addresses.TRAP_MAC)
        self.trap.plug_in()

    def wait_for_domain(self) -> None:
        """Until the agent has swept its domain and the switch has accepted its state."""
        wait_for(f"the agent's domain {addresses.DOMAIN} is known", lambda: self.domain_state() == "known", timeout=60,
                 interval=0.2, evidence=lambda: "\n".join(self.processes.tail(name) for name in
                                                          ("honeyswitch", "honeyswitch-agent")))

    # Hosts ----------------------------------------------------------------------------------------------------

    def host(self, name: str) -> CampusHost:
        return CampusHost(name, self.machine(name), self.processes, self.directory)

    def add_host(self, name: str, address: str, serve: bool = True, arp: bool = True) -> CampusHost:
        host = self.host(name)
        if name in MACHINES + MORE_MACHINES or host.namespace.exists():
            raise LabError(f"there is a machine '{name}' already")
        host.plug_in(self.machine("campus"), address, arp)
        if serve:
            host.serve(self.client_key)
        return host

    def remove_host(self, name: str) -> None:
        if name in MACHINES + MORE_MACHINES or not self.machine(name).exists():
            raise LabError(f"there is no campus host '{name}'")
        self.host(name).unplug(self.machine("campus"))

    # Looking --------------------------------------------------------------------------------------------------

    def domain_state(self, prefix: str = addresses.DOMAIN) -> str:
        """unknown, known or dark, as honeyctl says."""
        rows = self.appliance.ask("domains")
        return next((row["state"] for row in rows if row["prefix"] == prefix), "unknown")

    def namespaces(self) -> list[Namespace]:
        """Those that it made and that exist."""
        recorded = [Namespace(path.name, path.parent) for path in sorted(self._machine_records.glob("*"))]
        return [namespace for namespace in recorded if namespace.is_ours()]

    # Taking down ----------------------------------------------------------------------------------------------

    def down(self) -> None:
        """Whatever is there of it, complete or not, and nothing else."""
        self.explorer.stop()
        self.appliance.stop()
        for name in self.processes.names():
            self.processes.stop(name)
        for namespace in self.namespaces():
            # What a user started by hand inside, such as a shell, and children that outlived their parent.
            for pid in namespace.pids():
                if pid != os.getpid() and (started := start_time(pid)):
                    stop(pid, started)
            namespace.delete()
        shutil.rmtree(self.directory, ignore_errors=True)


def is_up(prefix: str) -> bool:
    return (Lab.directory_of(prefix) / "settings.json").exists()
