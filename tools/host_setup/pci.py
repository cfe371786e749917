"""The network cards of the PCI bus as sysfs shows them, and how one goes from driver to driver."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .refusal import Refusal

VFIO, UIO = "vfio-pci", "uio_pci_generic"
# What DPDK takes a card from; the last is DPDK's own, which others may have loaded.
USERSPACE = (VFIO, UIO, "igb_uio")
# Their DPDK drivers work beside the kernel's, which must stay (DPDK's "bifurcated" drivers).
BIFURCATED = ("mlx4_core", "mlx5_core", "mana")
PATIENCE_S = 5


@dataclass
class Nic:
    """One PCI network card, at the moment when it was looked at."""

    address: str
    directory: Path
    driver: str | None

    def interface_paths(self) -> list[Path]:
        """A virtio card has its interface one device further down."""
        return sorted([*self.directory.glob("net/*"), *self.directory.glob("virtio*/net/*")])

    @property
    def interfaces(self) -> list[str]:
        return [path.name for path in self.interface_paths()]

    def attribute(self, name: str) -> str:
        try:
            return (self.directory / name).read_text().strip()
        except OSError:
            return ""

    @property
    def iommu_group(self) -> str | None:
        link = self.directory / "iommu_group"
        return link.resolve().name if link.exists() else None

    @property
    def link(self) -> str:
        return ",".join(self.attribute(f"{path}/operstate") for path in self.interface_paths()) or "-"

    @property
    def model(self) -> str:
        return f"{self.attribute('vendor')[2:]}:{self.attribute('device')[2:]}"

    @property
    def mac(self) -> str | None:
        """Its own; one that was drawn or set (addr_assign_type other than 0) differs at the next boot."""
        for path in self.interface_paths():
            if self.attribute(f"{path}/addr_assign_type") == "0":
                return self.attribute(f"{path}/address") or None
        return None

    def usable(self, iommu: bool) -> str:
        """What DPDK makes of it, in a word or two."""
        if self.driver in BIFURCATED:
            return f"ready (keeps {self.driver})"
        if self.driver in USERSPACE:
            return "ready"
        return f"vfio group {self.iommu_group}" if iommu and self.iommu_group else "needs --no-iommu"


def modprobe(name: str) -> None:
    """Whether it worked shows in sysfs: a driver may be built in, or there may be no such module."""
    subprocess.run(["modprobe", "-q", name], capture_output=True, check=False)


class Pci:
    """The PCI bus below a sysfs root."""

    def __init__(self, sysfs: Path):
        self.sysfs = sysfs
        self.devices = sysfs / "bus/pci/devices"
        self.drivers = sysfs / "bus/pci/drivers"

    def nic(self, address: str) -> Nic:
        directory = self.devices / address
        if not directory.exists():
            raise Refusal(f"{address}: no such PCI device")
        if not (directory / "class").read_text().startswith("0x02"):
            raise Refusal(f"{address}: not a network card (PCI class {(directory / 'class').read_text().strip()})")
        link = directory / "driver"
        return Nic(address, directory, link.resolve().name if link.exists() else None)

    def nics(self) -> list[Nic]:
        if not self.devices.is_dir():
            return []
        network = [path.name for path in sorted(self.devices.iterdir())
                   if (path / "class").read_text().startswith("0x02")]
        return [self.nic(address) for address in network]

    def has_iommu(self) -> bool:
        groups = self.sysfs / "kernel/iommu_groups"
        return groups.is_dir() and any(groups.iterdir())

    def has_driver(self, driver: str) -> bool:
        """Loads it when it is a module."""
        if not (self.drivers / driver).exists():
            modprobe(driver)
        return (self.drivers / driver).exists()

    def group_companions(self, nic: Nic) -> list[str]:
        """Other devices of its IOMMU group that a kernel driver holds; bridges do not matter to vfio."""
        link = nic.directory / "iommu_group"
        others = [] if not link.exists() else sorted(p.name for p in (link.resolve() / "devices").glob("*"))
        held = []
        for other in others:
            driver = self.devices / other / "driver"
            if other != nic.address and driver.exists() and driver.resolve().name not in (VFIO, "pcieport"):
                held.append(f"{other} ({driver.resolve().name})")
        return held

    def move(self, nic: Nic, driver: str) -> None:
        """From its present driver to `driver`, which must be loaded. Raises Refusal when the kernel does not follow;
        the card is then with the driver that the kernel itself chooses for it."""
        try:
            self._offer(nic, driver)
            self._wait(nic, lambda now: now == driver, f"the kernel did not give it to {driver}; see dmesg")
        except OSError as error:
            self._take_back(nic)
            raise Refusal(f"{nic.address}: cannot give it to {driver}: {error.strerror} ({error.filename})") from error
        except Refusal:
            self._take_back(nic)
            raise

    def release(self, nic: Nic) -> str:
        """To the driver that the kernel itself chooses for this card; returns its name."""
        if alias := nic.attribute("modalias"):
            modprobe(alias)
        try:
            self._offer(nic, "")
        except OSError as error:
            raise Refusal(f"{nic.address}: cannot hand it back: {error.strerror} ({error.filename})") from error
        return self._wait(nic, lambda now: now not in (None, *USERSPACE), "no driver of the kernel took it; its module "
                          "may be missing or blacklisted")

    def _offer(self, nic: Nic, driver: str) -> None:
        """An empty driver_override lets any driver take the card. At boot another driver may take the card at any
        moment before the override is written, and none after: so the present one is looked at after it."""
        (nic.directory / "driver_override").write_text(driver + "\n")
        if self.nic(nic.address).driver:
            (nic.directory / "driver" / "unbind").write_text(nic.address)
        (self.sysfs / "bus/pci/drivers_probe").write_text(nic.address)

    def _take_back(self, nic: Nic) -> None:
        try:
            self._offer(nic, "")
            self._wait(nic, lambda now: now is not None, "")
        except (OSError, Refusal):
            pass  # What went wrong first is what the operator needs to hear.

    def _wait(self, nic: Nic, wanted, otherwise: str) -> str:
        deadline = time.monotonic() + PATIENCE_S
        while not wanted(driver := self.nic(nic.address).driver):
            if time.monotonic() > deadline:
                raise Refusal(f"{nic.address}: {otherwise}")
            time.sleep(0.05)
        return driver
