"""Plays a sequence to the switch and to the model, and says the first difference."""

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from chance import Step
from machine import Machine, Unsettled
from model import Fate, Model
from reading import Key, read_frame
from world import Settings, address, prefix_text, text_of

SIDES = ("outside", "inside", "honeypot")
LONGEST_S = 45.0  # what was diverted without a session is forgotten after about a minute


class TooSlow(Exception):
    """This machine took so long that flows may have been forgotten."""


class Play:
    def __init__(self, machine: Machine, settings: Settings):
        self.machine, self.model = machine, Model(settings)
        self.began = time.monotonic()
        self.packets = 0
        self.ways: Counter[str] = Counter()

    def step(self, step: Step) -> str:
        """What is different; empty: nothing."""
        if time.monotonic() - self.began > LONGEST_S:
            raise TooSlow()
        if step.what in SIDES:
            return self.batch(step.what, step.value) if step.value else ""
        getattr(self, step.what)(*step.value)
        return ""

    # Frames

    def batch(self, side: str, frames: Sequence[bytes]) -> str:
        decide = {"outside": self.model.from_outside, "inside": self.model.from_inside,
                  "honeypot": self.model.from_honeypot}[side]  # fmt: skip
        fates = [decide(raw) for raw in frames]
        self.packets += len(frames)
        self.ways.update(fate.way for fate in fates)
        try:
            out, risen = self.machine.carry(side, list(frames), sum(fate.port is not None for fate in fates))
        except Unsettled as error:
            return f"not all frames are accounted for: {error}"
        difference = (self.compare(side, frames, fates, out) or self.compare_order(side, fates, out)
                      or self.compare_counters(fates, risen))  # fmt: skip
        if not difference:
            return ""
        rose = " ".join(f"{name}={value}" for name, value in risen.items() if value)
        decided = " ".join(f"{fate.port}:{fate.way}" for fate in fates)
        return f"{difference}\n  decided: {decided}\n  counted: {rose}"

    def compare(self, side: str, frames: Sequence[bytes], fates: list[Fate], out: dict[str, list[bytes]]) -> str:
        seen = Counter((port, frame) for port, sent in out.items() for frame in sent)
        missing = []
        for raw, fate in zip(frames, fates):
            if fate.port is None:
                continue
            wanted = {fate.frame: ""}
            if fate.choice is not None:
                wanted = self.model.alternatives(raw, fate.choice)
            found = next((one for one in wanted if seen[fate.port, one] > 0), None)
            if found is None:
                missing.append((raw, fate))
                continue
            seen[fate.port, found] -= 1
            if fate.choice is not None:
                self.model.chosen[fate.choice] = wanted[found]
        rest = [place for place, count in seen.items() for _ in range(count)]
        if not missing and not rest:
            return ""
        lines = [f"of {len(frames)} frames from {side}:"]
        lines += [f"  should go {fate.port} ({fate.way}): {describe(raw, side)}" for raw, fate in missing]
        lines += [f"  went {port}: {describe(frame, port)}" for port, frame in rest]
        return "\n".join(lines)

    @staticmethod
    def compare_order(side: str, fates: list[Fate], out: dict[str, list[bytes]]) -> str:
        """What comes from inside leaves in order. From outside so does what is not IPv4, and each flow that was never
        diverted."""
        for port, ways in (("outside", {"inside_to_outside"}), ("inside", {"at_once", "not_ipv4", "unreadable"})):
            mine: dict[object, list[bytes]] = {}
            for fate in fates:
                if fate.port == port and fate.way in ways:
                    mine.setdefault(order_group(port, fate.frame), []).append(fate.frame)
            for frames in mine.values():
                if [frame for frame in out[port] if frame in frames] != frames:
                    return f"frames from {side} left {port} in another order"
        return ""

    @staticmethod
    def compare_counters(fates: list[Fate], risen: dict[str, int]) -> str:
        dropped = Counter(fate.way for fate in fates if fate.port is None)
        unsaid = dropped.pop("", 0)
        for way, count in dropped.items():
            if not count <= risen[way] <= count + unsaid:
                return f"{way} has risen by {risen[way]}, not by {count}"
        return ""

    # Events

    def state(self, domain: tuple, hosts: frozenset, swept: bool) -> None:
        self.machine.agent.state(domain, set(hosts), swept)
        self.model.vouched[domain] = set(hosts)
        self.model.seen_domains |= {domain} if swept else set()
        (self.model.known.add if swept else self.model.known.discard)(domain)

    def change(self, domain: tuple, host: int, active: bool) -> None:
        if domain not in self.model.known:
            return
        self.machine.agent.change(domain, [host] if active else [], [] if active else [host])
        (self.model.vouched[domain].add if active else self.model.vouched[domain].discard)(host)

    def list(self, name: str, source: tuple, added: bool) -> None:
        entries = self.model.policy.attackers if name == "attackers" else self.model.policy.benign
        if added:
            self.machine.ask(command="list_add", list=name, prefix=prefix_text(source))
            entries.add(source)
        elif source in entries:
            self.machine.ask(command="list_remove", list=name, prefix=prefix_text(source))
            entries.discard(source)

    def maintenance(self, on: bool) -> None:
        if on != self.model.maintenance:
            self.machine.ask(command="maintenance", on=on)
            self.model.maintenance = on

    def reload(self, settings: Settings) -> None:
        self.machine.reload(settings)
        self.model.seen_domains |= set(self.model.settings.dark) - set(settings.dark)
        self.model.settings = self.model.policy.settings = settings

    # In the end

    def sessions(self) -> str:
        seen = {}
        for row in self.machine.rows("sessions", limit=1000):
            ports = row.get("source_port") or row.get("identifier") or 0, row.get("destination_port") or 0
            ends = address(row["source"]), address(row["destination"])
            key = Key(*ends, row["protocol"], *ports, row["kind"] == "ports")
            seen[key] = row["honeypot"]
        wanted = {key: self.model.candidates(session.choice)[0].name
                  for key, session in self.model.sessions.items() if not session.ended}  # fmt: skip
        if seen == wanted:
            return ""
        differ = [key for key in seen.keys() | wanted.keys() if seen.get(key) != wanted.get(key)]
        return "sessions differ:\n" + "\n".join(
            f"  {say_key(key)}: {seen.get(key)}, should be {wanted.get(key)}" for key in differ[:10])  # fmt: skip

    def end(self) -> str:
        return self.sessions()


def order_group(port: str, raw: bytes) -> object:
    if port == "outside":
        return None
    frame = read_frame(raw)
    return (frame.source, frame.destination) if frame.kind == "ipv4" else None


def say_key(key: Key) -> str:
    ends = f"{text_of(key.outside)}:{key.outside_port} > {text_of(key.inside)}:{key.inside_port}"
    return f"{ends} protocol {key.protocol}"


def describe(raw: bytes, _side: str = "") -> str:
    frame = read_frame(raw)
    if frame.kind != "ipv4":
        return f"{frame.kind} {raw.hex()}"
    what = "first fragment " if frame.first_fragment else "following fragment " if frame.following_fragment else ""
    return (f"{what}{text_of(frame.source)} > {text_of(frame.destination)} protocol {frame.protocol} "
            f"{frame.l4[:14].hex()} of {raw.hex()}")  # fmt: skip


def play(build: Path, settings: Settings, steps: Sequence[Step], counts: Counter | None = None) -> tuple[int, str]:
    """Number of the step that shows a difference, and which: (-1, "") if none does."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oracle-")))
        machine = Machine(build, folder, settings)
        stack.callback(machine.close)
        game = Play(machine, settings)
        for number, step in enumerate(steps):
            difference = game.step(step)
            if difference:
                return number, difference
        difference = game.end()
        if counts is not None:
            counts["packets"] += game.packets
            counts.update(game.ways)
        return (len(steps), difference) if difference else (-1, "")
