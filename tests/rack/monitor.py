"""QEMU's monitor (QMP): JSON, a line each, over a Unix socket."""

import json
import socket
from pathlib import Path

from laboratory.errors import LabError


class Monitor:
    """One question for each connection, so that nothing is kept open between them."""

    def __init__(self, path: Path):
        self.path = path

    def ask(self, command: str, **arguments: object) -> object:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self.path))
            with connection.makefile("rw", encoding="utf-8") as lines:
                lines.readline()  # its greeting
                self._say(lines, "qmp_capabilities")
                return self._say(lines, command, **arguments)

    def _say(self, lines, command: str, **arguments: object) -> object:
        lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        lines.flush()
        for line in lines:
            answer = json.loads(line)
            if "error" in answer:
                raise LabError(f"QEMU refuses {command} {arguments}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise LabError(f"QEMU went away instead of answering to {command}")

    def word_at(self, address: int) -> int:
        """Four bytes of the guest's physical memory, which may be a register of a card."""
        answer = str(self.ask("human-monitor-command", **{"command-line": f"xp /1wx {address:#x}"}))
        try:
            return int(answer.split()[1], 16)
        except (IndexError, ValueError) as error:
            raise LabError(f"QEMU says of {address:#x}: {answer}") from error

    def set_link(self, side: str, up: bool) -> None:
        """As if the cable of this port had been drawn, or put in again."""
        self.ask("set_link", name=f"nic-{side}", up=up)
