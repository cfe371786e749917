"""A PCI bus as /sys shows it, with threads in the kernel's place, and tools/bind-nics on it."""

import contextlib
import os
import select
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from laboratory.namespace import Namespace
from laboratory.paths import TOOLS

NIC, NEIGHBOUR, DISK = "0000:03:00.0", "0000:03:00.1", "0000:05:00.0"


class FakeKernel:
    """Follows what is written to unbind and drivers_probe, as the PCI core does: by moving the driver link."""

    def __init__(self, root: Path):
        self.root = root
        self.pci = root / "bus/pci"
        self.state, self.etc = root.parent / "lib/nics.json", root.parent / "etc"
        self.actions: list[tuple[int, Callable[[str], None]]] = []
        self.own_driver: dict[str, str] = {}
        self.refusing: set[str] = set()  # drivers that take no card
        for driver in ("ixgbe", "vfio-pci", "nvme"):
            self.add_driver(driver)
        self._follow("drivers_probe", self._probe)
        threading.Thread(target=self._listen, daemon=True).start()

    def add_driver(self, driver: str) -> None:
        (self.pci / "drivers" / driver).mkdir(parents=True)
        self._follow(f"drivers/{driver}/unbind", self._unbind)

    def _follow(self, name: str, action) -> None:
        os.mkfifo(self.pci / name)
        # Open for writing as well, so that it never ends.
        self.actions.append((os.open(self.pci / name, os.O_RDWR | os.O_NONBLOCK), action))

    def _listen(self) -> None:
        """The kernel has unbound when the write to unbind returns. Here one thread answers, and drivers_probe last: who
        writes to unbind and then to drivers_probe finds it done in this order."""
        while True:
            select.select([descriptor for descriptor, _ in self.actions], [], [])
            for descriptor, action in sorted(self.actions, key=lambda pair: pair[1] == self._probe):
                with contextlib.suppress(BlockingIOError):
                    action(os.read(descriptor, 100).decode().strip())

    def _unbind(self, address: str) -> None:
        (self.pci / "devices" / address / "driver").unlink()

    def _probe(self, address: str) -> None:
        device = self.pci / "devices" / address
        driver = (device / "driver_override").read_text().strip() or self.own_driver[address]
        if driver not in self.refusing:
            self.give(address, driver)

    def restart(self) -> None:
        """What a reboot does to bindings: each card is with its own driver again."""
        for device in (self.pci / "devices").iterdir():
            (device / "driver_override").write_text("\n")
            (device / "driver").unlink(missing_ok=True)
            self.give(device.name, self.own_driver[device.name])

    def give(self, address: str, driver: str) -> None:
        (self.pci / "devices" / address / "driver").symlink_to(self.pci / "drivers" / driver)

    def driver(self, address: str) -> str:
        return (self.pci / "devices" / address / "driver").resolve().name

    def add(self, address: str, pci_class: str, driver: str, interface: str | None, group: str) -> None:
        device = self.pci / "devices" / address
        device.mkdir(parents=True)
        for name, text in (("class", pci_class), ("vendor", "0x8086"), ("device", "0x1528"), ("numa_node", "0"),
                           ("driver_override", "")):
            (device / name).write_text(text + "\n")
        if interface:
            (device / "net" / interface).mkdir(parents=True)
            mac = f"02:00:00:00:{address[5:7]}:0{address[-1]}"
            for name, text in (("operstate", "up"), ("address", mac), ("addr_assign_type", "0"), ("ifindex", "9999")):
                (device / "net" / interface / name).write_text(text + "\n")
        self.own_driver[address] = driver
        self.give(address, driver)
        members = self.root / "kernel/iommu_groups" / group / "devices"
        members.mkdir(parents=True, exist_ok=True)
        (members / address).symlink_to(device)
        (device / "iommu_group").symlink_to(members.parent)


def with_two_cards_and_a_disk(root: Path) -> FakeKernel:
    kernel = FakeKernel(root)
    kernel.add(NIC, "0x020000", "ixgbe", "ens9f0", "11")
    kernel.add(NEIGHBOUR, "0x020000", "ixgbe", "ens9f1", "12")
    kernel.add(DISK, "0x010802", "nvme", None, "13")
    return kernel


def bind_command(kernel: FakeKernel, *arguments: str) -> list[str]:
    return [str(TOOLS / "bind-nics"), "--sysfs", str(kernel.root), "--state", str(kernel.state), "--etc",
            str(kernel.etc), *arguments]


def bind_nics(kernel: FakeKernel, *arguments: str, namespace: Namespace | None = None) -> subprocess.CompletedProcess:
    command = bind_command(kernel, *arguments)
    if namespace:
        command = namespace.command(*command)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
