"""That programs run within what their units allow."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import PATIENCE_S, Box
from laboratory.paths import default_build
from test_service import Manager

AS_UNIT = Path(__file__).resolve().parent / "as_unit.py"


@pytest.fixture(name="box")
def made_box(tmp_path: Path) -> Iterator[Box]:
    if os.geteuid() != 0:
        pytest.fail("namespaces need root")
    with Box(tmp_path) as box:
        yield box


def within_unit(unit: str, command: list[str]) -> list[str]:
    """`command`, which begins with four words of `ip netns exec`, in the limits of the unit."""
    return [*command[:4], sys.executable, str(AS_UNIT), str(default_build() / "conf" / unit), *command[4:]]


def threads_of(process: subprocess.Popen) -> dict[str, dict[str, str]]:
    """What the kernel says of each thread, by its name and number."""
    found = {}
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        status = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
        found[f"{status['Name']} {task.name}"] = status
    return found


def numbers(mask: str) -> set[int]:
    return {bit for bit in range(64) if int(mask, 16) >> bit & 1}


def agents_command(box: Box) -> list[str]:
    return box.there.command(str(default_build() / "agent/honeyswitch-agent"), "--dry-run", "--interface", "inside",
                             "--prefix", "192.0.2.0/24", "--sender", "192.0.2.9", "--status-socket",
                             str(box.folder / "agent.sock"))


def start_agent(box: Box, tmp_path: Path, monkeypatch, command: list[str]) -> subprocess.Popen:
    """Returns when it says that it hears its domain."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    manager = Manager(tmp_path / "notify")
    with (tmp_path / "agent.log").open("wb") as log:
        agent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    box.started.append(agent)
    assert manager.next() == "READY=1"
    return agent


def test_an_agent_runs_and_ends_within_its_unit(box: Box, tmp_path: Path, monkeypatch) -> None:
    agent = start_agent(box, tmp_path, monkeypatch, within_unit("honeyswitch-agent.service", agents_command(box)))
    for name, status in threads_of(agent).items():
        assert numbers(status["CapPrm"]) <= {13} and status["Seccomp"] == "2", name
    agent.terminate()
    assert agent.wait(timeout=PATIENCE_S) == 0, (tmp_path / "agent.log").read_text()
