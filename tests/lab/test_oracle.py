"""A model of what README.md says decides random packets as the switch does: tests/oracle. tools/oracle runs longer."""

import os
import sys
import time

import pytest
from laboratory.paths import SOURCE, default_build

sys.path.insert(0, str(SOURCE / "tests/oracle"))
# pylint: disable=wrong-import-position,wrong-import-order
from chance import Chance
from model import Model
from play import SIDES
from rounds import run
from shrink import shrunk

BOUND_S = 25.0  # what is begun within it ends soon after
# The seeds after these find what tests/oracle/README.md says is known to differ.
FEW, OF_A_ROUND, ALL = 1_000, 1_500, 15_000


def test_the_switch_decides_each_packet_as_the_readme_says():
    seed, end = int(os.environ.get("HONEYSWITCH_ORACLE_SEED", "1")), time.monotonic() + BOUND_S
    result = run(default_build(), seed, ALL, OF_A_ROUND, lambda _: time.monotonic() < end)
    assert not result.difference, result.difference
    if result.packets < FEW:
        pytest.skip(f"this machine was too slow for more than {result.packets} packets")
    print(f"{result.packets} packets")


def test_a_model_that_says_something_else_is_found_out(monkeypatch):
    """As somebody must notice if the comparison compared nothing: here nothing that the inside sends is a sighting."""
    decide = Model.from_inside

    def without_sightings(model: Model, raw: bytes) -> object:
        fate = decide(model, raw)
        model.sighted.clear()
        return fate

    monkeypatch.setattr(Model, "from_inside", without_sightings)
    result = run(default_build(), 1, 4 * OF_A_ROUND, OF_A_ROUND, lambda _: True)
    assert "went inside" in result.difference and "again: tools/oracle" in result.difference, result.difference


def test_what_differs_is_shortened():
    steps = Chance(5).steps(300)
    frame = next(step for step in reversed(steps) if step.what in SIDES and len(step.value) > 3).value[2]

    def differs(some: list) -> bool:
        return any(frame in step.value for step in some)

    shortest = shrunk(steps, differs)
    assert [step.value for step in shortest] == [(frame,)]


def test_a_sequence_is_the_same_whenever_it_is_drawn():
    assert Chance(9).steps(500) == Chance(9).steps(500)
    assert Chance(9).steps(500) != Chance(10).steps(500)
