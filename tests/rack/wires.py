"""What the rack is wired to: a namespace for each port of the guest, with a tap in it that is the far end of the cable.

    attacker 203.0.113.7 ── outside ═ honeyswitch ═ inside ── campus 10.66.0.10
                                          ║
                                       honeypot ── answers for 10.66.0.0/16
"""

import errno
import fcntl
import os
import struct
from pathlib import Path

from laboratory.namespace import Namespace
from laboratory.processes import Processes
from laboratory.wait import wait_for
from rack.places import TOOLS

SIDES = ("outside", "inside", "honeypot")
MACHINES = {"outside": "attacker", "inside": "campus", "honeypot": "honeypot"}
ATTACKER, HOST, CAMPUS = "203.0.113.7", "10.66.0.10", "10.66.0.0/16"
DARK, DARK_ADDRESS = "10.66.240.0/20", "10.66.240.9"
BORDER, CORE = "192.0.2.1", "192.0.2.2"
WEB, ECHO = Path(__file__).with_name("web.py"), TOOLS / "laboratory/catch_all.py"
ECHO_PORT = 7000
# Of the taps, so that frames of any length can be sent. Routes have the usual one, or TCP would use it.
CABLE_MTU, ROUTE_MTU = 12_000, 1_500
# linux/if_tun.h
TUNSETIFF, TUNSETPERSIST = 0x400454CA, 0x400454CB
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000


class Wires:
    """Namespaces and taps. A tap stays when the guest goes, as a cable stays when a machine loses its power."""

    def __init__(self, prefix: str, processes: Processes, directory: Path):
        self.processes = processes
        self.directory = directory
        self.machines = {side: Namespace(f"{prefix}{name}", directory / "machines") for side, name in MACHINES.items()}

    @property
    def attacker(self) -> Namespace:
        return self.machines["outside"]

    @property
    def campus(self) -> Namespace:
        return self.machines["inside"]

    def up(self) -> None:
        for side, machine in self.machines.items():
            machine.create()
            os.close(self.open_tap(side))
            mtu = CABLE_MTU if side != "honeypot" else ROUTE_MTU
            machine.ip("link", "set", side, "mtu", str(mtu), "up")
        self._address()
        self.machines["honeypot"].run(str(TOOLS / "honeypot-setup"), "--prefix", CAMPUS, "--interface", "honeypot",
                                      "--state", str(self.directory / "honeypot-setup.json"))  # fmt: skip
        for side in ("inside", "honeypot"):
            self._serve(side)

    def _address(self) -> None:
        mtu = ("mtu", str(ROUTE_MTU))
        for side, own, far in (("outside", BORDER, ATTACKER), ("inside", CORE, HOST)):
            machine = self.machines[side]
            machine.ip("address", "add", f"{own}/32", "dev", side)
            machine.ip("address", "add", f"{far}/32", "dev", "lo")
            machine.ip("route", "add", "192.0.2.0/30", "dev", side, "src", own, *mtu)
        self.attacker.ip("route", "add", CAMPUS, "via", CORE, "src", ATTACKER, *mtu)
        self.campus.ip("route", "add", "default", "via", BORDER, "src", HOST, *mtu)

    def _serve(self, side: str) -> None:
        machine = MACHINES[side]
        for name, words in ((f"web-{machine}", (str(WEB), machine)),
                            (f"echo-{machine}", (str(ECHO), "--port", str(ECHO_PORT), "--name", machine))):  # fmt: skip
            self.processes.start(name, self.machines[side].command("/usr/bin/python3", *words))
            log = self.processes.log(name)
            wait_for(f"{name} listens", lambda log=log: "listen" in log.read_text(),
                     evidence=lambda name=name: self.processes.tail(name))  # fmt: skip

    def open_tap(self, side: str) -> int:
        """The end that QEMU has. Whoever opens it has the cable; there may be one at a time."""
        with self.machines[side].entered():
            descriptor = os.open("/dev/net/tun", os.O_RDWR)
        wait_for(f"the cable of {side} is free", lambda: self._take(descriptor, side))
        fcntl.ioctl(descriptor, TUNSETPERSIST, 1)
        return descriptor

    @staticmethod
    def _take(descriptor: int, side: str) -> bool:
        """A QEMU that was killed has it until its last thread is gone."""
        try:
            fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", side.encode(), IFF_TAP | IFF_NO_PI))
        except OSError as error:
            if error.errno == errno.EBUSY:
                return False
            raise
        return True

    def down(self) -> None:
        for machine in self.machines.values():
            if machine.is_ours():
                machine.delete()
