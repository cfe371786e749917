"""tools/bind-nics against a tree that looks like /sys, with a thread in the kernel's place."""

import json
import os
import subprocess
import threading
from pathlib import Path

import pytest
from laboratory.namespace import Namespace
from laboratory.paths import TOOLS
from laboratory.wait import comes_true

NIC, NEIGHBOUR, DISK = "0000:03:00.0", "0000:03:00.1", "0000:05:00.0"


class FakeKernel:
    """Follows what is written to unbind and drivers_probe, as the PCI core does: by moving the driver link."""

    def __init__(self, root: Path):
        self.root = root
        self.pci = root / "bus/pci"
        for driver in ("ixgbe", "vfio-pci", "nvme"):
            (self.pci / "drivers" / driver).mkdir(parents=True)
            os.mkfifo(self.pci / "drivers" / driver / "unbind")
            self._follow(self.pci / "drivers" / driver / "unbind", self._unbind)
        os.mkfifo(self.pci / "drivers_probe")
        self._follow(self.pci / "drivers_probe", self._probe)

    def _follow(self, fifo: Path, action) -> None:
        # Open for writing as well, so that it never ends.
        descriptor = os.open(fifo, os.O_RDWR)

        def listen() -> None:
            while True:
                action(os.read(descriptor, 100).decode().strip())

        threading.Thread(target=listen, daemon=True).start()

    def _unbind(self, address: str) -> None:
        (self.pci / "devices" / address / "driver").unlink()

    def _probe(self, address: str) -> None:
        device = self.pci / "devices" / address
        # The kernel has unbound when the write to unbind returns; the fake's threads do it in their own time.
        comes_true(lambda: not (device / "driver").is_symlink(), timeout=5, interval=0.01)
        self.give(address, (device / "driver_override").read_text().strip())

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
            (device / "net" / interface / "operstate").write_text("up\n")
        self.give(address, driver)
        members = self.root / "kernel/iommu_groups" / group / "devices"
        members.mkdir(parents=True, exist_ok=True)
        (members / address).symlink_to(device)
        (device / "iommu_group").symlink_to(members.parent)


@pytest.fixture(name="kernel")
def fake_kernel(tmp_path: Path) -> FakeKernel:
    kernel = FakeKernel(tmp_path / "sys")
    kernel.add(NIC, "0x020000", "ixgbe", "ens9f0", "11")
    kernel.add(NEIGHBOUR, "0x020000", "ixgbe", "ens9f1", "12")
    kernel.add(DISK, "0x010802", "nvme", None, "13")
    return kernel


def bind_nics(kernel: FakeKernel, *arguments: str, namespace: Namespace | None = None) -> subprocess.CompletedProcess:
    command = [str(TOOLS / "bind-nics"), "--sysfs", str(kernel.root), "--state", str(kernel.root / "nics.json"),
               *arguments]
    if namespace:
        command = namespace.command(*command)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def test_lists_network_cards_alone(kernel) -> None:
    result = bind_nics(kernel)
    assert result.returncode == 0
    assert NIC in result.stdout and "ens9f0" in result.stdout and "ixgbe" in result.stdout
    assert DISK not in result.stdout


def test_binds_and_hands_back(kernel) -> None:
    assert bind_nics(kernel, "--bind", NIC).returncode == 0
    assert kernel.driver(NIC) == "vfio-pci"
    assert json.loads((kernel.root / "nics.json").read_text()) == {NIC: "ixgbe"}
    again = bind_nics(kernel, "--bind", NIC)
    assert again.returncode == 0 and "already" in again.stdout
    assert bind_nics(kernel, "--unbind", NIC).returncode == 0
    assert kernel.driver(NIC) == "ixgbe"
    assert not (kernel.pci / "devices" / NIC / "driver_override").read_text().strip()


def test_short_address(kernel) -> None:
    assert bind_nics(kernel, "--bind", "03:00.0").returncode == 0
    assert kernel.driver(NIC) == "vfio-pci"


@pytest.mark.parametrize("address, code, said", [
    (DISK, 1, "not a network card"), ("0000:09:00.0", 1, "no such PCI device"), ("eth0", 2, "not a PCI address")])
def test_refuses_what_is_no_card(kernel, address, code, said) -> None:
    result = bind_nics(kernel, "--bind", address)
    assert result.returncode == code and said in result.stderr


def test_refuses_without_iommu_and_says_why(kernel) -> None:
    for group in (kernel.root / "kernel/iommu_groups").iterdir():
        group.rename(kernel.root / group.name)
    result = bind_nics(kernel, "--bind", NIC)
    assert result.returncode == 1
    assert "no IOMMU" in result.stderr and "--no-iommu" in result.stderr
    assert kernel.driver(NIC) == "ixgbe"


def test_no_iommu_is_written_to_vfio(kernel) -> None:
    for group in (kernel.root / "kernel/iommu_groups").iterdir():
        group.rename(kernel.root / group.name)
    parameters = kernel.root / "module/vfio/parameters"
    parameters.mkdir(parents=True)
    assert bind_nics(kernel, "--bind", NIC, "--no-iommu").returncode == 0
    assert (parameters / "enable_unsafe_noiommu_mode").read_text() == "1\n"


def test_refuses_a_shared_iommu_group(kernel) -> None:
    group = kernel.root / "kernel/iommu_groups/11/devices"
    (group / DISK).symlink_to(kernel.pci / "devices" / DISK)
    result = bind_nics(kernel, "--bind", NIC)
    assert result.returncode == 1 and f"{DISK} (nvme)" in result.stderr
    assert kernel.driver(NIC) == "ixgbe"


def test_unbind_without_memory_of_the_driver(kernel) -> None:
    bind_nics(kernel, "--bind", NIC)
    (kernel.root / "nics.json").unlink()
    result = bind_nics(kernel, "--unbind", NIC)
    assert result.returncode == 1 and "driver_override" in result.stderr


@pytest.fixture(name="machine")
def machine_with_interface():
    """A namespace whose interface has the name of the fake card's."""
    machine = Namespace(f"hsnic{os.getpid()}")
    machine.create()
    try:
        machine.ip("link", "add", "ens9f0", "type", "veth", "peer", "name", "cable")
        machine.ip("link", "set", "ens9f0", "up")
        yield machine
    finally:
        machine.delete()


def test_refuses_the_default_route(kernel, machine) -> None:
    machine.ip("route", "add", "default", "dev", "ens9f0")
    result = bind_nics(kernel, "--bind", NIC, namespace=machine)
    assert result.returncode == 1 and "ens9f0 carries the IPv4 default route" in result.stderr
    assert kernel.driver(NIC) == "ixgbe"


def test_refuses_an_address(kernel, machine) -> None:
    machine.ip("address", "add", "192.0.2.7/24", "dev", "ens9f0")
    result = bind_nics(kernel, "--bind", NIC, namespace=machine)
    assert result.returncode == 1 and "ens9f0 has the address 192.0.2.7" in result.stderr


def test_refuses_the_member_of_a_bridge_with_an_address(kernel, machine) -> None:
    machine.ip("link", "add", "br7", "type", "bridge")
    machine.ip("address", "add", "192.0.2.8/24", "dev", "br7")
    (kernel.root / "class/net/ens9f0").mkdir(parents=True)
    (kernel.root / "class/net/ens9f0/upper_br7").symlink_to("../br7")
    result = bind_nics(kernel, "--bind", NIC, namespace=machine)
    assert result.returncode == 1 and "br7 has the address 192.0.2.8" in result.stderr
