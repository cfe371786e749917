"""tools/bind-nics against a tree that looks like /sys, with a thread in the kernel's place."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from fake_pci import DISK, NEIGHBOUR, NIC, FakeKernel, bind_nics, with_two_cards_and_a_disk

pytestmark = pytest.mark.no_switch


@pytest.fixture(name="kernel")
def fake_kernel(tmp_path: Path) -> FakeKernel:
    return with_two_cards_and_a_disk(tmp_path / "sys")


def test_lists_network_cards_alone(kernel) -> None:
    result = bind_nics(kernel)
    assert result.returncode == 0
    assert NIC in result.stdout and "ens9f0" in result.stdout and "ixgbe" in result.stdout
    assert DISK not in result.stdout


def test_binds_and_hands_back(kernel) -> None:
    assert bind_nics(kernel, "--bind", NIC).returncode == 0
    assert kernel.driver(NIC) == "vfio-pci"
    assert json.loads(kernel.state.read_text())[NIC]["driver"] == "ixgbe"
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
    (parameters / "enable_unsafe_noiommu_mode").write_text("N\n")
    assert bind_nics(kernel, "--bind", NIC, "--no-iommu").returncode == 0
    assert (parameters / "enable_unsafe_noiommu_mode").read_text() == "1\n"


def test_refuses_a_shared_iommu_group(kernel) -> None:
    group = kernel.root / "kernel/iommu_groups/11/devices"
    (group / DISK).symlink_to(kernel.pci / "devices" / DISK)
    result = bind_nics(kernel, "--bind", NIC)
    assert result.returncode == 1 and f"{DISK} (nvme)" in result.stderr
    assert kernel.driver(NIC) == "ixgbe"


def test_a_kernel_without_that_mode_of_vfio_binds_to_uio(kernel) -> None:
    """Debian 12's: it has no CONFIG_VFIO_NOIOMMU."""
    for group in (kernel.root / "kernel/iommu_groups").iterdir():
        group.rename(kernel.root / group.name)
    kernel.add_driver("uio_pci_generic")
    refused = bind_nics(kernel, "--bind", NIC)
    assert refused.returncode == 1 and "without CONFIG_VFIO_NOIOMMU" in refused.stderr
    assert "by uio_pci_generic" in refused.stderr and "dev:INTERFACE" in refused.stderr
    assert bind_nics(kernel, "--bind", NIC, "--no-iommu").returncode == 0
    assert kernel.driver(NIC) == "uio_pci_generic"
    assert "ready" in bind_nics(kernel).stdout
    assert bind_nics(kernel, "--unbind", NIC).returncode == 0
    assert kernel.driver(NIC) == "ixgbe"


def test_hands_back_without_memory_of_the_driver(kernel) -> None:
    bind_nics(kernel, "--bind", NIC)
    kernel.state.unlink()
    result = bind_nics(kernel, "--unbind", NIC)
    assert result.returncode == 0 and "vfio-pci → ixgbe" in result.stdout
    assert kernel.driver(NIC) == "ixgbe"


def test_a_card_that_vfio_does_not_take_keeps_its_driver(kernel) -> None:
    kernel.refusing.add("vfio-pci")
    result = bind_nics(kernel, "--bind", NIC, "--persist")
    assert result.returncode == 1 and "did not give it to vfio-pci" in result.stderr
    assert kernel.driver(NIC) == "ixgbe"
    assert not unit(kernel).exists()


def unit(kernel: FakeKernel) -> Path:
    return kernel.etc / "systemd/system/honeyswitch-nics.service"


def enabled(kernel: FakeKernel) -> bool:
    link = kernel.etc / "systemd/system/multi-user.target.wants/honeyswitch-nics.service"
    return link.exists() and link.resolve() == unit(kernel)


def at_boot(kernel: FakeKernel) -> subprocess.CompletedProcess:
    """What the unit runs."""
    lines = unit(kernel).read_text().splitlines()
    command = next(line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart="))
    return subprocess.run([*shlex.split(command), "--sysfs", str(kernel.root), "--etc", str(kernel.etc)],
                          capture_output=True, text=True, check=False, timeout=60)


def test_persistent_cards_are_bound_again_after_a_restart(kernel) -> None:
    assert bind_nics(kernel, "--bind", NIC).returncode == 0
    assert bind_nics(kernel, "--bind", NEIGHBOUR, "--persist").returncode == 0
    assert enabled(kernel)
    kernel.restart()
    result = at_boot(kernel)
    assert result.returncode == 0, result.stderr
    assert (kernel.driver(NIC), kernel.driver(NEIGHBOUR)) == ("ixgbe", "vfio-pci")


def test_what_is_bound_already_can_be_made_persistent(kernel) -> None:
    bind_nics(kernel, "--bind", NIC)
    assert bind_nics(kernel, "--bind", NIC, "--persist").returncode == 0
    kernel.restart()
    assert at_boot(kernel).returncode == 0
    assert kernel.driver(NIC) == "vfio-pci"


def test_at_boot_a_card_may_have_no_driver_yet(kernel) -> None:
    bind_nics(kernel, "--bind", NIC, "--persist")
    kernel.restart()
    (kernel.pci / "devices" / NIC / "driver").unlink()
    assert at_boot(kernel).returncode == 0
    assert kernel.driver(NIC) == "vfio-pci"
    assert bind_nics(kernel, "--unbind", NIC).returncode == 0
    assert kernel.driver(NIC) == "ixgbe"


def test_at_boot_another_card_at_the_address_is_left_alone(kernel) -> None:
    bind_nics(kernel, "--bind", NIC, "--persist")
    kernel.restart()
    (kernel.pci / "devices" / NIC / "net/ens9f0/address").write_text("02:00:00:00:77:77\n")
    result = at_boot(kernel)
    assert result.returncode == 1 and "another card is here" in result.stderr and "02:00:00:00:77:77" in result.stderr
    assert kernel.driver(NIC) == "ixgbe"


def test_unbind_takes_persistence_back_card_by_card(kernel) -> None:
    bind_nics(kernel, "--bind", NIC, NEIGHBOUR, "--persist")
    assert "no longer bound at boot" in bind_nics(kernel, "--unbind", NIC).stdout
    assert enabled(kernel)
    kernel.restart()
    at_boot(kernel)
    assert (kernel.driver(NIC), kernel.driver(NEIGHBOUR)) == ("ixgbe", "vfio-pci")
    bind_nics(kernel, "--unbind", NEIGHBOUR)
    assert not [path for path in kernel.etc.rglob("*") if not path.is_dir()]


def test_unpersist_leaves_what_is_bound(kernel) -> None:
    bind_nics(kernel, "--bind", NIC, "--persist")
    assert bind_nics(kernel, "--unpersist").returncode == 0
    assert kernel.driver(NIC) == "vfio-pci"
    assert not unit(kernel).exists() and not enabled(kernel)
    again = bind_nics(kernel, "--unpersist")
    assert again.returncode == 0 and "nothing was bound at boot" in again.stdout
    assert bind_nics(kernel, "--unbind", NIC).returncode == 0
    assert kernel.driver(NIC) == "ixgbe"


def test_systemd_understands_the_unit(kernel) -> None:
    bind_nics(kernel, "--bind", NIC, "--persist")
    result = subprocess.run(["systemd-analyze", "verify", str(unit(kernel))], capture_output=True, text=True,
                            check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_persist_needs_cards(kernel) -> None:
    result = bind_nics(kernel, "--persist")
    assert result.returncode == 2 and "--bind" in result.stderr
