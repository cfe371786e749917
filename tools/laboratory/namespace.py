"""A network namespace: a machine of the laboratory as far as the network is concerned."""

import contextlib
import ctypes
import os
import socket as sockets
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .errors import LabError

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def run(*command: str, stdin: str | None = None) -> str:
    """Runs a command that must succeed; returns what it printed."""
    result = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise LabError(f"'{' '.join(command)}' failed ({result.returncode}): "
                       f"{result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


class Namespace:
    """Handle of a namespace that may or may not exist yet. With a folder of `records` it remembers there what it
    made, so that it never takes away what somebody else made, even under the same name."""

    def __init__(self, name: str, records: Path | None = None):
        self.name = name
        self._record = records / name if records else None

    @property
    def path(self) -> Path:
        return Path("/run/netns") / self.name

    def exists(self) -> bool:
        return self.path.exists()

    def _identity(self) -> str:
        return str(self.path.stat().st_ino)

    def is_ours(self) -> bool:
        """Whether it exists and is recorded. A record without an identity is of one whose maker was killed between
        the two steps of create()."""
        if not self._record or not self._record.exists() or not self.exists():
            return False
        return self._record.read_text() in ("", self._identity())

    def create(self) -> None:
        if self.exists():
            raise LabError(f"there is a network namespace '{self.name}' already, and it is somebody else's")
        if self._record:
            self._record.parent.mkdir(parents=True, exist_ok=True)
            self._record.write_text("")
        run("ip", "netns", "add", self.name)
        if self._record:
            self._record.write_text(self._identity())
        # IPv6 would chatter (router solicitations, MLD) on every link of the laboratory.
        self.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        self.sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        run("ip", "-netns", self.name, "link", "set", "lo", "up")

    def delete(self) -> None:
        run("ip", "netns", "delete", self.name)
        if self._record:
            self._record.unlink(missing_ok=True)

    def pids(self) -> list[int]:
        """Processes that live in it."""
        return [int(pid) for pid in run("ip", "netns", "pids", self.name).split()]

    def ip(self, *arguments: str) -> str:
        return run("ip", "-netns", self.name, *arguments)

    def command(self, *command: str) -> list[str]:
        """`command`, to be run inside. The process id is that of the command itself."""
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command: str) -> str:
        return run(*self.command(*command))

    def attempt(self, *command: str, timeout: float = 60) -> subprocess.CompletedProcess:
        """Runs a command that may fail."""
        return subprocess.run(self.command(*command), capture_output=True, text=True, check=False, timeout=timeout)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """This thread's sockets and /proc/sys/net are those of the namespace. A socket made inside stays
        there."""
        with open("/proc/thread-self/ns/net", "rb") as home, open(self.path, "rb") as there:
            self._set(there.fileno())
            try:
                yield
            finally:
                self._set(home.fileno())

    def _set(self, descriptor: int) -> None:
        if _libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise LabError(f"cannot enter namespace {self.name}: {os.strerror(ctypes.get_errno())}")

    def sysctl(self, key: str, value: int) -> None:
        with self.entered():
            (Path("/proc/sys") / key.replace(".", "/")).write_text(f"{value}\n")

    def socket(self, family: int = sockets.AF_INET, kind: int = sockets.SOCK_STREAM,
               protocol: int = 0) -> sockets.socket:
        with self.entered():
            return sockets.socket(family, kind, protocol)

    def connect(self, address: str, port: int, timeout: float = 5, source: str | None = None) -> sockets.socket:
        """A TCP connection from inside. Raises OSError as socket.connect does."""
        connection = self.socket()
        try:
            connection.settimeout(timeout)
            if source:
                connection.bind((source, 0))
            connection.connect((address, port))
        except OSError:
            connection.close()
            raise
        return connection
