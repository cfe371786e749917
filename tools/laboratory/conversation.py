"""A TCP session of an attacker with whatever answers."""

import hashlib
import os
import socket

from .namespace import Namespace

HONEYPOT_GREETING = "honeypot: "


class Conversation:
    """Talks to a port of the honeypot's catch-all responder, which echoes. A context manager."""

    def __init__(self, machine: Namespace, address: str, port: int, source: str | None = None, timeout: float = 5):
        self.socket = machine.connect(address, port, timeout=timeout, source=source)
        self.greeting = self._line()

    def __enter__(self) -> "Conversation":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @property
    def local(self) -> str:
        address, port = self.socket.getsockname()
        return f"{address}:{port}"

    def _line(self) -> str:
        line = b""
        while not line.endswith(b"\n") and len(line) < 1000 and (byte := self.socket.recv(1)):
            line += byte
        return line.decode(errors="replace").strip()

    def echoes(self, size: int) -> bool:
        """Sends `size` random bytes; true if exactly these come back."""
        sent = os.urandom(size)
        received = bytearray()
        try:
            self.socket.sendall(sent)
            while len(received) < size and (data := self.socket.recv(65536)):
                received += data
        except OSError:
            return False
        return hashlib.sha256(received).digest() == hashlib.sha256(sent).digest()


def greeting(machine: Namespace, address: str, port: int, timeout: float = 5, source: str | None = None) -> str:
    """What the port says first, or why it says nothing."""
    try:
        with Conversation(machine, address, port, timeout=timeout, source=source) as conversation:
            return conversation.greeting
    except OSError as error:
        return f"no answer ({error.strerror or error})"


def web_title(machine: Namespace, address: str, timeout: float = 5) -> str:
    """The title of the web page there, or why there is none."""
    try:
        with machine.connect(address, 80, timeout=timeout) as connection:
            connection.sendall(f"GET / HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
            page = b""
            while data := connection.recv(65536):
                page += data
    except (OSError, socket.timeout) as error:
        return f"no answer ({error.strerror or error})"
    text = page.decode(errors="replace")
    return text.partition("<title>")[2].partition("</title>")[0] or "no title"
