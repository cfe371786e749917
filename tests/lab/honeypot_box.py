"""A honeypot box with two interfaces: one to the switch, one to its management network."""

import os
from pathlib import Path

from laboratory import wiring
from laboratory.namespace import Namespace
from laboratory.paths import TOOLS

PREFIX = "10.99.0.0/16"
GATEWAY = "169.254.64.66"
ATTACKER = "203.0.113.5"
SETUP = ("--prefix", PREFIX, "--interface", "trap")


class Box:
    """The honeypot box, with a peer on each of its interfaces."""

    def __init__(self, directory: Path):
        self.box, self.switch, self.management = (Namespace(f"hsbox{os.getpid()}{n}") for n in "bsm")
        self.state, self.etc = directory / "lib/state.json", directory / "etc"

    def raise_up(self) -> None:
        for machine in (self.box, self.switch, self.management):
            machine.create()
        wiring.link(self.box, "trap", self.switch, "port")
        wiring.link(self.box, "mgmt", self.management, "eth0")
        # The management network lies within the campus.
        self.box.ip("address", "add", "10.99.7.9/24", "dev", "mgmt")
        self.box.ip("route", "add", "default", "via", "10.99.7.1")
        self.management.ip("address", "add", "10.99.7.1/24", "dev", "eth0")
        # The switch: it answers for the gateway, and brings attackers.
        self.switch.ip("address", "add", f"{GATEWAY}/32", "dev", "port")
        self.switch.ip("address", "add", f"{ATTACKER}/32", "dev", "lo")
        self.switch.ip("route", "add", PREFIX, "dev", "port", "src", ATTACKER)

    def remove(self) -> None:
        for machine in (self.box, self.switch, self.management):
            if machine.exists():
                machine.delete()

    def setup(self, *arguments: str):
        return self.box.attempt(*self.command(*arguments))

    def command(self, *arguments: str) -> list[str]:
        return [str(TOOLS / "honeypot-setup"), "--state", str(self.state), "--etc", str(self.etc), *arguments]

    def everything(self) -> list[str]:
        """What the tool may change."""
        commands = (["ip", "route", "show", "table", "all"], ["ip", "rule"], ["nft", "list", "ruleset"],
                    ["sysctl", "-a", "-r",
                     r"arp_ignore|rp_filter|somaxconn|max_syn_backlog|accept_redirects|disable_ipv6"],
                    ["ethtool", "-k", "trap"])
        return [self.box.attempt(*command).stdout for command in commands]
