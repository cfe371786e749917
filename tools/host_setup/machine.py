"""What a machine brings for a switch: CPUs, memory, IOMMU, and its network cards with what may be in the way."""

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from .nic_use import reasons_to_keep
from .pci import USERSPACE, Nic, Pci
from .refusal import Refusal

# Private flags of Intel's drivers by which the firmware keeps LLDP for itself, and the value that lets it pass.
FIRMWARE_LLDP = {"disable-fw-lldp": "on", "fw-lldp-agent": "off"}


def cpu_list(text: str) -> list[int]:
    """"0-3,8" as the kernel writes it."""
    cpus: list[int] = []
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        cpus += range(int(first), int(last or first) + 1)
    return cpus


def cpu_text(cpus: list[int]) -> str:
    return ",".join(map(str, cpus))


def read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


@dataclass
class Card:
    """A network card, as an operator chooses among them."""

    nic: Nic
    reasons: list[str] = field(default_factory=list)  # why it must stay with the kernel
    warnings: list[str] = field(default_factory=list)
    speed: str = "-"
    queues: int | None = None  # None: nobody tells

    @property
    def address(self) -> str:
        return self.nic.address

    @property
    def node(self) -> int:
        return max(0, int(self.nic.attribute("numa_node") or 0))

    def row(self) -> tuple[str, ...]:
        return (self.address, self.nic.model, ",".join(self.nic.interfaces) or "-", self.nic.driver or "-",
                self.nic.link, self.speed, str(self.queues or "-"), str(self.node), "; ".join(self.reasons) or "free")


HEADINGS = ("PCI address", "device", "interface", "driver", "link", "speed", "queues", "node", "use")


class Machine:
    """Below `sysfs`; looks, and changes nothing."""

    def __init__(self, sysfs: Path):
        self.sysfs = sysfs
        self.pci = Pci(sysfs)
        self.cpus = cpu_list(read(sysfs / "devices/system/cpu/online"))
        self.isolated = cpu_list(read(sysfs / "devices/system/cpu/isolated"))
        self.iommu = self.pci.has_iommu()
        self.cards = [self._card(nic) for nic in self.pci.nics()]

    def _card(self, nic: Nic) -> Card:
        card = Card(nic)
        try:
            card.reasons = [] if nic.driver in USERSPACE else reasons_to_keep(self.sysfs, nic)
        except Refusal as refusal:
            card.reasons = [str(refusal)]
        for interface in nic.interfaces:
            speed = read(nic.directory / "net" / interface / "speed")
            if speed.isdigit() and int(speed) > 0:
                card.speed = f"{int(speed) // 1000}G" if int(speed) % 1000 == 0 else f"{speed}M"
            card.queues = combined_queues(ethtool("-l", interface))
            card.warnings += lldp_warnings(nic.address, interface, ethtool("--show-priv-flags", interface))
        return card

    def node_cpus(self, node: int) -> list[int]:
        return cpu_list(read(self.sysfs / f"devices/system/node/node{node}/cpulist")) or self.cpus

    def lcores(self, workers: int, node: int) -> str | None:
        """The control thread's CPU and the workers', where it matters which: isolated ones are the workers', on the
        cards' node if it has them. None: CPUs 0, 1, 2, … are as good as any."""
        near = self.node_cpus(node)
        isolated = [cpu for cpu in near if cpu in self.isolated] or self.isolated
        shared = [cpu for cpu in self.cpus if cpu not in self.isolated]
        others = [cpu for cpu in near if cpu in shared] or shared
        chosen = [*others[:1], *(isolated or others[1:])[:workers]]
        if len(chosen) != workers + 1 or chosen == list(range(workers + 1)):
            return None
        return cpu_text(chosen)

    def describe(self) -> list[str]:
        """What an operator should know, a sentence a line."""
        lines = [f"CPUs: {len(self.cpus)}, of which {len(self.isolated)} are kept free of other work (isolcpus)",
                 f"IOMMU: {'yes' if self.iommu else 'none'}"]
        rows = [HEADINGS, *(card.row() for card in self.cards)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS) - 1)]
        if self.cards:
            lines += ["  ".join([cell.ljust(width) for cell, width in zip(row, widths)] + [row[-1]]).rstrip()
                      for row in rows]
        else:
            lines.append("network cards on the PCI bus: none; interfaces of the kernel can be used as dev:NAME")
        return lines + [warning for card in self.cards for warning in card.warnings]


def ethtool(option: str, interface: str) -> str:
    """What it says; nothing where it is missing, or the driver has no answer."""
    if not shutil.which("ethtool"):
        return ""
    return subprocess.run(["ethtool", option, interface], capture_output=True, text=True, check=False).stdout


def combined_queues(text: str) -> int | None:
    """Of `ethtool -l`: how many queues the card can have for each direction."""
    most = text.partition("Current hardware settings")[0]
    found = {name: int(value) for name, value in re.findall(r"^(RX|Combined):\s+(\d+)", most, re.MULTILINE)}
    return max(found.values(), default=0) or None


def lldp_warnings(address: str, interface: str, text: str) -> list[str]:
    """Of `ethtool --show-priv-flags`."""
    warnings = []
    for flag, value in re.findall(r"^(\S+)\s*:\s*(on|off)", text, re.MULTILINE):
        wanted = FIRMWARE_LLDP.get(flag)
        if wanted and value != wanted:
            warnings.append(f"{address}: its firmware keeps LLDP frames for itself, so that neighbours do not see each "
                            f"other through the switch: 'ethtool --set-priv-flags {interface} {flag} {wanted}' before "
                            "it is bound")
    return warnings
