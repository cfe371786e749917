"""Several honeypots behind the switch, and attackers with many addresses."""

import contextlib
import ipaddress
import itertools
import xml.etree.ElementTree as xml
from collections.abc import Iterator

from laboratory import addresses, view
from laboratory.conversation import greeting
from laboratory.lab import Lab
from laboratory.namespace import Namespace
from laboratory.wait import wait_for

PORT = 7000  # every honeypot says its name there

HONEYPOT = {"name": "honeypot", "port": "dev:honeypot"}
SANDBOX = {"name": "sandbox", "port": "dev:honeypot2"}
TRAP = {"name": "trap", "port": "dev:honeypot2", "vlan": addresses.TRAP_VLAN}

# Nothing keeps a scan from its answers.
NO_CAPS = {"reply_packets_per_source": 0, "reply_bytes_per_source": 0}
QUICK_CHECKS = {"health_interval": "200ms"}

_crowd = (str(address) for address in ipaddress.ip_network(addresses.CROWD).hosts())
_decoys = (f"10.66.{third}.{fourth}" for third in range(64, 200) for fourth in range(1, 255))


def new_sources(count: int) -> list[str]:
    """Addresses of the attacker's machine of which the switch has never heard."""
    return list(itertools.islice(_crowd, count))


def new_source() -> str:
    return new_sources(1)[0]


def new_decoys(count: int) -> list[str]:
    """Addresses that nobody uses and nobody has asked for."""
    return list(itertools.islice(_decoys, count))


def new_decoy() -> str:
    return new_decoys(1)[0]


def two_pools(low: dict | None = None, high: dict | None = None) -> dict[str, list[dict]]:
    """The honeypot in pool "low", which is the default, the sandbox in "high"; with these settings of the pools."""
    return {"pool": [{"name": "low", **(low or {})}, {"name": "high", **(high or {})}],
            "honeypot": [{**HONEYPOT, "pool": "low"}, {**SANDBOX, "pool": "high"}]}


def one_pool(*honeypots: dict, **settings: str) -> dict[str, list[dict]]:
    return {"pool": [{"name": "only", **settings}], "honeypot": [{**honeypot, "pool": "only"} for honeypot in honeypots]}


@contextlib.contextmanager
def farm(lab: Lab, **changes: dict | list[dict]) -> Iterator[None]:
    """The switch with another configuration, once all its honeypots are up."""
    with lab.appliance.reconfigured(**changes):
        all_up(lab)
        yield


def all_up(lab: Lab) -> None:
    wait_for("all honeypots are up", lambda: set(view.honeypot_states(lab).values()) == {"up"}, interval=0.1,
             evidence=lambda: lab.appliance.honeyctl("honeypots"))


def who_answers(lab: Lab, destination: str, source: str, port: int = PORT, timeout: float = 3) -> str:
    """The name of the honeypot, or why there is none."""
    said = greeting(lab.machine("attacker"), destination, port, timeout=timeout, source=source)
    return said.partition(":")[0] if "reached" in said else said


def ssh(lab: Lab, destination: str, source: str) -> str:
    """What the ssh server there says to the attacker's real ssh client."""
    options = [("StrictHostKeyChecking", "no"), ("UserKnownHostsFile", "/dev/null"), ("LogLevel", "ERROR"),
               ("ConnectTimeout", "5"), ("BatchMode", "yes")]
    result = lab.machine("attacker").attempt(
        "ssh", "-b", source, "-i", str(lab.client_key), *(f"-o{key}={value}" for key, value in options),
        f"root@{destination}", timeout=30)
    return result.stdout.strip() or result.stderr.strip()


def syn_scan(attacker: Namespace, source: str, prefix: str, ports: str) -> dict[str, int]:
    """nmap's half-open scan: how many ports it found in each state."""
    result = attacker.attempt("nmap", "-n", "-Pn", "-sS", "-e", "eth0", "-S", source, "-p", ports, "--min-rate", "2000",
                              "--max-retries", "4", "-oX", "-", prefix, timeout=120)
    assert result.returncode == 0, result.stderr
    counts: dict[str, int] = {}
    for host in xml.fromstring(result.stdout).iter("host"):
        for state in host.findall("ports/port/state"):
            counts[state.get("state")] = counts.get(state.get("state"), 0) + 1
        for rest in host.findall("ports/extraports"):
            counts[rest.get("state")] = counts.get(rest.get("state"), 0) + int(rest.get("count"))
    return counts
