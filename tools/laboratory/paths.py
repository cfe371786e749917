"""Where things lie."""

import os
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
SOURCE = TOOLS.parent
RUN_ROOT = Path("/run/honeyswitch-lab")
DEFAULT_PREFIX = "hs-"


def default_prefix() -> str:
    return os.environ.get("LAB_PREFIX", DEFAULT_PREFIX)


def default_build() -> Path:
    return Path(os.environ.get("HONEYSWITCH_BUILD", SOURCE / "build"))
