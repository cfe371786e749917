"""Who has which address in the laboratory.

    attackers ─ upstream ═ border link, honeyswitch on it ═ core ─ campus bridge ─ hosts, agent
                                      │ │
                               honeypot rack ─ sandbox, trap (VLAN 66)
"""

import ipaddress

CAMPUS = "10.66.0.0/16"  # all that the core router announces
DOMAIN = "10.66.0.0/22"  # the broadcast domain with real hosts; the agent watches it
SCANNED = "10.66.1.0/24"  # a /24 within: its .0 and .255 are ordinary addresses


def dark_prefixes() -> list[str]:
    """The rest of the campus: nobody uses it, no agent watches it."""
    return [str(prefix) for prefix in
            sorted(ipaddress.ip_network(CAMPUS).address_exclude(ipaddress.ip_network(DOMAIN)))]


DARK_EXAMPLE = "10.66.200.7"  # an address of the dark prefixes

# Outside. Documentation prefixes (RFC 5737).
ATTACKERS = [f"203.0.113.{n}" for n in range(10, 20)]
ATTACKER_ROUTER = "203.0.113.1"
# All of it is the attacker's machine as well: a crowd of sources (RFC 2544's benchmarking prefix).
CROWD = "198.18.0.0/15"
UPSTREAM = "198.51.100.1"
CORE_BORDER = "198.51.100.2"

# Inside.
CORE_CAMPUS = "10.66.0.1"
AGENT = "10.66.0.2"
HOSTS = {"www": "10.66.1.10", "files": "10.66.1.20", "mail": "10.66.2.30", "physics": "10.66.3.40"}

# Between the agent and the switch's control thread, apart from all traffic of the campus.
MANAGEMENT_SWITCH = "172.31.255.1"
MANAGEMENT_AGENT = "172.31.255.2"
NOTICE_PORT = 6466

# An address of the campus that the honeypot keeps for services which must be bound to one.
HONEYPOT_SERVICES = "10.66.255.254"

UPSTREAM_MAC = "02:66:00:00:01:01"
CORE_MAC = "02:66:00:00:02:01"
HONEYPOT_MAC = "02:66:00:00:03:01"
SANDBOX_MAC = "02:66:00:00:03:02"
TRAP_MAC = "02:66:00:00:03:03"
TRAP_VLAN = 66


def mac_of(address: str) -> str:
    """The MAC address of a machine on the campus bridge."""
    return "02:66:" + ":".join(f"{octet:02x}" for octet in ipaddress.ip_address(address).packed)
