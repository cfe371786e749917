"""The operating system in the machine, as its operator has it: a shell over ssh."""

import contextlib
import socket
import subprocess
import time
from pathlib import Path

from laboratory.errors import LabError
from laboratory.processes import Processes
from laboratory.wait import wait_for

MASTER = "ssh"
BOOT_PATIENCE_S = 420


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Guest:
    """Commands share one connection, as each handshake costs an emulated CPU a second."""

    def __init__(self, directory: Path, port: int, key: Path, processes: Processes, serial: Path):
        self.control = directory / "ssh"
        self.port = port
        self.key = key
        self.processes = processes
        self.serial = serial

    def ssh(self, *options: str) -> list[str]:
        settings = ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR",
                    "ConnectTimeout=15", "ServerAliveInterval=10", f"ControlPath={self.control}")  # fmt: skip
        return ["ssh", "-i", str(self.key), "-p", str(self.port), *(word for one in settings for word in ("-o", one)),
                *options, "root@127.0.0.1"]  # fmt: skip

    def call(self, command: str, stdin: str | None = None, timeout: float = 180) -> subprocess.CompletedProcess:
        """A command that may fail."""
        source = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        return subprocess.run([*self.ssh(), command], capture_output=True, text=True, check=False, timeout=timeout,
                              **source)  # fmt: skip

    def does(self, command: str, stdin: str | None = None, timeout: float = 180) -> str:
        """What it printed; it must succeed."""
        result = self.call(command, stdin, timeout)
        if result.returncode != 0:
            raise LabError(f"in the guest '{command}' failed ({result.returncode}): "
                           f"{result.stderr.strip()} {result.stdout.strip()}"[:2000])
        return result.stdout

    def write(self, path: str, text: str) -> None:
        self.does(f"cat >{path}", stdin=text)

    def bring(self, file: Path, path: str) -> None:
        with file.open("rb") as source:
            subprocess.run([*self.ssh(), f"cat >{path}"], stdin=source, check=True, timeout=180)

    def boot_id(self) -> str:
        """Another one after each boot; empty when nobody answers."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            result = self.call("cat /proc/sys/kernel/random/boot_id", timeout=40)
            return result.stdout.strip() if result.returncode == 0 else ""
        return ""

    def wait_for_boot(self, before: str = "") -> float:
        """Until a boot answers that is another one than before. Returns how many seconds it took."""
        began = time.monotonic()
        self.let_go()
        wait_for("the guest boots", lambda: self.has_booted(before), BOOT_PATIENCE_S, interval=1,
                 evidence=self.console_tail)  # fmt: skip
        self.processes.start(MASTER, self.ssh("-N", "-M"))
        return time.monotonic() - began

    def has_booted(self, before: str) -> bool:
        """Raises LabError when it never will."""
        if "Kernel panic" in (said := self.console_tail()):
            raise LabError(f"the guest's kernel has ended: {said}")
        return self.boot_id() not in ("", before)

    def reboot(self) -> float:
        before = self.boot_id()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.call("systemctl reboot", timeout=20)
        return self.wait_for_boot(before)

    def let_go(self) -> None:
        """Of the connection, when who is at its other end may be gone."""
        self.processes.stop(MASTER)
        self.control.unlink(missing_ok=True)

    def console_tail(self) -> str:
        return self.serial.read_text(errors="replace")[-2000:] if self.serial.exists() else "(no console yet)"
