"""Files that are replaced whole: whoever reads one finds all of it, or what was there before, after a power cut too."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """What was written to this file, or which names this folder has, is on the disk from here on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, text: str, mode: int = 0o644) -> None:
    """Makes its folder too. A file that is there keeps its mode; a new one has `mode`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text)
    temporary.chmod(path.stat().st_mode & 0o7777 if path.exists() else mode)
    sync(temporary)
    temporary.replace(path)
    # The kernel writes a new name only some seconds later.
    sync(path.parent)
