"""What honeypot-setup is asked for, and what it has changed."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .refusal import Refusal
from .replaced_file import replace_file


@dataclass
class Redirect:
    """One --redirect: which ports of which protocol go where."""

    protocol: str
    ports: str
    target: str  # as nft's dnat takes it: ":PORT", "ADDRESS" or "ADDRESS:PORT"


@dataclass
class Plan:
    """What the options ask for, and which networks of this host are left out."""

    interface: str
    gateway: str
    prefixes: list[str]
    excepted: list[str]
    redirects: list[Redirect]
    kept: list[tuple[str, str]]

    def asked(self) -> dict:
        """As the state file keeps it. Networks that were left out may change with the addresses of the host."""
        return json.loads(json.dumps({key: value for key, value in asdict(self).items() if key != "excepted"}))


def this_kernel() -> str:
    """Where the changes were made: this run of the kernel, and this network namespace of it."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {os.stat('/proc/self/ns/net').st_ino}"


@dataclass
class State:
    """What was changed, so that --undo restores it. Saved before each change that it describes."""

    path: Path
    kernel: str = field(default_factory=this_kernel)
    asked: dict = field(default_factory=dict)
    undo: list[list[str]] = field(default_factory=list)  # commands, last first
    sysctls: dict[str, str] = field(default_factory=dict)  # former values
    offloads: dict[str, list[str]] = field(default_factory=dict)  # features that were on, by interface
    ruleset: list[str] = field(default_factory=list)  # what nft was given, and what it made of it

    def save(self) -> None:
        kept = {key: value for key, value in vars(self).items() if key != "path"}
        replace_file(self.path, json.dumps(kept, indent=2))

    @classmethod
    def load(cls, path: Path) -> "State | None":
        """None when nothing is set up: a restart of the machine, or of the container, has undone everything."""
        try:
            state = cls(path, **json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise Refusal(f"{path} is damaged ({error}); remove it after restoring by hand") from error
        return state if state.kernel == this_kernel() else None
