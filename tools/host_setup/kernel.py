"""What the kernel has of routes, rules, interfaces and rulesets, as iproute2, nftables and ethtool tell it."""

import ipaddress
import json
import shutil
import subprocess

from .refusal import Refusal


def run(*command: str, stdin: str | None = None) -> str:
    result = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Refusal(f"'{' '.join(command)}' failed: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


def ip(*arguments: str) -> list[dict]:
    return json.loads(run("ip", "-4", "-json", "-N", *arguments) or "[]")


def network(destination: str, length: int | None = None) -> ipaddress.IPv4Network:
    """As iproute2 prints one: without /32, and with words for /0."""
    if destination in ("default", "all"):
        return ipaddress.IPv4Network("0.0.0.0/0")
    return ipaddress.IPv4Network(destination if length is None else f"{destination}/{length}")


# Numbers of the kernel: RTN_UNICAST and so on, RT_TABLE_LOCAL.
KINDS = {"unicast": "1", "local": "2", "throw": "9"}
LOCAL_TABLE = "255"


def has_route(prefix: str, table: str, kind: str = "unicast", **properties: str) -> bool:
    """Whether exactly this route is there; `properties` are dev and gateway."""
    names = {kind, KINDS[kind]}
    return any(network(route["dst"]) == network(prefix) and str(route.get("table", "254")) == table
               and str(route.get("type", "unicast")) in names
               and all(route.get(name) == value for name, value in properties.items())
               for route in ip("route", "show", "table", "all"))


def has_rule(source: str, table: str) -> bool:
    sources = [network(rule.get("src", "all"), rule.get("srclen")) for rule in ip("rule", "show")
               if str(rule.get("table")) == table]
    return network(source) in sources


def is_up(interface: str) -> bool:
    return "UP" in ip("link", "show", "dev", interface)[0]["flags"]


def attached_networks(interface: str, prefixes: list[str]) -> list[str]:
    """Networks within the prefixes that other interfaces have an address in."""
    networks = set()
    for entry in ip("address", "show"):
        if entry.get("ifname") in (interface, "lo"):
            continue
        for address in entry.get("addr_info", []):
            attached = ipaddress.ip_interface(f"{address['local']}/{address['prefixlen']}").network
            if any(attached.overlaps(network(prefix)) for prefix in prefixes):
                networks.add(str(attached))
    return sorted(networks)


def nft_table(name: str) -> str:
    """As nft prints it; empty when there is none."""
    try:
        return run("nft", "list", "table", "ip", name)
    except Refusal:
        return ""


def checksum_offloads(interface: str) -> tuple[list[str], list[str]] | None:
    """The features by which it leaves checksums of what it sends to others: those that can be switched off, and those
    that cannot. None when ethtool is not installed."""
    if not shutil.which("ethtool"):
        return None
    words = [line.split() for line in run("ethtool", "-k", interface).splitlines()]
    on = [line for line in words if len(line) > 1 and line[0].startswith("tx-checksum-") and line[1] == "on"]
    return ([line[0].rstrip(":") for line in on if "[fixed]" not in line],
            [line[0].rstrip(":") for line in on if "[fixed]" in line])
