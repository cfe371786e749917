"""A newer package over a switch that forwards."""

import re
import tempfile
from pathlib import Path

from packages.clean_debian import repacked
from rack import places, traffic
from rack.rack import Rack
from rack.report import Report
from rack.session import Session
from rack.switch import UNIT

BROUGHT = "/root/newer.deb"


def newer(package: Path, folder: Path) -> tuple[Path, str]:
    """The same package as a later version of it, and the version."""
    version = f"{places.version_of(package)}+newer"

    def change(tree: Path) -> None:
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {version}", control.read_text()))
    return repacked(package, folder, change), version


def upgraded(rack: Rack, report: Report) -> None:
    with report.check("an upgrade under traffic interrupts nothing until the operator restarts, and no session then"
                      ) as note, Session(rack) as session:  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            made, version = newer(Path(rack.settings.package), Path(folder))
            rack.guest.bring(made, BROUGHT)
        before = rack.switch.pid()
        with traffic.Stream(rack.wires) as stream:
            rack.guest.does(f"dpkg -i {BROUGHT}", timeout=300)
            stream.resumes()
            passage = stream.end()
        note(f"dpkg -i: {passage}")
        note(session.goes_on())
        installed = rack.guest.does("dpkg-query -W -f '${Version}' honeyswitch")
        assert installed == version, installed
        assert passage.lost == 0, "packets were lost"
        assert rack.switch.pid() == before, "it was restarted"
        assert running(rack).endswith(" (deleted)"), "the program that runs is not the old one"
        with traffic.Stream(rack.wires) as stream:
            rack.guest.does(f"systemctl restart {UNIT}")
            rack.switch.wait()
            stream.resumes()
            passage = stream.end()
        assert rack.switch.pid() != before and not running(rack).endswith(" (deleted)"), running(rack)
        note(f"systemctl restart: {passage}; {running(rack)} of {version} runs")
        note(session.outlived())


def running(rack: Rack) -> str:
    return rack.guest.does(f"readlink /proc/{rack.switch.pid()}/exe").strip()
