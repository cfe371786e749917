"""How a laboratory was asked for; kept in its run directory for the commands that come later."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import LabError
from .paths import default_build, lab_command


@dataclass(frozen=True)
class Settings:
    """Times are in seconds; they are short, so that an onlooker sees things happen."""

    build: str = str(default_build())
    kernel_io: str = "af_xdp"  # or af_packet
    no_huge: bool = False
    without_switch: bool = False  # a bridge in its place: the link as it was before honeyswitch
    more_honeypots: bool = False  # a second honeypot port, with two honeypots more behind it
    idle_timeout: float = 20
    agent_timeout: float = 4
    sighting_lifetime: float = 8
    session_capacity: int = 65536

    def save(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "settings.json").write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, directory: Path) -> "Settings":
        try:
            return cls(**json.loads((directory / "settings.json").read_text()))
        except FileNotFoundError:
            command = lab_command(directory.name + "-")
            raise LabError(f"no laboratory is up; '{command} up' raises one") from None

    def binary(self, path: str) -> str:
        """A program of the build directory."""
        program = Path(self.build) / path
        if not program.exists():
            raise LabError(f"no {program}: build first (meson setup build && ninja -C build), or --build DIR")
        return str(program)
