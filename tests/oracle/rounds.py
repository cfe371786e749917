"""Rounds of the oracle: one start of the switch and one random sequence each."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chance import Chance, Step
from play import SIDES, TooSlow, describe, play
from shrink import shrunk
from world import Settings


@dataclass
class Result:
    rounds: int = 0
    slow: int = 0  # rounds that this machine was too slow for: they say nothing
    counts: Counter = field(default_factory=Counter)
    difference: str = ""

    @property
    def packets(self) -> int:
        return self.counts["packets"]


def report(seed: int, packets: int, settings: Settings, steps: list[Step], difference: str) -> str:
    """What a developer needs to see it again."""
    lines = [f"seed {seed}: the switch and the model differ", difference, f"settings: {settings}", "steps:"]
    for step in steps:
        if step.what in SIDES:
            lines += [f"  from {step.what}: {describe(raw, step.what)}" for raw in step.value]
        else:
            lines.append(f"  {step.what} {step.value}")
    lines.append(f"again: tools/oracle --seed {seed} --packets {packets}")
    return "\n".join(lines)


def run(build: Path, seed: int, packets: int, of_a_round: int, may_go_on: Callable[[Result], bool]) -> Result:
    """Rounds with seeds from `seed` on, until there were so many packets or `may_go_on` says no. Ends at the first
    difference, which it shrinks."""
    result = Result()
    while result.packets < packets and may_go_on(result):
        chance = Chance(seed)
        steps = chance.steps(min(of_a_round, packets))
        try:
            number, difference = play(build, chance.settings, steps, result.counts)
        except TooSlow:
            number, difference = -1, ""
            result.slow += 1
        result.rounds += 1
        if difference:
            size = min(of_a_round, packets)
            result.difference = say(build, seed, size, chance.settings, steps[: number + 1], difference)
            return result
        seed += 1
    return result


def say(build: Path, seed: int, packets: int, settings: Settings, steps: list[Step], difference: str) -> str:
    latest = difference

    def differs(some: list[Step]) -> bool:
        nonlocal latest
        try:
            found = play(build, settings, some)[1]
        except (TooSlow, AssertionError):
            return False
        latest = found or latest
        return bool(found)

    if not differs(steps):
        return report(seed, packets, settings, steps, difference + "\n(only once: played again, it did not show)")
    return report(seed, packets, settings, shrunk(steps, differs), latest)
