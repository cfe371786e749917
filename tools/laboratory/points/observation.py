"""What was seen while a point was tried."""

from dataclasses import dataclass, field


@dataclass
class Observation:
    """A list of facts, each with whether it is what was promised."""

    facts: list[tuple[bool, str]] = field(default_factory=list)

    def note(self, as_promised: bool, seen: str) -> bool:
        self.facts.append((bool(as_promised), seen))
        return bool(as_promised)

    @property
    def as_promised(self) -> bool:
        return bool(self.facts) and all(true for true, _ in self.facts)

    def __str__(self) -> str:
        return "; ".join(seen if true else f"[NOT: {seen}]" for true, seen in self.facts)
