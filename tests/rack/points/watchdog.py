"""A process that is there and does nothing: systemd ends it, and starts another."""

from laboratory.wait import wait_for
from rack import traffic
from rack.places import RACK
from rack.points.installed import TO_HONEYPOT
from rack.rack import Rack
from rack.report import Report
from rack.session import Session
from rack.switch import UNIT
from rack.wires import DARK_ADDRESS

WORKER = "rte-worker"
STAND_STILL = RACK / "stand_still.py"


def stood_still(rack: Rack, report: Report) -> None:
    with report.check("a worker that takes no step: by WatchdogSec systemd starts the switch again") as note:
        switch = rack.switch
        before, starts = switch.pid(), int(switch.property("NRestarts"))
        with Session(rack) as session, traffic.Stream(rack.wires) as stream:
            session.saved()
            note(rack.guest.does(f"python3 - {before} {WORKER}", stdin=STAND_STILL.read_text()))
            wait_for("another process forwards", lambda: switch.pid() not in (0, before) and switch.forwards(), 90,
                     interval=0.5, evidence=switch.log)  # fmt: skip
            stream.resumes()
            passage = stream.end()
            note(f"{passage}: the watchdog's {switch.property('WatchdogUSec')}, and a start")
            note(session.outlived())
        told = rack.guest.does(f"journalctl -o cat --no-pager -u {UNIT} | grep -i watchdog")
        assert "Watchdog timeout" in told, told
        assert int(switch.property("NRestarts")) == starts + 1, switch.log()[-1000:]
        note(told)
        note(traffic.fetch(rack.wires, DARK_ADDRESS, TO_HONEYPOT))
