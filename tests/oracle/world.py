"""The campus of the oracle: its addresses, its honeypots, and what an operator may want of it.

All values are small sets, so that random packets meet each other's flows again and again."""

import ipaddress
from dataclasses import dataclass, field, replace


def address(text: str) -> int:
    return int(ipaddress.IPv4Address(text))


def text_of(value: int) -> str:
    return str(ipaddress.IPv4Address(value))


Prefix = tuple[int, int]  # network, length


def prefix(text: str) -> Prefix:
    network = ipaddress.IPv4Network(text)
    return int(network.network_address), network.prefixlen


def prefix_text(value: Prefix) -> str:
    return f"{text_of(value[0])}/{value[1]}"


def holds(value: Prefix, place: int) -> bool:
    return value[1] == 0 or place >> (32 - value[1]) == value[0] >> (32 - value[1])


@dataclass(frozen=True)
class Honeypot:
    name: str
    mac: bytes
    pool: str
    vlan: int = 0


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


HONEYPOT_PORT_MAC = "02:00:00:00:00:99"
HONEYPOTS = (Honeypot("a", mac("02:00:00:00:00:a1"), "low"), Honeypot("b", mac("02:00:00:00:00:a2"), "low", 7),
             Honeypot("c", mac("02:00:00:00:00:a3"), "high"))  # fmt: skip
PROBE_SOURCE = address("192.0.2.1")

DARK, MORE_DARK = prefix("10.66.0.0/20"), prefix("10.66.16.0/24")
NESTED_GRANT, GRANT = prefix("10.66.8.0/24"), prefix("10.66.32.0/20")
DOMAINS = (prefix("10.66.32.0/28"), NESTED_GRANT, prefix("10.66.40.0/30"))
STATIC = prefix("10.66.1.0/29")
DECOY, OPEN_DECOY = address("10.66.1.3"), address("10.66.1.4")
CAMPUS = prefix("10.66.0.0/16")


@dataclass(frozen=True)
class Rule:
    action: str  # "inside", "drop", "divert" or "pool"
    source: Prefix = (0, 0)
    destination: Prefix = (0, 0)
    protocol: int | None = None
    ports: tuple[int, int] | None = None
    pool: str | None = None


RULES = (
    Rule("inside", source=prefix("198.51.100.2/32"), destination=prefix("10.66.0.0/20")),
    Rule("drop", destination=prefix("10.66.2.0/24"), protocol=17, ports=(53, 60)),
    Rule("divert", destination=(DECOY, 32), protocol=6, ports=(22, 22), pool="high"),
    Rule("divert", destination=(OPEN_DECOY, 32), pool="low"),
    Rule("divert", destination=prefix("10.66.32.0/28"), protocol=1),
    Rule("drop", source=prefix("198.51.100.3/32"), destination=prefix("10.66.3.0/24")),
    Rule("pool", protocol=6, ports=(22, 23), pool="high"),
    Rule("pool", destination=prefix("10.66.4.0/24"), pool="high"),
)


@dataclass(frozen=True)
class Settings:
    """What a start fixes for one sequence, and a reload may change."""

    handshake: bool = False
    backscatter: bool = False  # it is diverted like anything else
    outlive: bool = True  # sessions without an end of their own outlive their address for as long as a test lasts
    sightings: int = 4096
    dark: tuple[Prefix, ...] = (DARK,)
    static: tuple[Prefix, ...] = (STATIC,)
    rules: tuple[Rule, ...] = field(default=())
    listed_ports: tuple[int, int] | None = None  # of the list of attackers
    affinity: str = "source"


def toml(settings: Settings, ports: dict[str, str], folder: str, listen_port: int) -> str:
    """The configuration file."""
    lines = ["[ports]"] + [f'{side} = "vdev:{device}"' for side, device in ports.items()]
    lines += ["[process]", 'idle_sleep = "20us"', "[capacity]", "session_capacity = 65536", "address_capacity = 65536",
              "mbufs = 16384", f"sighting_capacity = {settings.sightings}", "pending_capacity = 65536",
              "[timeouts]", 'idle_timeout = "12h"', 'agent_timeout = "1h"', 'sighting_lifetime = "24h"',
              'heartbeat_timeout = "1m"', f'outlive_timeout = "{"24h" if settings.outlive else "0s"}"',
              "[admission]", f'mode = "{"handshake" if settings.handshake else "first-packet"}"',
              f'backscatter = "{"honeypot" if settings.backscatter else "drop"}"',
              "[diversion]", f"dark = {[prefix_text(one) for one in settings.dark]}",
              f"active = {[prefix_text(one) for one in settings.static]}", f'campus = ["{prefix_text(CAMPUS)}"]',
              "[containment]", "reply_packets_per_source = 0", "reply_bytes_per_source = 0",
              "[notices]", 'listen_address = "127.0.0.1"', f"listen_port = {listen_port}",
              "[operator]", f'control_socket = "{folder}/control.sock"']  # fmt: skip
    for name in ("low", "high"):
        lines += ["[[pool]]", f'name = "{name}"', f'affinity = "{settings.affinity}"']
    for pot in HONEYPOTS:
        lines += ["[[honeypot]]", f'name = "{pot.name}"', f'mac = "{pot.mac.hex(":")}"', f'pool = "{pot.pool}"',
                  'check = "none"'] + ([f"vlan = {pot.vlan}"] if pot.vlan else [])  # fmt: skip
    for index, rule in enumerate(settings.rules):
        lines += rule_lines(rule, f"rule-{index}")
    lines += ["[[list]]", 'name = "attackers"', 'kind = "attacker"', 'pool = "high"']
    if settings.listed_ports:
        lines += ['protocol = "tcp"', f'ports = "{settings.listed_ports[0]}-{settings.listed_ports[1]}"']
    lines += ["[[list]]", 'name = "benign"', 'kind = "benign"']
    lines += ["[[agent]]", 'name = "east"', f'key_file = "{folder}/east.key"',
              f"grants = {[prefix_text(GRANT), prefix_text(NESTED_GRANT)]}"]  # fmt: skip
    return "\n".join(lines) + "\n"


def rule_lines(rule: Rule, name: str) -> list[str]:
    lines = ["[[rule]]", f'name = "{name}"', f'action = "{rule.action}"']
    if rule.source[1]:
        lines.append(f'source = "{prefix_text(rule.source)}"')
    if rule.destination[1]:
        lines.append(f'destination = "{prefix_text(rule.destination)}"')
    if rule.protocol is not None:
        lines.append(f"protocol = {rule.protocol}")
    if rule.ports:
        lines.append(f'ports = "{rule.ports[0]}-{rule.ports[1]}"')
    if rule.pool:
        lines.append(f'pool = "{rule.pool}"')
    return lines


def changed(settings: Settings, **values: object) -> Settings:
    return replace(settings, **values)
