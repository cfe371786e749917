"""What the tools write for the next boot: all of it is there, or what was before, although the power is cut."""

import os
import sys
from pathlib import Path

import pytest
from laboratory.paths import TOOLS

sys.path.insert(0, str(TOOLS))
# pylint: disable=wrong-import-position
from host_setup.boot_unit import BootUnit
from host_setup.nic_memory import Card, NicMemory
from host_setup.replaced_file import replace_file

pytestmark = pytest.mark.no_switch


@pytest.fixture(name="order")
def order_of_syncs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what was synced and renamed, one after the other."""
    order: list[str] = []
    sync, rename = os.fsync, Path.replace

    def noted_sync(descriptor: int) -> None:
        order.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")
        sync(descriptor)

    def noted_rename(path: Path, target: Path) -> Path:
        order.append(f"{path.name} to {target.name}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_rename)
    return order


def test_it_is_on_the_disk_before_it_has_its_name_and_so_is_the_name(tmp_path: Path, order: list[str]) -> None:
    replace_file(tmp_path / "folder/file", "text")
    assert order == ["sync file.new", "file.new to file", "sync folder"]
    assert (tmp_path / "folder/file").read_text() == "text"


def test_a_file_keeps_its_mode_and_a_new_one_has_the_one_that_was_asked_for(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("before")
    old.chmod(0o600)
    for path in (old, new):
        replace_file(path, "after", 0o640)
    assert [path.stat().st_mode & 0o777 for path in (old, new)] == [0o600, 0o640]


def test_so_are_cards_and_units(tmp_path: Path, order: list[str]) -> None:
    NicMemory(tmp_path / "lib/nics.json").write({"0000:03:00.0": Card("ixgbe", "8086:1528", None)})
    assert order == ["sync nics.json.new", "nics.json.new to nics.json", "sync lib"]
    order.clear()
    BootUnit(tmp_path / "etc", "some.service").write("[Unit]\n")
    assert order == ["sync some.service.new", "some.service.new to some.service", "sync system",
                     "sync multi-user.target.wants"]
