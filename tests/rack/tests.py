"""`tools/rack test`: a rack is raised, looked at point by point, and taken down."""

from collections.abc import Callable
from pathlib import Path

from laboratory.errors import LabError
from rack import image
from rack.points import by_answers, ends, frames, installed, links, refusals, upgrade, watchdog, workers
from rack.rack import Rack
from rack.report import GaveUp, Report

Part = Callable[[Rack, Report], None]
# On a machine that has the package alone.
BARE: tuple[Part, ...] = (installed.package, by_answers.set_up, installed.prepared)
PARTS: tuple[Part, ...] = (
    *BARE, installed.comes_back, installed.passes, frames.usual, frames.long_frames, workers.both, links.drawn,
    links.carried_across, ends.killed, watchdog.stood_still, upgrade.upgraded, ends.power_cut, refusals.card_in_use,
    refusals.huge_pages, refusals.queues, refusals.no_iommu,
)  # fmt: skip


def name_of(part: Part) -> str:
    """FILE.FUNCTION, as in points/."""
    return f"{part.__module__.rpartition('.')[2]}.{part.__name__}"


NAMES = [name_of(part) for part in PARTS]


def matches(part: Part, wanted: str) -> bool:
    return wanted in (name_of(part), name_of(part).partition(".")[0])


def test(rack: Rack, nic: str, package: Path, keep: bool, only: list[str]) -> int:
    """Its exit code. `only` names parts, or files of them; none means all. What was up before is somebody's, and
    stays."""
    if rack.exists():
        raise LabError(f"a rack '{rack.prefix}' is up; 'tools/rack down' first, or another --prefix")
    report = Report()
    try:
        raise_it(rack, report, nic, package)
        look(rack, report, only)
    except GaveUp as error:
        report.left_out("what comes after", f"it needs what has failed: {error}")
    finally:
        if not keep:
            rack.down()
    if keep and rack.machine.running():
        again(rack)
    return report.end()


def again(rack: Rack) -> None:
    """The last check leaves a machine without an IOMMU."""
    if not rack.guest.does("ls /sys/kernel/iommu_groups").split():
        rack.cut_power()
        rack.boot()
    print("the rack is kept; 'tools/rack down' removes it", flush=True)


def raise_it(rack: Rack, report: Report, nic: str, package: Path) -> None:
    with report.check("the image is built", vital=True) as note:
        made = image.image(package)
        note(f"{package.name}, {'made just now' if made.made else 'found'}: {made.folder}")
    with report.check(f"a Debian 12 boots by its own systemd, with three {nic} behind an IOMMU", vital=True) as note:
        seconds = rack.up(nic, made, package)
        note(f"a shell answered after {seconds:.0f} s")
        note(rack.guest.does("systemctl is-system-running || true; lspci | grep -i -E 'ethernet|iommu'"))
        assert rack.guest.does("ls /sys/kernel/iommu_groups").split(), "the kernel has no IOMMU groups"


def look(rack: Rack, report: Report, only: list[str]) -> None:
    """Between its checks a part brings the switch back to where the next one begins; where that fails it ends. What is
    looked at alone finds the switch as `tools/rack up` leaves it."""
    parts = [part for part in PARTS if not only or any(matches(part, wanted) for wanted in only)]
    forwards = not only
    for part in parts:
        if part not in BARE and not forwards:
            raised(rack, report)
            forwards = True
        with report.part(name_of(part)):
            part(rack, report)


def raised(rack: Rack, report: Report) -> None:
    with report.check("the switch is prepared, and forwards", vital=True) as note:
        note(rack.start())
