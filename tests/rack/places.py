"""Where the rack keeps things: images outside of the tree, records of what runs in /run."""

import os
import re
from pathlib import Path

from laboratory.errors import LabError

SOURCE = Path(__file__).resolve().parents[2]
RACK = Path(__file__).resolve().parent
TOOLS = SOURCE / "tools"
RUN_ROOT = Path("/run/honeyswitch-rack")
DEFAULT_PREFIX = "rack-"


def cache() -> Path:
    """Images and the key of the guest. They may be removed at any time while no rack is up."""
    return Path(os.environ.get("RACK_DIR") or Path.home() / ".cache/honeyswitch-rack")


def default_prefix() -> str:
    return os.environ.get("RACK_PREFIX", DEFAULT_PREFIX)


def qemu() -> str:
    """RACK_QEMU names another QEMU than Debian's, which may be a script with options of its own."""
    return os.environ.get("RACK_QEMU", "qemu-system-x86_64")


def default_packages() -> Path:
    return Path(os.environ.get("HONEYSWITCH_PACKAGES", SOURCE / "build-packages"))


def newest_package(folder: Path, name: str = "honeyswitch") -> Path:
    found = sorted(folder.glob(f"{name}_*.deb"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise LabError(f"there is no package {name}_*.deb in {folder}; tools/package makes one")
    return found[-1]


def version_of(package: Path) -> str:
    """As it stands in the name of the file, which dpkg-deb has given it."""
    match = re.fullmatch(r"[a-z-]+_([^_]+)_[a-z0-9]+\.deb", package.name)
    if not match:
        raise LabError(f"'{package.name}' is not called NAME_VERSION_ARCHITECTURE.deb")
    return match[1]
