"""Makes the kernel what a plan says, from whatever it is now, and takes that back."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import kernel
from .honeypot_plan import Plan, State
from .kernel import run
from .refusal import Refusal

TABLE = "6466"  # routing table and rule preference, free for local use
NFT_TABLE = "honeyswitch"
PROC = Path("/proc/sys")
# Of a step that had not been made, or whose interface is gone.
GONE = ("No such process", "Cannot find device", "No such file or directory", "does not exist", "No such device")


@dataclass
class Step:
    """One thing that the kernel must have."""

    what: str
    present: Callable[[], bool]
    command: list[str]
    undo: list[str]


@dataclass
class Sysctl:
    """A value that must be so: exactly, or at least so large."""

    key: str
    value: int
    at_least: bool = False
    optional: bool = False

    def satisfied(self, former: str) -> bool:
        return int(former) >= self.value if self.at_least else int(former) == self.value


def interface_sysctls(name: str) -> list[Sysctl]:
    # The larger of "all" and the interface's own value counts for both; loose mode (RFC 3704) asks for any route back,
    # which the rule below gives. On every other interface only its own addresses are answered for: this host must not
    # claim, in its management network, addresses that are someone's.
    others = [other for other in sorted(os.listdir(PROC / "net/ipv4/conf")) if other not in ("all", "default", "lo")]
    arp = [Sysctl(f"net/ipv4/conf/{other}/arp_ignore", 0 if other == name else 1, at_least=other != name)
           for other in others]
    # "default" comes last: the kernel copies what is written to it to interfaces that were not written to.
    return [Sysctl(f"net/ipv4/conf/{name}/rp_filter", 2), Sysctl("net/ipv4/conf/all/arp_ignore", 0), *arp,
            Sysctl("net/ipv4/conf/default/arp_ignore", 1, at_least=True),
            Sysctl(f"net/ipv4/conf/{name}/accept_redirects", 0),
            Sysctl(f"net/ipv6/conf/{name}/disable_ipv6", 1, optional=True),
            Sysctl("net/ipv4/icmp_echo_ignore_all", 0)]


def limit_sysctls() -> list[Sysctl]:
    return [Sysctl("net/core/somaxconn", 65535, at_least=True),
            Sysctl("net/ipv4/tcp_max_syn_backlog", 65535, at_least=True)]


def tracking_sysctls(plan: Plan) -> list[Sysctl]:
    """Only redirects track connections; the kernel has the key from the first of them on."""
    key = "net/netfilter/nf_conntrack_max"
    return [Sysctl(key, 1 << 20, at_least=True, optional=True)] if plan.redirects else []


def link_step(plan: Plan) -> Step:
    link = ["ip", "link", "set", plan.interface]
    return Step(f"{plan.interface} up", lambda: kernel.is_up(plan.interface), [*link, "up"], [*link, "down"])


def route_step(what: str, present: Callable[[], bool], route: list[str]) -> Step:
    return Step(what, present, ["ip", "route", "replace", *route], ["ip", "route", "del", *route])


def route_steps(plan: Plan) -> list[Step]:
    # A "throw" is a more specific entry of the local table, which says: look on in the other tables.
    steps = [route_step(f"exception of {net}", lambda net=net: kernel.has_route(net, kernel.LOCAL_TABLE, "throw"),
                        ["throw", net, "table", "local"]) for net in plan.excepted]
    for prefix in plan.prefixes:
        steps.append(route_step(
            f"local route for {prefix}",
            lambda prefix=prefix: kernel.has_route(prefix, kernel.LOCAL_TABLE, "local", dev="lo"),
            ["local", prefix, "dev", "lo"]))
        rule = ["from", prefix, "lookup", TABLE, "preference", TABLE]
        steps.append(Step(f"rule for answers from {prefix}", lambda prefix=prefix: kernel.has_rule(prefix, TABLE),
                          ["ip", "rule", "add", *rule], ["ip", "rule", "del", *rule]))
    steps.append(route_step(
        f"route back by {plan.gateway}",
        lambda: kernel.has_route("default", TABLE, dev=plan.interface, gateway=plan.gateway),
        ["default", "via", plan.gateway, "dev", plan.interface, "onlink", "table", TABLE]))
    return steps


def ruleset(plan: Plan) -> str:
    where = f'iifname "{plan.interface}" ip daddr {{ {", ".join(plan.prefixes)} }}'
    rules = [f"{where} {protocol} dport {ports} accept" for protocol, ports in plan.kept]
    rules += [f"{where} {r.protocol} dport {r.ports} dnat to {r.target}" for r in plan.redirects]
    chain = "type nat hook prerouting priority dstnat; policy accept;"
    return f"table ip {NFT_TABLE} {{ chain honeypot {{ {chain}\n" + "\n".join(rules) + "\n}\n}\n"


class Setup:
    """Applies plans to the kernel, remembering how to take each step back. Each call of apply() compares with the
    kernel itself: what the state file says is only what has to be undone."""

    def __init__(self, state: State):
        self.state = state
        self.noted: set[str] = set()
        self.changes: list[str] = []

    def apply(self, plan: Plan) -> list[str]:
        """Returns what had to be changed. Raises Refusal; what was changed until then is in the state."""
        self.changes = []
        self.state.asked = plan.asked()
        routes = route_steps(plan)
        sysctls = [*interface_sysctls(plan.interface), *limit_sysctls()]
        tracking = tracking_sysctls(plan)
        link = link_step(plan)
        self._drop([step.undo for step in (link, *routes)], {sysctl.key for sysctl in (*sysctls, *tracking)}, plan)
        self._take(link)
        for sysctl in sysctls:
            self._set(sysctl)
        self._no_offload(plan.interface)
        for step in routes:
            self._take(step)
        if plan.redirects:
            self._redirect(ruleset(plan))
        for sysctl in tracking:
            self._set(sysctl)
        self.state.save()
        return self.changes

    def _note(self, text: str) -> None:
        if text not in self.noted:
            print(f"note: {text}", flush=True)
        self.noted.add(text)

    def _take(self, step: Step) -> None:
        if step.present():
            return
        if step.undo not in self.state.undo:
            self.state.undo.append(step.undo)
            self.state.save()
        run(*step.command)
        self.changes.append(step.what)

    def _set(self, sysctl: Sysctl) -> None:
        path, name = PROC / sysctl.key, sysctl.key.replace("/", ".")
        try:
            former = path.read_text().strip()
            if sysctl.satisfied(former) and (sysctl.at_least or sysctl.key in self.state.sysctls):
                return
            # One that is right already is written all the same, once: see "default" above.
            self.state.sysctls.setdefault(sysctl.key, former)
            self.state.save()
            path.write_text(f"{sysctl.value}\n")
        except OSError as error:
            if not sysctl.optional:
                raise Refusal(f"cannot set {name} to {sysctl.value}: {error.strerror}") from error
            self.state.sysctls.pop(sysctl.key, None)
            self._note(f"{name} stays: {error.strerror} (a namespace cannot set it)")
            return
        if not sysctl.satisfied(former):
            self.changes.append(f"{name} = {sysctl.value}")

    def _no_offload(self, interface: str) -> None:
        """What a virtual interface leaves to the hardware below it nobody does: veth and virtio hand frames to the
        switch without checksums, and in segments that are larger than any frame."""
        found = kernel.checksum_offloads(interface)
        if found is None:
            self._note(f"ethtool is not installed: if {interface} is virtual (container, virtual machine), its answers "
                       "may leave with wrong checksums")
            return
        features, fixed = found
        if fixed:
            self._note(f"{interface}: {', '.join(fixed)} cannot be switched off; if it is virtual, its answers may "
                       "leave with wrong checksums")
        if not features:
            return
        known = self.state.offloads.setdefault(interface, [])
        known += [feature for feature in features if feature not in known]
        self.state.save()
        run("ethtool", "-K", interface, *(word for feature in features for word in (feature, "off")))
        self.changes.append(f"checksums of {interface} are its own")

    def _redirect(self, wanted: str) -> None:
        listed = kernel.nft_table(NFT_TABLE)
        if listed and self.state.ruleset == [wanted, listed]:
            return
        undo = ["nft", "delete", "table", "ip", NFT_TABLE]
        if undo not in self.state.undo:
            self.state.undo.append(undo)
            self.state.save()
        # One transaction: no packet meets a table that is half there.
        run("nft", "-f", "-", stdin=f"table ip {NFT_TABLE}\ndelete table ip {NFT_TABLE}\n{wanted}")
        self.state.ruleset = [wanted, kernel.nft_table(NFT_TABLE)]
        self.changes.append("redirects")

    def _drop(self, wanted: list[list[str]], keys: set[str], plan: Plan) -> None:
        """Takes back what an earlier plan changed and this one does not."""
        table = ["nft", "delete", "table", "ip", NFT_TABLE]
        wanted = [*wanted, *([table] if plan.redirects else [])]
        for command in [command for command in reversed(self.state.undo) if command not in wanted]:
            take_back(command)
            self.state.undo.remove(command)
            self.changes.append(f"'{' '.join(command)}'")
        for key in [key for key in reversed(self.state.sysctls) if key not in keys]:
            restore_sysctl(key, self.state.sysctls.pop(key))
        for interface in [name for name in self.state.offloads if name != plan.interface]:
            restore_offloads(interface, self.state.offloads.pop(interface))
        self.state.save()


def take_back(command: list[str]) -> None:
    try:
        run(*command)
    except Refusal as refusal:
        if not any(text in str(refusal) for text in GONE):
            raise


def restore_sysctl(key: str, value: str) -> None:
    try:
        (PROC / key).write_text(value + "\n")
    except FileNotFoundError:
        pass  # Its interface is gone.
    except OSError as error:
        raise Refusal(f"cannot restore {key}: {error.strerror}") from error


def restore_offloads(interface: str, features: list[str]) -> None:
    take_back(["ethtool", "-K", interface, *(word for feature in features for word in (feature, "on"))])


def undo(state: State) -> list[str]:
    """Takes everything back, last first; returns what could not be."""
    steps = [lambda command=command: take_back(command) for command in reversed(state.undo)]
    steps += [lambda item=item: restore_offloads(*item) for item in state.offloads.items()]
    steps += [lambda item=item: restore_sysctl(*item) for item in reversed(state.sysctls.items())]
    problems = []
    for step in steps:
        try:
            step()
        except Refusal as refusal:
            problems.append(str(refusal))
    state.path.unlink(missing_ok=True)
    return problems
