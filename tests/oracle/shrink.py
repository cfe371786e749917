"""Delta debugging (Zeller, Hildebrandt 2002): the shortest sequence that still shows a difference, as far as a bounded
number of tries finds it."""

from collections.abc import Callable, Sequence

from chance import Step


def shrunk(steps: Sequence[Step], differs: Callable[[Sequence[Step]], bool], tries: int = 120) -> list[Step]:
    """Precondition: `differs(steps)`. First whole steps are left out, then single frames."""
    budget = Budget(differs, tries)
    kept = reduced(list(steps), budget, list)
    for index, step in enumerate(kept):
        if step.what not in ("outside", "inside", "honeypot"):
            continue

        def with_frames(frames: list, index: int = index) -> list[Step]:
            return [*kept[:index], Step(kept[index].what, tuple(frames)), *kept[index + 1 :]]

        kept = with_frames(reduced(list(step.value), budget, with_frames))
    return [step for step in kept if step.value]


class Budget:
    def __init__(self, differs: Callable[[Sequence[Step]], bool], tries: int):
        self._differs, self._tries = differs, tries

    def differs(self, steps: Sequence[Step]) -> bool:
        if self._tries == 0:
            return False
        self._tries -= 1
        return self._differs(steps)


def reduced(parts: list, budget: Budget, whole: Callable[[list], Sequence[Step]]) -> list:
    """Leaves out halves, quarters, and so on, as long as the rest of it still differs."""
    size = max(1, len(parts) // 2)
    while parts:
        start = 0
        while start < len(parts):
            without = parts[:start] + parts[start + size :]
            if budget.differs(whole(without)):
                parts = without
            else:
                start += size
        if size == 1:
            return parts
        size //= 2
    return parts
