"""One laboratory for the whole run, and the three cables of its switch."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
# pylint: disable=wrong-import-position
from cables import Cables
from laboratory.appliance import PROCESS
from laboratory.lab import Lab
from laboratory.settings import Settings

# Apart from a laboratory that someone has up for himself.
PREFIX = os.environ.get("LAB_PREFIX", "hstest-")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "no_switch: no switch runs in it, so it can run beside those in which one does")


@pytest.fixture(scope="session", name="lab")
def raised_lab() -> Iterator[Lab]:
    if os.geteuid() != 0:
        pytest.fail("the laboratory needs root")
    lab = Lab(PREFIX, Settings(kernel_io=os.environ.get("HONEYSWITCH_KERNEL_IO", "af_xdp"),
                               more_honeypots=True))
    lab.down()  # what a run that was killed left behind
    try:
        lab.up()
        yield lab
    finally:
        lab.down()


@pytest.fixture(name="switch_survives")
def same_process_after(lab: Lab) -> Iterator[None]:
    """The switch that ran before the test runs after it."""
    before = lab.processes.record(PROCESS)
    yield
    assert lab.processes.running(PROCESS), lab.processes.tail(PROCESS, 40)
    assert lab.processes.record(PROCESS) == before


@pytest.fixture(name="cables")
def tapped_cables(lab: Lab, switch_survives: None) -> Iterator[Cables]:
    with Cables(lab) as cables:
        yield cables
