"""The configuration that setup writes, and whether it may."""

import hashlib
import json
from pathlib import Path

from .machine import Machine
from .setup_answers import Answers

MARK = "# Written by honeyswitch-setup; it leaves a file alone whose other lines have this SHA-256 no longer: "


def configuration_body(answers: Answers, machine: Machine) -> str:
    def setting(key: str, value: object) -> str:
        return f"{key} = {json.dumps(value)}\n"

    node = next((card.node for card in machine.cards if card.address == answers.outside), 0)
    lcores = machine.lcores(answers.workers, node)
    text = "# honeyswitch.toml in the folder of the documentation explains every setting.\n\n[ports]\n"
    text += setting("outside", answers.outside) + setting("inside", answers.inside)
    if answers.honeypot:
        text += setting("honeypot", answers.honeypot[0] if len(answers.honeypot) == 1 else answers.honeypot)
    text += "\n[process]\n" + setting("workers", answers.workers)
    if lcores:
        text += setting("lcores", lcores)
    text += "\n[diversion]\n" + setting("mode", answers.mode) + setting("campus", answers.campus)
    text += "".join(setting(key, getattr(answers, key)) for key in ("active", "dark") if getattr(answers, key))
    if answers.listen_address:
        text += "\n[notices]\n" + setting("listen_address", answers.listen_address)
    for number, port in enumerate(answers.honeypot, 1):
        text += "\n# Its MAC address is found by ARP.\n[[honeypot]]\n"
        text += setting("name", "honeypot" if number == 1 else f"honeypot{number}")
        text += setting("port", port) if number > 1 else ""
    return text


def whole_text(body: str) -> str:
    return f"{MARK}{hashlib.sha256(body.encode()).hexdigest()}\n{body}"


def is_ours(text: str) -> bool:
    """setup has written it, and nobody has changed it since."""
    first, _, body = text.partition("\n")
    return first.startswith(MARK) and whole_text(body) == text


def may_replace(path: Path, examples: list[Path]) -> bool:
    """There is none, it is as setup wrote it, or it is the example that the package installs."""
    if not path.exists():
        return True
    text = path.read_text()
    return is_ours(text) or any(example.exists() and example.read_text() == text for example in examples)
