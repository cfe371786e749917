"""Waiting for what must come true."""

import time
from collections.abc import Callable
from typing import TypeVar

from .errors import LabError

T = TypeVar("T")


def wait_for(what: str, condition: Callable[[], T], timeout: float = 20, interval: float = 0.05,
             evidence: Callable[[], str] = lambda: "") -> T:
    """The first true value of `condition`. LabError with `evidence` when it stays false."""
    deadline = time.monotonic() + timeout
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {timeout:g} s\n{evidence()}".rstrip())
        time.sleep(interval)


def comes_true(condition: Callable[[], object], timeout: float = 20, interval: float = 0.05) -> bool:
    try:
        return bool(wait_for("", condition, timeout, interval))
    except LabError:
        return False
