"""Where things lie."""

import os
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
SOURCE = TOOLS.parent
RUN_ROOT = Path("/run/honeyswitch-lab")
DEFAULT_PREFIX = "hs-"


def default_prefix() -> str:
    return os.environ.get("LAB_PREFIX", DEFAULT_PREFIX)


def lab_command(prefix: str) -> str:
    """tools/lab for this laboratory, to be typed into any shell."""
    return "tools/lab" if prefix == default_prefix() == DEFAULT_PREFIX else f"tools/lab --prefix {prefix}"


def default_build() -> Path:
    return Path(os.environ.get("HONEYSWITCH_BUILD", SOURCE / "build"))
