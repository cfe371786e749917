"""What was seen: named checks, each with its evidence or with what went wrong."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator

from laboratory.errors import LabError

Note = Callable[[str], None]
WRONG = (LabError, AssertionError, OSError, subprocess.SubprocessError)


class GaveUp(Exception):
    """What follows cannot be seen any more."""


class Report:
    def __init__(self, say: Callable[[str], None] = lambda line: print(line, flush=True)):
        self.passed, self.failed = 0, 0
        self._say = say

    @contextlib.contextmanager
    def check(self, name: str, vital: bool = False) -> Iterator[Note]:
        """Yields a function that notes evidence. Without any a check has failed, as it has seen nothing."""
        evidence: list[str] = []
        began = time.monotonic()
        try:
            yield evidence.append
            if not evidence:
                raise LabError("nothing was seen")
        except WRONG as error:
            self.failed += 1
            self._tell("FAILED", name, [*evidence, str(error) or type(error).__name__], began)
            if vital:
                raise GaveUp(name) from error
        else:
            self.passed += 1
            self._tell("ok", name, evidence, began)

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Of several checks. What goes wrong between them has failed as well, and the next part goes on."""
        began = time.monotonic()
        try:
            yield
        except WRONG as error:
            self.failed += 1
            self._tell("FAILED", f"{name}, outside of a check", [str(error)], began)

    def _tell(self, how: str, name: str, evidence: list[str], began: float) -> None:
        self._say(f"{how:6} {name} ({time.monotonic() - began:.0f} s)")
        for line in "\n".join(evidence).strip().splitlines():
            self._say(f"         {line}")

    def left_out(self, name: str, why: str) -> None:
        """Neither passed nor failed, and said."""
        self._say(f"left out: {name}: {why}")

    def end(self) -> int:
        self._say(f"{self.passed} passed, {self.failed} failed")
        return 0 if self.passed and not self.failed else 1
