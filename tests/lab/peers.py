"""Neighbours on a link as real networks have them, one program on each side, and what each says of the other: that it
is up, and how often it was lost."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from laboratory.namespace import run
from wire import Side

FRR = Path("/usr/lib/frr")
OVS_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
GROUPS = {"lacp": "01:80:c2:00:00:02", "rstp": "01:80:c2:00:00:00"}  # where frames of a protocol go
HELLO_INTERVAL_S = 1


@dataclass
class Observation:
    up: bool
    losses: int  # since the program began, as it counts them itself
    said: str  # its own words, for who has to find out why


class Frr:
    """zebra, and bfdd (3 × 50 ms), bgpd and isisd over it. BGP asks BFD whether its neighbour is there."""

    def __init__(self, side: Side, other: Side, number: int):
        self.side, self.other, self.number = side, other, number
        self.folder = side.folder / "frr"

    def _files(self) -> dict[str, str]:
        return {
            "zebra": f"hostname {self.side.name}\n",
            "bfdd": "bfd\n profile fast\n  detect-multiplier 3\n  receive-interval 50\n  transmit-interval 50\n",
            "bgpd": f"router bgp 6500{self.number}\n bgp router-id {self.side.address}\n no bgp ebgp-requires-policy\n"
                    f" timers bgp 1 3\n neighbor {self.other.address} remote-as 6500{3 - self.number}\n"
                    f" neighbor {self.other.address} timers connect 1\n neighbor {self.other.address} bfd profile fast\n",
            "isisd": f"interface wire\n ip router isis campus\n isis circuit-type level-2-only\n"
                     f" isis hello-interval {HELLO_INTERVAL_S}\n isis hello-multiplier 3\n isis hello padding\n"
                     f"router isis campus\n net 49.0001.0000.0000.000{self.number}.00\n is-type level-2-only\n"
                     " log-adjacency-changes\n",
        }

    def start(self) -> None:
        self.folder.mkdir()
        shutil.chown(self.folder, "frr", "frr")
        for name, text in self._files().items():
            (self.folder / f"{name}.conf").write_text(text)
            options = ["--bfdctl", str(self.folder / "bfdd.control")] if name == "bfdd" else []
            self.side.start(name, str(FRR / name), "--vty_socket", str(self.folder),
                            "-z", str(self.folder / "zserv.api"), "-i", str(self.folder / f"{name}.pid"),
                            "-f", str(self.folder / f"{name}.conf"), "-P", "0", "--log", "stdout", *options)
            if name == "zebra":
                self.side.wait_for("zebra listens", (self.folder / "zserv.api").exists)
            if name == "bfdd":  # sessions that bgpd asks for before are forgotten
                self.side.wait_for("bfdd is there", lambda: "announce only bfd routes" in self.side.log("zebra"))

    def ask(self, daemon: str, command: str) -> str:
        return self.side.namespace.attempt("vtysh", "--vty_socket", str(self.folder), "-d", daemon, "-c", command).stdout

    def bfd(self) -> Observation:
        said = self.ask("bfdd", "show bfd peers json")
        peers = _json(said, [])
        counters = _json(self.ask("bfdd", "show bfd peers counters json"), [])
        return Observation(bool(peers) and all(peer["status"] == "up" for peer in peers),
                           sum(peer.get("session-down", 0) for peer in counters), said)

    def bgp(self) -> Observation:
        said = self.ask("bgpd", "show bgp neighbors json")
        neighbour = _json(said, {}).get(self.other.address, {})
        return Observation(neighbour.get("bgpState") == "Established", neighbour.get("connectionsDropped", 0), said)

    def isis(self) -> Observation:
        said = self.ask("isisd", "show isis neighbor detail")
        log = self.side.log("isisd")  # it forgets its counters with an adjacency
        return Observation("State: Up" in said, len(re.findall(r"ADJCHANGE.*from Up to", log)), said + log)


class OpenVswitch:
    """Two userspace bridges with a port each: of the one it speaks LACP, of the other RSTP (of both it would wait for
    either to let the other begin). Nothing else of the wire reaches them: that is for the kernel."""

    def __init__(self, side: Side, number: int):
        self.side, self.folder, self.root = side, side.folder / "ovs", number == 1

    def _environment(self) -> dict[str, str]:
        return {name: str(self.folder) for name in ("OVS_RUNDIR", "OVS_DBDIR", "OVS_SYSCONFDIR", "OVS_LOGDIR")}

    def start(self) -> None:
        self.folder.mkdir()
        database = f"unix:{self.folder}/db.sock"
        run("ovsdb-tool", "create", str(self.folder / "conf.db"), OVS_SCHEMA)
        self.side.start("ovsdb", "ovsdb-server", str(self.folder / "conf.db"), f"--remote=p{database}",
                        f"--unixctl={self.folder}/db.ctl", environment=self._environment())
        self.side.wait_for("ovsdb-server listens", (self.folder / "db.sock").exists)
        self._plug_in()
        self._vsctl("--no-wait", "init")
        self.side.start("vswitchd", "ovs-vswitchd", database, f"--unixctl={self.folder}/vswitchd.ctl", "-vfile:off",
                        "-vconsole:info", environment=self._environment())
        self._add_bridge("lacp")
        self._vsctl("set", "port", "lacp", "lacp=active", "other_config:lacp-time=fast",
                    f"other_config:lacp-system-id={self.side.mac}")
        self._add_bridge("rstp")
        self._vsctl("set", "bridge", "br-rstp", f"other_config:rstp-priority={4096 if self.root else 32768}",
                    "rstp_enable=true")

    def _add_bridge(self, name: str) -> None:
        self._vsctl("add-br", f"br-{name}", "--", "set", "bridge", f"br-{name}", "datapath_type=netdev",
                    "--", "add-port", f"br-{name}", name)

    def _plug_in(self) -> None:
        """A pair of interfaces for each, which the kernel joins to the wire for the frames of its protocol."""
        namespace, from_wire, to_wire = self.side.namespace, "", ""
        for name, group in GROUPS.items():
            namespace.ip("link", "add", name, "type", "veth", "peer", "name", f"to_{name}")
            for end in (name, f"to_{name}"):
                namespace.ip("link", "set", end, "up")
            from_wire += f' ether daddr {group} fwd to "to_{name}"\n'
            to_wire += f"""chain {name} {{
 type filter hook ingress device "to_{name}" priority 0
 ether daddr {group} fwd to "wire"
}}
"""
        rules = f"""table netdev ovs {{
chain wire {{
 type filter hook ingress device "wire" priority 0
{from_wire}}}
{to_wire}}}
"""
        run(*namespace.command("nft", "-f", "-"), stdin=rules)

    def _vsctl(self, *words: str) -> str:
        return self.side.namespace.run("ovs-vsctl", f"--db=unix:{self.folder}/db.sock", "--timeout=20", *words)

    def _ask(self, *words: str) -> str:
        return self.side.namespace.attempt("ovs-appctl", "-t", f"{self.folder}/vswitchd.ctl", *words).stdout

    def lacp(self) -> Observation:
        said = self._ask("lacp/show") + self._ask("lacp/show-stats")
        lost = re.findall(r"Link (?:Expired|Defaulted): (\d+)", said)
        return Observation("current attached" in said, sum(int(count) for count in lost), said)

    def rstp(self) -> Observation:
        """It counts no lost neighbours, so who wants to know looks again and again. The bridge that is not the root by
        its priority says whether it hears the other: after three missing hellos (6 s) it is a root itself."""
        said = self._ask("rstp/show", "br-rstp")
        port = re.search(r"^\s+rstp\s+(\S+)\s+(\S+)", said, re.MULTILINE)
        role = "Designated" if self.root else "Root"
        return Observation(port is not None and port.groups() == (role, "Forwarding"), 0, said)


class Lldpd:
    def __init__(self, side: Side):
        self.side, self.socket = side, side.folder / "lldpd.socket"

    def start(self) -> None:
        Path("/run/lldpd").mkdir(exist_ok=True)  # where it locks its helper in, as its unit does
        self.side.start("lldpd", "lldpd", "-d", "-I", "wire", "-u", str(self.socket), "-O", "/dev/null")
        self.side.wait_for("lldpd listens", self.socket.exists)
        self._ask("configure", "lldp", "tx-interval", "1")
        self._ask("configure", "lldp", "tx-hold", "6")  # on a loaded machine lldpd itself may wait for three seconds

    def _ask(self, *words: str) -> str:
        return self.side.namespace.attempt("lldpcli", "-u", str(self.socket), *words).stdout

    def lldp(self) -> Observation:
        said = self._ask("-f", "json", "show", "neighbors")
        statistics = self._ask("-f", "json", "show", "statistics", "summary")
        return Observation("chassis" in said, _sum_of(_json(statistics, {}), "ageout_cnt"), said + statistics)


class Keepalived:
    """VRRP with ten advertisements a second. The first side is master; the other takes over as soon as three are
    missing."""

    def __init__(self, side: Side, number: int):
        self.side, self.master = side, number == 1

    def start(self) -> None:
        path = self.side.folder / "keepalived.conf"
        path.write_text(f"""global_defs {{
 vrrp_version 3
}}
vrrp_instance campus {{
 interface wire
 virtual_router_id 51
 state {"MASTER" if self.master else "BACKUP"}
 priority {150 if self.master else 100}
 advert_int 0.1
 virtual_ipaddress {{
  192.0.2.100/24
 }}
}}
""")
        self.side.start("keepalived", "keepalived", "--dont-fork", "--log-console", "--log-detail", "--vrrp",
                        "--use-file", str(path), "--pid", str(self.side.folder / "keepalived.pid"),
                        "--vrrp_pid", str(self.side.folder / "vrrp.pid"))

    def vrrp(self) -> Observation:
        said = self.side.log("keepalived")
        states = re.findall(r"Entering (MASTER|BACKUP) STATE", said)
        wanted = "MASTER" if self.master else "BACKUP"
        return Observation(bool(states) and states[-1] == wanted, max(0, len(states) - 1), said)


def _json(text: str, default):
    try:
        return json.loads(text)
    except ValueError:
        return default


def _sum_of(tree, key: str) -> int:
    """Of all numbers with this name, wherever they are."""
    if isinstance(tree, list):
        return sum(_sum_of(branch, key) for branch in tree)
    if not isinstance(tree, dict):
        return 0
    return sum(int(branch) if name == key and str(branch).isdigit() else _sum_of(branch, key)
               for name, branch in tree.items())
