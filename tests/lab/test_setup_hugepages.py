"""tools/setup-hugepages against a tree that looks like /sys: nothing is reserved on the machine."""

import subprocess
from pathlib import Path

import pytest
from laboratory.paths import TOOLS

POOL = "devices/system/node/node{}/hugepages/hugepages-2048kB"


def add_node(sysfs: Path, number: int, reserved: int, free_kb: int = 8_000_000) -> None:
    pool = sysfs / POOL.format(number)
    pool.mkdir(parents=True)
    (pool / "nr_hugepages").write_text(f"{reserved}\n")
    (pool / "free_hugepages").write_text(f"{reserved}\n")
    (pool.parent.parent / "meminfo").write_text(
        f"Node {number} MemTotal:   16000000 kB\nNode {number} MemFree:   {free_kb} kB\n")


def reserved(sysfs: Path, number: int) -> int:
    return int((sysfs / POOL.format(number) / "nr_hugepages").read_text())


@pytest.fixture(name="sysfs")
def two_nodes(tmp_path: Path) -> Path:
    add_node(tmp_path / "sys", 0, reserved=100)
    add_node(tmp_path / "sys", 1, reserved=700)
    return tmp_path / "sys"


def setup_hugepages(sysfs: Path, *arguments: str) -> subprocess.CompletedProcess:
    etc = sysfs.parent / "etc"
    etc.mkdir(exist_ok=True)
    return subprocess.run([str(TOOLS / "setup-hugepages"), "--sysfs", str(sysfs), "--etc", str(etc), *arguments],
                          capture_output=True, text=True, check=False, timeout=30)


def test_raises_each_node_and_lowers_none(sysfs) -> None:
    assert setup_hugepages(sysfs, "--pages", "512").returncode == 0
    assert (reserved(sysfs, 0), reserved(sysfs, 1)) == (512, 700)


def test_is_idempotent(sysfs) -> None:
    first, second = setup_hugepages(sysfs, "--megabytes", "1024"), setup_hugepages(sysfs, "--megabytes", "1024")
    assert first.returncode == second.returncode == 0
    assert reserved(sysfs, 0) == 512


def test_one_node_alone(sysfs) -> None:
    assert setup_hugepages(sysfs, "--pages", "200", "--node", "0").returncode == 0
    assert (reserved(sysfs, 0), reserved(sysfs, 1)) == (200, 700)


def test_check_changes_nothing(sysfs) -> None:
    assert setup_hugepages(sysfs, "--check", "--pages", "512").returncode == 1
    assert setup_hugepages(sysfs, "--check", "--pages", "100").returncode == 0
    assert reserved(sysfs, 0) == 100


def test_too_little_memory_changes_nothing(sysfs) -> None:
    result = setup_hugepages(sysfs, "--megabytes", "9000", "--node", "0")
    assert result.returncode == 1 and "only 7812 MB are free" in result.stderr
    assert reserved(sysfs, 0) == 100


def test_persist_and_back(sysfs) -> None:
    file = sysfs.parent / "etc/tmpfiles.d/honeyswitch-hugepages.conf"
    assert setup_hugepages(sysfs, "--pages", "300", "--persist").returncode == 0
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    assert [line.split()[-1] for line in lines] == ["300", "300"]
    assert all(line.startswith("w /sys/devices/system/node/node") for line in lines)
    assert setup_hugepages(sysfs, "--unpersist").returncode == 0
    assert not file.exists()


@pytest.mark.parametrize("arguments, code, said", [
    (["--pages", "0"], 2, "not a positive number"), (["--megabytes", "some"], 2, "not a positive number"),
    (["--pages", "1", "--megabytes", "2"], 2, "not allowed with"), (["--node", "7"], 1, "no NUMA node 7"),
    (["--page-kb", "64"], 1, "no hugepages of 64 kB")])
def test_says_what_is_wrong(sysfs, arguments, code, said) -> None:
    result = setup_hugepages(sysfs, *arguments)
    assert result.returncode == code and said in result.stderr
