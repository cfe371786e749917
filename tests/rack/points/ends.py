"""Ends that nobody wished for: the process is killed, the machine loses its power."""

import time

from laboratory.errors import LabError
from laboratory.wait import wait_for
from rack import traffic
from rack.points.installed import TO_HONEYPOT
from rack.rack import Rack
from rack.report import Report
from rack.session import Session
from rack.wires import DARK_ADDRESS

ENTRIES = "/var/lib/honeyswitch/operator-entries"
# The entries are in the file before its folder is on the disk. The kernel itself would write it after five seconds.
SETTLING_S = 2
LISTED = ("198.51.100.7/32", "198.51.100.64/27")


def killed(rack: Rack, report: Report) -> None:
    with report.check("after kill -9 systemd starts it again, and a session goes on") as note:
        switch = rack.switch
        before, starts = switch.pid(), int(switch.property("NRestarts"))
        with Session(rack) as session, traffic.Stream(rack.wires) as stream:
            session.saved()
            rack.guest.does(f"kill -9 {before}")
            wait_for("another process forwards", lambda: switch.pid() not in (0, before) and switch.forwards(), 90,
                     interval=0.5, evidence=switch.log)  # fmt: skip
            stream.resumes()
            passage = stream.end()
            note(f"{passage}: so long it took until it forwarded again")
            note(session.outlived())
        after = int(switch.property("NRestarts"))
        if after != starts + 1:
            raise LabError(f"it was restarted {after - starts} times: {switch.log()[-1000:]}")
        note(traffic.fetch(rack.wires, DARK_ADDRESS, TO_HONEYPOT))


def power_cut(rack: Rack, report: Report) -> None:
    with (report.check("after a power cut it comes back, with what was on the lists and a session that was saved")
          as note, Session(rack) as session):  # fmt: skip
        for prefix in LISTED:
            rack.guest.does(f"honeyctl list add attackers {prefix}")
        wait_for("the entries are written", lambda: all(prefix in kept(rack) for prefix in LISTED), 30, interval=0.5,
                 evidence=lambda: kept(rack))  # fmt: skip
        session.saved()
        time.sleep(SETTLING_S)
        rack.cut_power()
        shell = rack.boot()
        forwards = shell + traffic.until_answered(rack.wires)
        note(f"a shell {shell:.0f} s after the power came back, a ping through the switch after {forwards:.0f} s")
        note(session.outlived())
        entries = rack.switch.list_entries()
        assert sorted(entries) == sorted(LISTED), f"on the list: {entries}"
        note(f"on the list as before: {', '.join(entries)}")
        note(traffic.fetch(rack.wires, DARK_ADDRESS, TO_HONEYPOT))


def kept(rack: Rack) -> str:
    return rack.guest.call(f"cat {ENTRIES}").stdout
