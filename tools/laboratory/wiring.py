"""Links between namespaces, as the cables of a real border would be."""

from .namespace import Namespace, run

# On a cable every frame has its checksums, one MTU at most, and its VLAN tag in the frame itself. A veth leaves
# all of that undone between two kernels, which AF_XDP and the tests would see.
CABLE = ["tx", "off", "rx", "off", "sg", "off", "tso", "off", "gso", "off", "gro", "off", "txvlan", "off",
         "rxvlan", "off"]


def link(left: Namespace, left_name: str, right: Namespace, right_name: str,
         left_mac: str | None = None, right_mac: str | None = None) -> None:
    """A veth pair, both ends up."""
    address = (lambda mac: ["address", mac] if mac else [])
    run("ip", "link", "add", left_name, *address(left_mac), "netns", left.name, "type", "veth",
        "peer", "name", right_name, *address(right_mac), "netns", right.name)
    for namespace, name in ((left, left_name), (right, right_name)):
        namespace.run("ethtool", "-K", name, *CABLE)
        namespace.ip("link", "set", name, "up")


def bridge(namespace: Namespace, name: str) -> None:
    """A plain Ethernet switch: no spanning tree, no snooping."""
    namespace.ip("link", "add", name, "type", "bridge", "forward_delay", "0", "stp_state", "0", "mcast_snooping", "0")
    namespace.ip("link", "set", name, "up")


def attach(campus: Namespace, bridge_name: str, port: str, machine: Namespace, interface: str, mac: str) -> None:
    """Plugs `interface` of `machine` into the bridge."""
    link(campus, port, machine, interface, right_mac=mac)
    campus.ip("link", "set", port, "master", bridge_name)


def router(namespace: Namespace) -> None:
    namespace.sysctl("net.ipv4.ip_forward", 1)
    namespace.sysctl("net.ipv4.conf.all.rp_filter", 0)
    namespace.sysctl("net.ipv4.conf.all.send_redirects", 0)
    namespace.sysctl("net.ipv4.conf.default.send_redirects", 0)
