"""A honeypot whose cable carries it on a VLAN."""

from . import addresses, wiring
from .honeypot import Honeypot
from .paths import TOOLS


class Trap(Honeypot):
    """`interface` is the VLAN's; the cable is eth0."""

    CABLE = "eth0"
    INNER = "untagged"  # the other end of `interface`

    def plug_in(self) -> None:
        """Once the cable is there."""
        wiring.link(self.namespace, self.interface, self.namespace, self.INNER, left_mac=addresses.TRAP_MAC)
        self._start("tagger", str(TOOLS / "laboratory/tagger.py"), "--cable", self.CABLE, "--port", self.INNER,
                    "--vlan", str(addresses.TRAP_VLAN))
