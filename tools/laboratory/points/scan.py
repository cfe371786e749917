"""Point 3: a scanner finds no honeypot subnet, because there is none."""

import ipaddress
import xml.etree.ElementTree as xml

from .. import addresses
from ..conversation import HONEYPOT_GREETING, web_title
from ..lab import Lab
from .observation import Observation

PORT = 7000  # closed on every real host; the honeypot says what it is
NMAP = ["nmap", "-n", "-PE", "-sS", "-p", str(PORT), "--script", "banner", "-oX", "-", addresses.SCANNED]


def every_address_answers(lab: Lab) -> Observation:
    """nmap over a /24: every address answers, real ones from real hosts"""
    seen = Observation()
    result = lab.machine("attacker").attempt(*NMAP, timeout=300)
    if result.returncode != 0:
        seen.note(False, f"nmap failed: {result.stderr.strip()}")
        return seen
    up, states, banners = _read(result.stdout)
    scanned = ipaddress.ip_network(addresses.SCANNED)
    seen.note(len(up) == scanned.num_addresses,
              f"nmap {scanned}: {len(up)} of {scanned.num_addresses} addresses answer ping"
              + (f", {scanned[0]} and {scanned[-1]} included" if len(up) == scanned.num_addresses else ""))
    decoys = {address for address, banner in banners.items() if banner.startswith(HONEYPOT_GREETING)}
    own_names = all(address in banners[address] for address in decoys)
    real = {address: name for name, address in addresses.HOSTS.items() if ipaddress.ip_address(address) in scanned}
    seen.note(decoys == {str(address) for address in scanned} - set(real) and own_names,
              f"port {PORT} of {len(decoys)} is the honeypot, each time under its own address")
    titles = {address: web_title(lab.machine("attacker"), address) for address in sorted(set(states) - decoys)}
    seen.note(titles == real and all(states[address] == "closed" for address in real),
              "the others are " + ", ".join(f"{address} \"{title}\"" for address, title in titles.items()))
    return seen


def _read(report: str) -> tuple[set[str], dict[str, str], dict[str, str]]:
    """From nmap's XML: addresses that are up, the state of the port of each, and what it said."""
    up, states, banners = set(), {}, {}
    for host in xml.fromstring(report).iter("host"):
        address = host.find("address").get("addr")
        if host.find("status").get("state") == "up":
            up.add(address)
        for state in host.findall("ports/port/state"):
            states[address] = state.get("state")
        for script in host.iter("script"):
            banners[address] = script.get("output", "")
    return up, states, banners
