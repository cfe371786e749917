"""Whether anything on this machine uses a network card. What is in use stays with the kernel: an operator who lost his
own connection could not take the mistake back."""

import functools
import json
import os
import shutil
import subprocess
from pathlib import Path

from .pci import USERSPACE, Nic
from .refusal import Refusal

# Drivers that hold a card and give it no interface: nobody can be using it through them.
WITHOUT_INTERFACE = (*USERSPACE, "pci-stub", "xen-pciback")
# Their "link" is a peer, not a device that they lie on.
PAIRS = ("veth", "netkit", "vxcan")


def ip_json(*command: str) -> list[dict]:
    """What iproute2 says; nothing when it knows no such device. Anything else that it cannot say is a Refusal: who is
    not told must not believe that nothing is there."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        if "does not exist" in result.stderr or "Cannot find device" in result.stderr:
            return []
        raise Refusal(f"'{' '.join(command)}' failed: {result.stderr.strip()}")
    return json.loads(result.stdout) if result.stdout.strip() else []


def above(sysfs: Path, interface: str) -> set[str]:
    """Every device that lies on `interface`: bridges, bonds, teams, VRFs, VLANs, macvlans, and what lies on those. The
    kernel links each of them, whatever its kind; a master is linked twice."""
    names, new = set(), {interface}
    while new:
        found = {link.name[len("upper_"):] for name in new for link in sysfs.glob(f"class/net/{name}/upper_*")}
        masters = [sysfs / f"class/net/{name}/master" for name in new]
        found |= {Path(os.readlink(link)).name for link in masters if link.is_symlink()}
        new = found - names
        names |= found
    return names


def open_vswitch_bridge(interface: str) -> str | None:
    """The bridge that it is a port of. Nothing links the two in sysfs: ports of the kernel's datapath have the master
    ovs-system, those of the userspace datapath have none."""
    if not shutil.which("ovs-vsctl"):
        return None
    result = subprocess.run(["ovs-vsctl", "--timeout=3", "iface-to-br", interface], capture_output=True, text=True,
                            check=False)
    return result.stdout.strip() or None if result.returncode == 0 else None


@functools.cache
def links_of_other_namespaces() -> list[tuple[str, dict]]:
    """Links that lie on a device of another namespace than their own, each with the path of its namespace. A macvlan
    in a container has no link in sysfs to the card that it lies on."""
    seen = {os.stat("/proc/self/ns/net").st_ino}
    found = []
    for path in [*Path("/run/netns").glob("*"), *Path("/proc").glob("[0-9]*/ns/net")]:
        try:
            inode = path.stat().st_ino
        except OSError:
            continue  # Its process has ended.
        if inode in seen:
            continue
        seen.add(inode)
        try:
            links = ip_json("nsenter", f"--net={path}", "ip", "-json", "-details", "link", "show")
        except Refusal:
            continue  # It ended between two steps, or it is a file that is no namespace.
        found += [(str(path), link) for link in links
                  if "link_netnsid" in link and link.get("linkinfo", {}).get("info_kind") not in PAIRS]
    return found


def ssh_server_address() -> str | None:
    """Where this ssh session came in. sudo takes the variable away, but not from the shell that called it."""
    pid = os.getpid()
    while pid > 1:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return None
        for entry in environment:
            words = entry.decode(errors="replace").partition("=")[2].split()
            if entry.startswith(b"SSH_CONNECTION=") and len(words) == 4:
                return words[2].partition("%")[0]
        pid = parent
    return None


def route_reasons(names: list[str]) -> list[str]:
    reasons = []
    families = [("-4", "IPv4"), *([("-6", "IPv6")] if Path("/proc/net/if_inet6").exists() else [])]
    for family, title in families:
        for route in ip_json("ip", "-json", family, "route", "show", "table", "all"):
            hops = {route.get("dev"), *(hop.get("dev") for hop in route.get("nexthops", []))}
            # What the kernel itself adds comes with an address, or is link-local.
            if route.get("type", "unicast") == "unicast" and route.get("protocol") != "kernel":
                what = "default route" if route["dst"] == "default" else f"route to {route['dst']}"
                reasons += [f"{name} carries the {title} {what}" for name in names if name in hops]
    return reasons


def address_reasons(name: str) -> list[str]:
    reasons = []
    session = ssh_server_address()
    for entry in ip_json("ip", "-json", "-details", "address", "show", "dev", name):
        for address in entry.get("addr_info", []):
            local = address.get("local")
            if session and session == local:
                reasons.append(f"this ssh session runs over {name} ({local})")
            elif address.get("scope") != "link":
                reasons.append(f"{name} has the address {local}")
        if "xdp" in entry:
            reasons.append(f"{name} runs an XDP program")
    return reasons


def stacked_reasons(sysfs: Path, nic: Nic, interface: str) -> list[str]:
    """Who has put something on it uses it, with addresses and routes or without them (virtual machines)."""
    reasons = [f"{name} lies on {interface}" for name in sorted(above(sysfs, interface))]
    if bridge := open_vswitch_bridge(interface):
        reasons.append(f"{interface} is a port of Open vSwitch's {bridge}")
    index = next((nic.attribute(f"{path}/ifindex") for path in nic.interface_paths() if path.name == interface), "")
    reasons += [f"{link['ifname']} of the network namespace {namespace} lies on {interface}"
                for namespace, link in links_of_other_namespaces() if str(link.get("link_index")) == index]
    return reasons


def reasons_to_keep(sysfs: Path, nic: Nic) -> list[str]:
    """Why the kernel must keep this card. Raises Refusal when it cannot be told."""
    interfaces = nic.interfaces
    names = sorted({*interfaces, *(name for interface in interfaces for name in above(sysfs, interface))})
    reasons = route_reasons(names) if names else []
    for name in names:
        reasons += address_reasons(name)
    for interface in interfaces:
        reasons += stacked_reasons(sysfs, nic, interface)
    if nic.driver and nic.driver not in WITHOUT_INTERFACE and not interfaces:
        reasons.append(f"{nic.driver} has it, but its interface is not here: another network namespace uses it")
    if (functions := nic.attribute("sriov_numvfs")) not in ("", "0"):
        reasons.append(f"it has {functions} virtual functions, which would vanish")
    return reasons
