"""What is true of every tool: its help needs neither root nor a laboratory. And tools/lab removes its own alone."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from laboratory import paths
from laboratory.lab import Lab
from laboratory.namespace import Namespace
from laboratory.paths import TOOLS, default_build
from laboratory.processes import start_time, stop
from laboratory.settings import Settings

PREFIX = f"hsl{os.getpid()}-"


def call(*command: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, **environment})


def lab_tool(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return call(str(TOOLS / "lab"), *arguments, **environment)


def programs() -> list[str]:
    return sorted(path.name for path in TOOLS.iterdir() if path.is_file() and os.access(path, os.X_OK))


@pytest.mark.parametrize("name", programs())
def test_help_needs_no_root(name) -> None:
    """A user namespace without a mapping: the tool sees another user than root."""
    result = call("unshare", "--user", str(TOOLS / name), "--help")
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.split()) > 10 and not result.stderr


@pytest.mark.parametrize("words", [["--help"], ["list", "--help"]])
def test_help_of_honeyctl_in_the_laboratory(words) -> None:
    result = call("unshare", "--user", str(TOOLS / "lab"), "honeyctl", *words, HONEYSWITCH_BUILD=str(default_build()))
    assert result.returncode == 0 and "Usage: honeyctl" in result.stdout, result.stderr


def test_build_refuses_an_option_that_it_does_not_know() -> None:
    result = call(str(TOOLS / "build"), "--hepl")
    assert result.returncode == 2 and "unknown option '--hepl'" in result.stderr


@pytest.mark.parametrize("arguments, environment", [(["--prefix", PREFIX], {}), ([], {"LAB_PREFIX": PREFIX})])
def test_hints_name_the_prefix(arguments, environment) -> None:
    result = lab_tool(*arguments, "status", **environment)
    assert result.returncode == 1 and f"'tools/lab --prefix {PREFIX} up' raises one" in result.stderr


def test_hints_leave_out_what_is_the_default(monkeypatch) -> None:
    monkeypatch.delenv("LAB_PREFIX", raising=False)
    assert paths.lab_command(paths.DEFAULT_PREFIX) == "tools/lab"
    monkeypatch.setenv("LAB_PREFIX", PREFIX)
    assert paths.lab_command(paths.DEFAULT_PREFIX) == f"tools/lab --prefix {paths.DEFAULT_PREFIX}"


@pytest.fixture(name="strange")
def namespace_of_somebody_else() -> Iterator[Namespace]:
    strange = Namespace(f"{PREFIX}zz")
    strange.create()
    try:
        yield strange
    finally:
        if strange.exists():
            strange.delete()


@pytest.fixture(name="stranger")
def process_of_somebody_else(strange: Namespace) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(strange.command("sleep", "600"))
    started = start_time(process.pid)
    yield process
    if process.poll() is None:
        stop(process.pid, started)


@pytest.fixture(name="raised")
def laboratory_in_parts() -> Iterator[Lab]:
    """As `up` leaves it when it was killed: two machines, one with a process."""
    lab = Lab(PREFIX, Settings())
    lab.settings.save(lab.directory)
    for name in ("attacker", "upstream"):
        lab.machine(name).create()
    yield lab
    lab.down()


def test_down_without_a_laboratory_removes_nothing(strange, stranger) -> None:
    assert lab_tool("--prefix", PREFIX, "down").returncode == 0
    assert strange.exists() and stranger.poll() is None


def test_down_removes_what_up_made_alone(raised, strange, stranger) -> None:
    own = subprocess.Popen(raised.machine("attacker").command("sleep", "600"))
    assert lab_tool("--prefix", PREFIX, "down").returncode == 0
    assert own.wait(timeout=20) != 0
    assert not raised.machine("attacker").exists() and not raised.machine("upstream").exists()
    assert not raised.directory.exists()
    assert strange.exists() and stranger.poll() is None


def test_down_leaves_a_namesake(raised) -> None:
    """Somebody has removed a machine by hand and made another of its name."""
    namesake = Namespace(f"{PREFIX}upstream")
    namesake.delete()
    # The number of a namespace may be given again: one that is kept takes it.
    keeper = Namespace(f"{PREFIX}keeper")
    keeper.create()
    namesake.create()
    try:
        assert lab_tool("--prefix", PREFIX, "down").returncode == 0
        assert namesake.exists() and not raised.machine("attacker").exists()
    finally:
        namesake.delete()
        keeper.delete()


def test_up_does_not_take_over_a_namespace(strange) -> None:
    with pytest.raises(Exception, match="somebody else's"):
        Lab(PREFIX, Settings()).machine("zz").create()
    assert not Lab(PREFIX, Settings()).namespaces()


def test_down_finishes_after_a_creation_that_was_killed(raised) -> None:
    """Recorded, made, and killed before its identity was recorded."""
    record = raised.directory / "machines" / f"{PREFIX}attacker"
    record.write_text("")
    assert lab_tool("--prefix", PREFIX, "down").returncode == 0
    assert not raised.machine("attacker").exists()
