"""The processes of one laboratory. Each leaves a record in the run directory, so that `down` stops exactly
those, after a crash too."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from .errors import LabError
from .wait import comes_true

PATIENCE_S = 10


def start_time(pid: int) -> str | None:
    """In clock ticks since boot: with the pid it names a process for good, as pids are reused. None when there
    is no such process, or only its zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def stop(pid: int, started: str) -> None:
    """SIGTERM, patience, SIGKILL. Harmless when the process is gone or the pid is someone else's by now."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if start_time(pid) != started:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if comes_true(lambda: start_time(pid) != started, timeout=PATIENCE_S, interval=0.02):
            return
    raise LabError(f"process {pid} does not end, even on SIGKILL")


class Processes:
    """Records and logs of a laboratory's processes, in its run directory."""

    def __init__(self, directory: Path):
        self.records = directory / "processes"
        self.logs = directory / "logs"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def start(self, name: str, command: list[str], environment: dict[str, str] | None = None,
              descriptors: tuple[int, ...] = ()) -> int:
        """Starts `command` in the background under `name`; its output goes to its log. It inherits `descriptors`."""
        if self.running(name):
            raise LabError(f"{name} is running already (pid {self.pid(name)})")
        self.records.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        with self.log(name).open("ab") as log:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                     start_new_session=True, env={**os.environ, **(environment or {})},
                                     pass_fds=descriptors)
        (self.records / name).write_text(f"{child.pid} {start_time(child.pid)}\n")
        return child.pid

    def record(self, name: str) -> tuple[int, str] | None:
        try:
            pid, started = (self.records / name).read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid), started

    def names(self) -> list[str]:
        return sorted(path.name for path in self.records.glob("*"))

    def pid(self, name: str) -> int | None:
        record = self.record(name)
        return record[0] if record else None

    def running(self, name: str) -> bool:
        record = self.record(name)
        return record is not None and start_time(record[0]) == record[1]

    def stop(self, name: str) -> None:
        if record := self.record(name):
            stop(*record)
        (self.records / name).unlink(missing_ok=True)

    def signal(self, name: str, number: signal.Signals) -> None:
        if not self.running(name):
            raise LabError(f"{name} is not running")
        os.kill(self.pid(name), number)

    def tail(self, name: str, lines: int = 20) -> str:
        """The end of its log, for messages."""
        try:
            text = self.log(name).read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return "(no log)"
        return "\n".join(f"  {name}: {line}" for line in text[-lines:]) or f"  {name}: (its log is empty)"
