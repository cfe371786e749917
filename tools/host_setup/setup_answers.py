"""What setup needs to be told: asked for, or read from a file of answers."""

import difflib
import ipaddress
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path

from .machine import Machine
from .refusal import Refusal

MOST_HONEYPOT_PORTS = 8
MODES = ("observe", "divert")


@dataclass
class Answers:
    """Ports are PCI addresses or dev:INTERFACE."""

    outside: str = ""
    inside: str = ""
    honeypot: list[str] = field(default_factory=list)  # none: only to observe
    campus: list[str] = field(default_factory=list)
    active: list[str] = field(default_factory=list)
    dark: list[str] = field(default_factory=list)
    workers: int = 1
    listen_address: str = ""  # empty: the default of honeyswitch
    mode: str = MODES[0]

    @property
    def ports(self) -> list[str]:
        return [self.outside, self.inside, *self.honeypot]

    @property
    def pci_ports(self) -> list[str]:
        return [port for port in self.ports if not port.startswith("dev:")]


def port(text: object, machine: Machine) -> str:
    """A port that exists and that nothing else uses."""
    if not isinstance(text, str) or not text:
        raise Refusal("a PCI address or dev:INTERFACE is needed")
    if text.startswith("dev:"):
        name = text.removeprefix("dev:")
        if not (machine.sysfs / "class/net" / name).exists():
            raise Refusal(f"there is no interface '{name}'")
        return text
    address = text.lower() if text.count(":") == 2 else f"0000:{text.lower()}"
    card = next((card for card in machine.cards if card.address == address), None)
    if not card:
        known = ", ".join(card.address for card in machine.cards) or "none"
        raise Refusal(f"there is no network card {address}; there are {known}")
    if card.reasons:
        raise Refusal(f"{address} is in use: {'; '.join(card.reasons)}")
    return address


def port_list(value: object, machine: Machine) -> list[str]:
    words = words_of(value)
    if len(words) > MOST_HONEYPOT_PORTS:
        raise Refusal(f"{len(words)} ports, and {MOST_HONEYPOT_PORTS} are the most")
    return [port(word, machine) for word in words]


def words_of(value: object) -> list[str]:
    """An array, or words with commas or spaces between them."""
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return value
    if isinstance(value, str):
        return value.replace(",", " ").split()
    raise Refusal("strings are needed")


def prefix_list(value: object, _: Machine) -> list[str]:
    prefixes = []
    for word in words_of(value):
        try:
            prefixes.append(str(ipaddress.IPv4Network(word)).removesuffix("/32"))
        except ValueError as error:
            raise Refusal(f"'{word}' is no IPv4 prefix: {error}") from error
    return prefixes


def campus(value: object, machine: Machine) -> list[str]:
    prefixes = prefix_list(value, machine)
    if not prefixes:
        raise Refusal("at least one prefix is needed, such as 10.1.0.0/16")
    return prefixes


def workers(value: object, machine: Machine) -> int:
    number = int(value) if isinstance(value, str) and value.isdigit() else value
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise Refusal("a number from 1 on is needed")
    if number + 1 > len(machine.cpus):
        raise Refusal(f"{number} workers and the control thread need {number + 1} CPUs, and there are "
                      f"{len(machine.cpus)}")
    return number


def address(value: object, _: Machine) -> str:
    if value == "":
        return ""
    try:
        return str(ipaddress.IPv4Address(value if isinstance(value, str) else ""))
    except ValueError as error:
        raise Refusal(f"'{value}' is no IPv4 address") from error


def mode(value: object, _: Machine) -> str:
    if value not in MODES:
        raise Refusal(f"'{value}' is neither {' nor '.join(MODES)}")
    return str(value)


@dataclass
class Question:
    """How an answer is asked for, and made of what was written."""

    text: str
    parse: Callable[[object, Machine], object]


QUESTIONS = {
    "outside": Question("Port towards the Internet (a PCI address of the table, or dev:INTERFACE)", port),
    "inside": Question("Port towards the campus", port),
    "honeypot": Question("Ports towards the honeypots, none to observe only", port_list),
    "campus": Question("Prefixes of the campus, such as 10.1.0.0/16", campus),
    "active": Question("Addresses that are always in use, whatever agents say (routers, servers)", prefix_list),
    "dark": Question("Prefixes in which nothing is in use, and that no agent watches", prefix_list),
    "workers": Question("CPUs that carry packets, beside one that decides", workers),
    "listen_address": Question("Address of this machine at which agents reach it; empty: any", address),
    "mode": Question("'observe' lets everything pass and only counts; 'divert' diverts", mode),
}
assert list(QUESTIONS) == [each.name for each in fields(Answers)]


def check_together(answers: Answers) -> None:
    """What no single answer shows."""
    twice = {name for name in answers.ports if answers.ports.count(name) > 1}
    if twice:
        raise Refusal(f"{', '.join(sorted(twice))} is named twice: each port needs a card of its own")
    if answers.mode == "divert" and not answers.honeypot:
        raise Refusal("mode 'divert' needs a port towards honeypots")
    nets = [ipaddress.IPv4Network(prefix) for prefix in answers.campus]
    for name in ("active", "dark"):
        for prefix in getattr(answers, name):
            if not any(ipaddress.IPv4Network(prefix).subnet_of(net) for net in nets):
                raise Refusal(f"{name}: {prefix} is not in the campus, {', '.join(answers.campus)}")


def read_answers(path: Path, machine: Machine) -> Answers:
    """All that is wrong is said at once."""
    try:
        given = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Refusal(f"{path}: {error}") from error
    answers, wrong = Answers(), []
    for key, value in given.items():
        if key not in QUESTIONS:
            near = difflib.get_close_matches(key, QUESTIONS, 1)
            wrong.append(f"{path}: there is no answer '{key}'" + (f"; did you mean '{near[0]}'?" if near else ""))
            continue
        try:
            setattr(answers, key, QUESTIONS[key].parse(value, machine))
        except Refusal as refusal:
            wrong.append(f"{path}: {key}: {refusal}")
    wrong += [f"{path}: {key} is missing" for key in ("outside", "inside", "campus") if key not in given]
    if not wrong:
        try:
            check_together(answers)
        except Refusal as refusal:
            wrong.append(f"{path}: {refusal}")
    if wrong:
        raise Refusal("\n".join(wrong))
    return answers


def ask(machine: Machine, before: Answers, read_line: Callable[[str], str]) -> Answers:
    """One question after the other; what cannot be is asked for again, with the reason."""
    while True:
        answers = Answers()
        for key, question in QUESTIONS.items():
            setattr(answers, key, ask_one(question, getattr(before, key), machine, read_line))
        try:
            check_together(answers)
            return answers
        except Refusal as refusal:
            print(f"  {refusal}. Once more, please.")
            before = answers


def ask_one(question: Question, default: object, machine: Machine, read_line: Callable[[str], str]) -> object:
    shown = " ".join(default) if isinstance(default, list) else str(default)
    while True:
        words = read_line(f"{question.text} [{shown}]: ").strip()
        try:
            return question.parse("" if words == "none" else words or shown, machine)
        except Refusal as refusal:
            print(f"  {refusal}")


def answers_text(answers: Answers) -> str:
    """As a file of answers has them. Strings of JSON are strings of TOML."""
    return "".join(f"{each.name} = {json.dumps(getattr(answers, each.name))}\n" for each in fields(answers))
