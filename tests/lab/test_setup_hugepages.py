"""tools/setup-hugepages against a tree that looks like /sys: nothing is reserved on the machine."""

import importlib.machinery
import importlib.util
import subprocess
from pathlib import Path

import pytest
from laboratory.paths import TOOLS

pytestmark = pytest.mark.no_switch

POOL = "devices/system/node/node{}/hugepages/hugepages-2048kB"


def add_node(sysfs: Path, number: int, reserved: int, free_kb: int = 8_000_000, total_kb: int = 16_000_000) -> None:
    pool = sysfs / POOL.format(number)
    pool.mkdir(parents=True)
    (pool / "nr_hugepages").write_text(f"{reserved}\n")
    (pool / "free_hugepages").write_text(f"{reserved}\n")
    (pool.parent.parent / "meminfo").write_text(
        f"Node {number} MemTotal:   {total_kb} kB\nNode {number} MemFree:   {free_kb} kB\n")


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


def at_boot(sysfs: Path) -> dict[int, int]:
    """What systemd-tmpfiles writes, by node."""
    file = sysfs.parent / "etc/tmpfiles.d/honeyswitch-hugepages.conf"
    lines = [line.split() for line in file.read_text().splitlines() if not line.startswith("#")]
    return {int(line[1].split("/")[5].removeprefix("node")): int(line[-1]) for line in lines}


def test_a_node_without_memory_is_left_out(tmp_path) -> None:
    """A socket with cards and no memory modules."""
    sysfs = tmp_path / "sys"
    add_node(sysfs, 0, reserved=0)
    add_node(sysfs, 1, reserved=0, free_kb=0, total_kb=0)
    result = setup_hugepages(sysfs, "--persist")
    assert result.returncode == 0 and "node 1: has no memory" in result.stdout
    assert (reserved(sysfs, 0), reserved(sysfs, 1)) == (512, 0)
    assert at_boot(sysfs) == {0: 512}
    alone = setup_hugepages(sysfs, "--node", "1")
    assert alone.returncode == 1 and "node 1 has no memory" in alone.stderr


def test_the_default_is_of_each_node(tmp_path) -> None:
    sysfs = tmp_path / "sys"
    add_node(sysfs, 0, reserved=0)
    add_node(sysfs, 1, reserved=0, total_kb=2_000_000)
    assert setup_hugepages(sysfs).returncode == 0
    assert (reserved(sysfs, 0), reserved(sysfs, 1)) == (512, 244)


def test_a_default_of_less_than_a_page_is_said(sysfs) -> None:
    """It must not end with success and nothing reserved."""
    for number in (0, 1):
        pool = sysfs / POOL.format(number)
        big = pool.with_name("hugepages-4194304kB")
        big.mkdir()
        for file in ("nr_hugepages", "free_hugepages"):
            (big / file).write_text("0\n")
    result = setup_hugepages(sysfs, "--page-kb", "4194304")
    assert result.returncode == 1 and "less than one hugepage of 4194304 kB" in result.stderr


def test_persist_without_an_amount_keeps_what_was_persisted(sysfs) -> None:
    assert setup_hugepages(sysfs, "--megabytes", "1600", "--persist").returncode == 0
    again = setup_hugepages(sysfs, "--persist")
    assert again.returncode == 0 and "fewer" not in again.stdout
    assert at_boot(sysfs) == {0: 800, 1: 800}
    assert "800 wanted" in setup_hugepages(sysfs, "--check").stdout


def test_persist_without_an_amount_keeps_what_is_reserved(sysfs) -> None:
    assert setup_hugepages(sysfs, "--persist").returncode == 0
    assert at_boot(sysfs) == {0: 512, 1: 700}


def test_a_lower_amount_at_boot_is_said(sysfs) -> None:
    setup_hugepages(sysfs, "--pages", "800", "--persist")
    result = setup_hugepages(sysfs, "--pages", "300", "--persist")
    assert result.returncode == 0 and "node 0: 300 hugepages from the next boot on, fewer than the 800" in result.stdout
    assert at_boot(sysfs) == {0: 300, 1: 300}


def test_persist_of_one_node_leaves_the_other(sysfs) -> None:
    setup_hugepages(sysfs, "--pages", "800", "--persist")
    assert setup_hugepages(sysfs, "--pages", "900", "--node", "1", "--persist").returncode == 0
    assert at_boot(sysfs) == {0: 800, 1: 900}


def test_fstab_is_ours_only_where_it_says_so(tmp_path) -> None:
    """Called as a function: the tool would mount pages of this size on the machine."""
    loader = importlib.machinery.SourceFileLoader("setup_hugepages", str(TOOLS / "setup-hugepages"))
    tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("setup_hugepages", loader))
    loader.exec_module(tool)
    fstab = tmp_path / "fstab"
    former = "/dev/vda / ext4 rw 0 1\n"
    fstab.write_text(former)
    tool.write_persistent(tmp_path, {(0, 2048): 300, (0, 1048576): 1})
    line = "none /dev/hugepages-1048576kB hugetlbfs pagesize=1048576K 0 0\n"
    assert fstab.read_text() == f"{former}{tool.FSTAB_MARK}\n{line}"
    assert tool.read_persistent(tmp_path) == {(0, 2048): 300, (0, 1048576): 1}
    theirs = "proc /proc proc defaults 0 0\n"
    fstab.write_text(f"{former}{tool.FSTAB_MARK}\n{theirs}{tool.FSTAB_MARK}\n{line}")
    tool.write_persistent(tmp_path, {})
    assert fstab.read_text() == former + theirs


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
