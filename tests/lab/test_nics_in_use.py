"""What tools/bind-nics takes for a card that is in use."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_pci import NIC, FakeKernel, bind_command, bind_nics, with_two_cards_and_a_disk
from laboratory.namespace import Namespace

pytestmark = pytest.mark.no_switch


@pytest.fixture(name="kernel")
def fake_kernel(tmp_path: Path) -> FakeKernel:
    return with_two_cards_and_a_disk(tmp_path / "sys")


@pytest.fixture(name="machine")
def machine_with_interface() -> Iterator[Namespace]:
    """A namespace whose interface has the name of the fake card's."""
    machine = Namespace(f"hsnic{os.getpid()}")
    machine.create()
    try:
        machine.ip("link", "add", "ens9f0", "type", "veth", "peer", "name", "cable")
        machine.ip("link", "set", "ens9f0", "up")
        yield machine
    finally:
        machine.delete()


def refused(kernel: FakeKernel, machine: Namespace | None, reason: str) -> bool:
    result = bind_nics(kernel, "--bind", NIC, namespace=machine)
    assert kernel.driver(NIC) == "ixgbe"
    assert reason in result.stderr, result.stderr
    return result.returncode == 1


def test_an_interface_that_nobody_uses_is_bound(kernel, machine) -> None:
    assert bind_nics(kernel, "--bind", NIC, namespace=machine).returncode == 0


def test_refuses_the_default_route(kernel, machine) -> None:
    machine.ip("route", "add", "default", "dev", "ens9f0")
    assert refused(kernel, machine, "ens9f0 carries the IPv4 default route")


def test_refuses_a_route_of_any_table(kernel, machine) -> None:
    machine.ip("route", "add", "192.0.2.0/24", "dev", "ens9f0", "table", "77")
    assert refused(kernel, machine, "ens9f0 carries the IPv4 route to 192.0.2.0/24")


def test_refuses_an_address(kernel, machine) -> None:
    machine.ip("address", "add", "192.0.2.7/24", "dev", "ens9f0")
    assert refused(kernel, machine, "ens9f0 has the address 192.0.2.7")


def test_refuses_the_link_local_address_of_this_ssh_session(kernel, machine) -> None:
    machine.sysctl("net.ipv6.conf.ens9f0.disable_ipv6", 0)
    machine.ip("address", "add", "fe80::7/64", "dev", "ens9f0", "nodad")
    session = {"SSH_CONNECTION": "fe80::8%ens9f0 4000 fe80::7%ens9f0 22"}
    # A shell between the two, as sudo takes the variable away.
    result = subprocess.run(["sh", "-c", 'env -u SSH_CONNECTION "$@"; exit $?', "sh",
                             *machine.command(*bind_command(kernel, "--bind", NIC))],
                            capture_output=True, text=True, check=False, env={**os.environ, **session}, timeout=30)
    assert result.returncode == 1 and "this ssh session runs over ens9f0 (fe80::7)" in result.stderr
    assert kernel.driver(NIC) == "ixgbe"


def test_refuses_the_member_of_a_bridge_with_an_address(kernel, machine) -> None:
    machine.ip("link", "add", "br7", "type", "bridge")
    machine.ip("address", "add", "192.0.2.8/24", "dev", "br7")
    put_on(kernel, "ens9f0", "br7")
    assert refused(kernel, machine, "br7 has the address 192.0.2.8")


def put_on(kernel: FakeKernel, lower: str, upper: str, master: bool = False) -> None:
    """As the kernel links two devices of which one lies on the other."""
    folder = kernel.root / "class/net" / lower
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"upper_{upper}").symlink_to(f"../{upper}")
    if master:
        (folder / "master").symlink_to(f"../{upper}")


@pytest.mark.parametrize("upper, master", [
    ("br0", True), ("bond0", True), ("team0", True), ("vrf-blue", True), ("ovs-system", True), ("ens9f0.12", False),
    ("macvlan0", False), ("macvtap0", False), ("ipvlan0", False), ("macsec0", False)])
def test_refuses_what_anything_lies_on(kernel, upper, master) -> None:
    """No address and no route is to be seen: virtual machines, containers or Open vSwitch have those."""
    put_on(kernel, "ens9f0", upper, master)
    assert refused(kernel, None, f"{upper} lies on ens9f0")


def test_refuses_what_lies_on_it_by_several_steps(kernel, machine) -> None:
    put_on(kernel, "ens9f0", "bond0", master=True)
    put_on(kernel, "bond0", "bond0.7")
    put_on(kernel, "bond0.7", "br7", master=True)
    machine.ip("link", "add", "br7", "type", "bridge")
    machine.ip("link", "set", "br7", "up")
    machine.ip("route", "add", "default", "dev", "br7")
    assert refused(kernel, machine, "br7 carries the IPv4 default route")


def test_refuses_a_port_of_open_vswitch_without_a_master(kernel, tmp_path, monkeypatch) -> None:
    """Those of its userspace datapath."""
    (tmp_path / "ovs-vsctl").write_text('#!/bin/sh\n[ "$3" = ens9f0 ] && echo br-ex\n')
    (tmp_path / "ovs-vsctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert refused(kernel, None, "ens9f0 is a port of Open vSwitch's br-ex")


def test_refuses_what_another_namespace_lies_on(kernel, machine) -> None:
    """A container's macvlan leaves no link beside the card's own."""
    container = Namespace(f"hsnicc{os.getpid()}")
    container.create()
    try:
        machine.ip("link", "add", "link", "ens9f0", "name", "mv0", "type", "macvlan")
        machine.ip("link", "set", "mv0", "netns", container.name)
        index = json.loads(machine.ip("-json", "link", "show", "ens9f0"))[0]["ifindex"]
        (kernel.pci / "devices" / NIC / "net/ens9f0/ifindex").write_text(f"{index}\n")
        assert refused(kernel, machine, f"mv0 of the network namespace /run/netns/{container.name} lies on ens9f0")
    finally:
        container.delete()


def test_refuses_a_card_whose_interface_another_namespace_has(kernel) -> None:
    shutil.rmtree(kernel.pci / "devices" / NIC / "net")
    assert refused(kernel, None, "another network namespace uses it")


def test_refuses_a_card_with_virtual_functions(kernel) -> None:
    (kernel.pci / "devices" / NIC / "sriov_numvfs").write_text("4\n")
    assert refused(kernel, None, "4 virtual functions")


def test_refuses_an_interface_with_an_xdp_program(kernel, tmp_path, monkeypatch) -> None:
    """Of another honeyswitch, say. What iproute2 prints of one stands in for it."""
    (tmp_path / "ip").write_text("""#!/bin/sh
case "$*" in *address*) echo '[{"ifname":"ens9f0","addr_info":[],"xdp":{"mode":2}}]' ;; *) echo '[]' ;; esac
""")
    (tmp_path / "ip").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert refused(kernel, None, "ens9f0 runs an XDP program")


def test_refuses_when_it_cannot_be_told(kernel, tmp_path, monkeypatch) -> None:
    (tmp_path / "ip").write_text("#!/bin/sh\necho 'Cannot open netlink socket' >&2; exit 1\n")
    (tmp_path / "ip").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert refused(kernel, None, "Cannot open netlink socket")
