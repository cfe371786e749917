"""The configuration of the laboratory's switch: as values, and as the file that honeyswitch reads."""

import json
import os
from pathlib import Path

from . import addresses
from .settings import Settings

AGENT_NAME = "campus"
OUTSIDE, INSIDE, HONEYPOT, HONEYPOT_2 = "outside", "inside", "honeypot", "honeypot2"

# A table is a dictionary, repeated tables are a list of them.
Configuration = dict[str, dict | list[dict]]


def ports(settings: Settings) -> list[str]:
    """The switch's interfaces."""
    return [OUTSIDE, INSIDE, *honeypot_ports(settings)]


def honeypot_ports(settings: Settings) -> list[str]:
    return [HONEYPOT, HONEYPOT_2] if settings.more_honeypots else [HONEYPOT]


def default(settings: Settings, key: Path, socket: Path) -> Configuration:
    """One honeypot, whatever else there is."""
    cpus = sorted(os.sched_getaffinity(0))
    return {
        "ports": {
            "outside": f"dev:{OUTSIDE}",
            "inside": f"dev:{INSIDE}",
            "honeypot": [f"dev:{port}" for port in honeypot_ports(settings)],
            "kernel_io": settings.kernel_io,
        },
        "process": {
            "workers": 1, "lcores": f"{cpus[0]},{cpus[-1]}", "no_huge": settings.no_huge, "idle_sleep": "50us",
            "log_level": "debug",
        },
        "capacity": {
            "session_capacity": settings.session_capacity, "address_capacity": 65536, "mbufs": 16384,
            "pending_capacity": 65536, "reputation_capacity": 65536,
        },
        "timeouts": {
            "idle_timeout": _duration(settings.idle_timeout), "agent_timeout": _duration(settings.agent_timeout),
            "sighting_lifetime": _duration(settings.sighting_lifetime),
        },
        "diversion": {"dark": addresses.dark_prefixes()},
        "notices": {"listen_address": addresses.MANAGEMENT_SWITCH, "listen_port": addresses.NOTICE_PORT},
        "operator": {"control_socket": str(socket)},
        "honeypot": [{"name": "honeypot"}],
        "agent": [{"name": AGENT_NAME, "key_file": str(key), "grants": [addresses.DOMAIN]}],
    }


def changed(configuration: Configuration, **changes: dict | list[dict]) -> Configuration:
    """The settings of a table are added to those that are there; repeated tables are replaced as a whole."""
    result = dict(configuration)
    for name, change in changes.items():
        result[name] = {**result.get(name, {}), **change} if isinstance(change, dict) else change
    return result


def to_toml(configuration: Configuration) -> str:
    blocks = ["# The laboratory's configuration, written by tools/lab.\n"]
    for name, content in configuration.items():
        tables = [(f"[{name}]", content)] if isinstance(content, dict) else [(f"[[{name}]]", row) for row in content]
        for heading, table in tables:
            # JSON's strings, numbers, booleans and arrays of them are TOML's.
            blocks.append("\n".join([heading, *(f"{key} = {json.dumps(value)}" for key, value in table.items())]) + "\n")
    return "\n".join(blocks)


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
