"""Point 3: a scanner finds no honeypot subnet, because there is none."""

import ipaddress
import xml.etree.ElementTree as xml

from .. import addresses
from ..lab import Lab
from .diversion import HONEYPOT_WEB_TITLE
from .observation import Observation

# inetsim serves 15 clients at once.
NMAP = ["nmap", "-n", "-PE", "-sS", "-p", "80", "--max-parallelism", "10", "--script", "http-title",
        "-oX", "-", addresses.SCANNED]


def every_address_answers(lab: Lab) -> Observation:
    """nmap over a /24: every address answers, real ones from real hosts"""
    seen = Observation()
    result = lab.machine("attacker").attempt(*NMAP, timeout=300)
    if result.returncode != 0:
        seen.note(False, f"nmap failed: {result.stderr.strip()}")
        return seen
    up, titles = _read(result.stdout)
    size = ipaddress.ip_network(addresses.SCANNED).num_addresses
    seen.note(len(up) == size, f"nmap {addresses.SCANNED}: {len(up)} of {size} addresses answer ping, .0 and .255 included"
              if len(up) == size else f"nmap {addresses.SCANNED}: only {len(up)} of {size} addresses answer ping")
    real = {address: name for name, address in addresses.HOSTS.items()
            if ipaddress.ip_address(address) in ipaddress.ip_network(addresses.SCANNED)}
    found = {address: titles.get(address) for address in real}
    seen.note(found == real, "real hosts: " + ", ".join(f"{a} \"{t}\"" for a, t in found.items()))
    decoys = [address for address, title in titles.items() if title == HONEYPOT_WEB_TITLE]
    wrong = [address for address in decoys if address in real]
    seen.note(len(decoys) == size - len(real) and not wrong, f"{len(decoys)} others show the honeypot's page")
    return seen


def _read(report: str) -> tuple[set[str], dict[str, str]]:
    """Addresses that are up, and the title of each one's web page, from nmap's XML."""
    up, titles = set(), {}
    for host in xml.fromstring(report).iter("host"):
        address = host.find("address").get("addr")
        if host.find("status").get("state") == "up":
            up.add(address)
        for script in host.iter("script"):
            title = script.find("elem[@key='title']")
            if title is not None and title.text:
                titles[address] = title.text
    return up, titles
