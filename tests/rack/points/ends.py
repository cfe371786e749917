"""Ends that nobody wished for: the process is killed, the machine loses its power."""

from laboratory.errors import LabError
from laboratory.wait import wait_for
from rack import traffic
from rack.points.installed import TO_HONEYPOT
from rack.rack import Rack
from rack.report import Report
from rack.wires import DARK_ADDRESS

LISTED = ("198.51.100.7/32", "198.51.100.64/27")


def killed(rack: Rack, report: Report) -> None:
    with report.check("after kill -9 systemd starts it again") as note:
        switch = rack.switch
        before, starts = switch.pid(), int(switch.property("NRestarts"))
        with traffic.Stream(rack.wires) as stream:
            rack.guest.does(f"kill -9 {before}")
            wait_for("another process forwards", lambda: switch.pid() not in (0, before) and switch.forwards(), 90,
                     interval=0.5, evidence=switch.log)  # fmt: skip
            stream.resumes()
            passage = stream.end()
        after = int(switch.property("NRestarts"))
        if after != starts + 1:
            raise LabError(f"it was restarted {after - starts} times: {switch.log()[-1000:]}")
        note(f"{passage}: so long it took until it forwarded again")
        note(traffic.fetch(rack.wires, DARK_ADDRESS, TO_HONEYPOT))


def power_cut(rack: Rack, report: Report) -> None:
    with report.check("after a power cut it comes back, with what was on the lists") as note:
        for prefix in LISTED:
            rack.guest.does(f"honeyctl list add attackers {prefix}")
        rack.cut_power()
        shell = rack.boot()
        forwards = shell + traffic.until_answered(rack.wires)
        note(f"a shell {shell:.0f} s after the power came back, a ping through the switch after {forwards:.0f} s")
        entries = rack.switch.list_entries()
        assert sorted(entries) == sorted(LISTED), f"on the list: {entries}"
        note(f"on the list as before: {', '.join(entries)}")
        note(traffic.fetch(rack.wires, DARK_ADDRESS, TO_HONEYPOT))
