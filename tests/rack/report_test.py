"""What the rack itself must get right, without a machine: that what was not seen has not passed, and that it finds a
package and an answer by what they are."""

from pathlib import Path

import pytest
from laboratory.errors import LabError
from rack import image, places
from rack.cli import parse
from rack.nics import Heads
from rack.points.links import PHY_CONTROL, POWER_DOWN
from rack.points.upgrade import newer
from rack.points.workers import ONE_GETS_ALL, judge, moved
from rack.report import GaveUp, Report
from rack.tests import NAMES, PARTS, matches
from rack.traffic import Passage


@pytest.fixture(name="said")
def lines() -> list[str]:
    return []


@pytest.fixture(name="report")
def report_of_lines(said: list[str]) -> Report:
    return Report(said.append)


def test_a_check_passes_with_its_evidence(report: Report, said: list[str]) -> None:
    with report.check("it rains") as note:
        note("drops\non the window")
    assert said == ["ok     it rains (0 s)", "         drops", "         on the window"]
    assert report.end() == 0 and said[-1] == "1 passed, 0 failed"


@pytest.mark.parametrize("error", [LabError("it is dry"), AssertionError("it is dry"), OSError("it is dry")])
def test_what_goes_wrong_fails_the_check_and_no_other(report: Report, said: list[str], error: Exception) -> None:
    with report.check("it rains") as note:
        note("a cloud")
        raise error
    with report.check("it snows") as note:
        note("flakes")
    assert said[0].startswith("FAILED it rains") and said[1:3] == ["         a cloud", "         it is dry"]
    assert report.end() == 1 and said[-1] == "1 passed, 1 failed"


def test_a_check_that_saw_nothing_has_failed(report: Report) -> None:
    with report.check("it rains"):
        pass
    assert report.end() == 1 and report.failed == 1


def test_nothing_at_all_is_no_success(report: Report) -> None:
    report.left_out("it rains", "there is no window")
    assert report.end() == 1


def test_a_fault_of_the_rack_itself_is_not_hidden(report: Report) -> None:
    with pytest.raises(KeyError), report.check("it rains"):
        raise KeyError("window")


def test_after_a_vital_check_has_failed_nothing_goes_on(report: Report) -> None:
    with pytest.raises(GaveUp), report.check("there is a window", vital=True):
        raise LabError("a wall")
    assert report.failed == 1


def test_a_package_has_its_version_in_its_name(tmp_path: Path) -> None:
    assert places.version_of(Path("honeyswitch_0.1.0+193_amd64.deb")) == "0.1.0+193"
    with pytest.raises(LabError):
        places.version_of(Path("honeyswitch.deb"))
    with pytest.raises(LabError, match="tools/package"):
        places.newest_package(tmp_path)


def test_a_later_version_of_a_package_is_later(tmp_path: Path) -> None:
    tree = tmp_path / "tree/DEBIAN"
    tree.mkdir(parents=True)
    (tree / "control").write_text("Package: honeyswitch\nVersion: 0.1.0+193\nArchitecture: all\n"
                                  "Maintainer: a <a@example.org>\nDescription: one\n"
                                  "Depends: kmod, librte-meta-net (>= 22) | other, python3:any\n")
    package = tmp_path / "honeyswitch_0.1.0+193_all.deb"
    image.run("dpkg-deb", "--root-owner-group", "-b", str(tree.parent), str(package))
    assert image.dependencies(package) == ["kmod", "librte-meta-net", "python3"]
    (tmp_path / "made").mkdir()
    made, version = newer(package, tmp_path / "made")
    assert image.run("dpkg-deb", "-f", str(made), "Version").strip() == version
    image.run("dpkg", "--compare-versions", version, "gt", "0.1.0+193")


def test_an_unfinished_folder_has_not_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "image"
    with pytest.raises(LabError), image.partial(folder) as unfinished:
        unfinished.mkdir()
        raise LabError("it broke")
    assert not folder.exists()
    with image.partial(folder) as unfinished:
        unfinished.mkdir()
    assert folder.is_dir()


def test_a_stream_tells_what_it_lost() -> None:
    passage = Passage(sent=10, arrived=8, longest_pause_s=0.04)
    assert passage.lost == 2 and str(passage).startswith("8 of 10 packets arrived")


@pytest.mark.parametrize("line, down", [("1:e1000e_core_mdic_write MDIC WRITE: PHY[0][0] = 0x1940", True),
                                        ("1:igb_core_mdic_write MDIC WRITE: PHY[0] = 0x1140", False)])
def test_a_phy_that_is_switched_off_is_told_from_one_that_is_not(line: str, down: bool) -> None:
    found = PHY_CONTROL.search(line)
    assert found and bool(int(found[1], 16) & POWER_DOWN) == down


def test_parts_are_found_by_their_names() -> None:
    assert len(set(NAMES)) == len(PARTS)
    assert [name for name, part in zip(NAMES, PARTS) if matches(part, "ends.killed")] == ["ends.killed"]
    assert {name for name, part in zip(NAMES, PARTS) if matches(part, "ends")} == {"ends.killed", "ends.power_cut"}
    assert parse(["test", "--only", "ends", "frames.usual"]).only == ["ends", "frames.usual"]
    assert parse(["test"]).only == []


def test_an_unknown_part_is_refused_with_all_there_are(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["test", "--only", "end"])
    assert ended.value.code == 2 and "there is no part 'end'; there are installed.package" in capsys.readouterr().err


def test_a_position_in_a_ring_begins_anew_at_its_end() -> None:
    heads = Heads(receive=0, transmit=0, stride=1, ring=2_048)
    assert moved({"outside": [(2_040, 5)]}, {"outside": [(3, 5)]}, heads) == {"outside": [(11, 0)]}


@pytest.mark.parametrize("queues, spreads, warned", [([(9, 9), (9, 9)], True, False), ([(9, 9), (0, 0)], False, True)])
def test_workers_share_what_their_card_spreads(said: list[str], queues: list, spreads: bool, warned: bool) -> None:
    judge(said.append, {"outside": queues}, [ONE_GETS_ALL] * warned, spreads)
    second = f"received {queues[1][0]} and sent {queues[1][1]}"
    assert said[0] == f"outside: worker 1 received 9 and sent 9, worker 2 {second}"


@pytest.mark.parametrize("queues, spreads, warned", [
    ([(9, 9), (0, 9)], True, False), ([(9, 9), (9, 0)], True, False), ([(9, 9), (9, 9)], True, True),
    ([(9, 9), (9, 9)], False, True), ([(9, 9), (0, 0)], False, False),
])  # fmt: skip
def test_a_worker_with_nothing_to_do_is_seen(queues: list, spreads: bool, warned: bool) -> None:
    with pytest.raises(AssertionError):
        judge(lambda _: None, {"outside": queues}, [ONE_GETS_ALL] * warned, spreads)
