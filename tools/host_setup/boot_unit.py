"""A systemd unit that a tool writes for itself, so that what it did comes back at every boot."""

import subprocess
from pathlib import Path

from .replaced_file import replace_file, sync

ETC = Path("/etc")


class UnitError(Exception):
    """A sentence for the operator."""


def quoted(word: str) -> str:
    """One word of ExecStart, as systemd.service(5) reads it: % and $ begin what systemd replaces."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if not word or any(letter in word for letter in " \t\"';") else escaped


def command_line(*words: object) -> str:
    return " ".join(quoted(str(word)) for word in words)


class BootUnit:
    """A unit of multi-user.target below `etc`. It may or may not be there. Below another /etc than this machine's, no
    running systemd is told."""

    def __init__(self, etc: Path, name: str):
        self.name = name
        self.path = etc / "systemd/system" / name
        self.wanted = etc / "systemd/system/multi-user.target.wants" / name
        self.runs_here = etc == ETC and Path("/run/systemd/system").is_dir()

    def exists(self) -> bool:
        return self.path.exists()

    def text(self) -> str:
        return self.path.read_text() if self.exists() else ""

    def write(self, text: str) -> None:
        """Enabled from here on; what it starts is not started."""
        replace_file(self.path, text)
        self.wanted.parent.mkdir(parents=True, exist_ok=True)
        self.wanted.unlink(missing_ok=True)
        self.wanted.symlink_to(f"../{self.name}")
        sync(self.wanted.parent)
        self._systemctl("daemon-reload")

    def start(self) -> None:
        self._systemctl("restart", self.name)

    def remove(self) -> bool:
        """Stops it, and forgets it. False when there was none."""
        if not self.exists():
            return False
        self._systemctl("stop", self.name)
        self.wanted.unlink(missing_ok=True)
        self.path.unlink()
        self._systemctl("daemon-reload")
        return True

    def _systemctl(self, *arguments: str) -> None:
        if not self.runs_here:
            return
        result = subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise UnitError(f"'systemctl {' '.join(arguments)}' failed: {result.stderr.strip()}")
