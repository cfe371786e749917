"""Links that go and come, by QEMU's set_link, and what the switch makes of it."""

import re

from laboratory.errors import LabError
from laboratory.wait import wait_for
from rack import traffic
from rack.points.frames import stopped
from rack.points.installed import TO_HONEYPOT
from rack.rack import Rack
from rack.report import Note, Report
from rack.switch import configuration
from rack.wires import DARK_ADDRESS

PATIENCE_S = 60
# Register 0 of a PHY and its bit for "power down" (IEEE 802.3, 22.2.4.1), as QEMU traces what the driver writes.
PHY_CONTROL, POWER_DOWN = re.compile(r"MDIC WRITE: PHY\S*\[0\] = 0x([0-9a-f]+)"), 0x0800


def drawn(rack: Rack, report: Report) -> None:
    for side in ("outside", "inside", "honeypot"):
        with report.check(f"the cable of {side} is drawn and put in again: told, and all passes again") as note:
            rack.machine.monitor.set_link(side, False)
            until(rack, side, link_up=False)
            told(rack, f"port {side} ", "its link is down", note)
            rack.machine.monitor.set_link(side, True)
            until(rack, side, link_up=True)
            told(rack, f"port {side} ", "its link is up again", note)
            note(f"a ping passed {traffic.until_answered(rack.wires):.0f} s later; "
                 f"restarted {rack.switch.property('NRestarts')} times")
            note(traffic.fetch(rack.wires, DARK_ADDRESS, TO_HONEYPOT))


def until(rack: Rack, side: str, **wanted: bool) -> None:
    wait_for(f"port {side} shows {wanted}", lambda: wanted.items() <= rack.switch.ports()[side].items(), PATIENCE_S,
             interval=0.5, evidence=lambda: f"{rack.switch.ports()[side]}\n{rack.switch.log()[-1500:]}")  # fmt: skip


def told(rack: Rack, port: str, what: str, note: Note) -> None:
    def line() -> str:
        return next((one for one in reversed(rack.switch.log().splitlines()) if port in one and what in one), "")
    note(wait_for(f"the log says '{port}… {what}'", line, PATIENCE_S, interval=0.5, evidence=rack.switch.log))


def carried_across(rack: Rack, report: Report) -> None:
    """By link_state: the neighbour at the other port learns of a failure from his own link."""
    if not rack.nic.takes_link_down:
        refused(rack, report)
        return
    rack.machine.monitor.ask("human-monitor-command", **{"command-line": "trace-event *_core_mdic_write on"})
    for mode in ("breaker", "wire"):
        with report.check(f'link_state = "{mode}": the partner is taken down, and let up again') as note:
            carried(rack, mode, note)
    rack.switch.restart(configuration())


def carried(rack: Rack, mode: str, note: Note) -> None:
    rack.switch.restart(configuration(ports=f'link_state = "{mode}"'))
    traffic.until_answered(rack.wires)
    before = len(rack.machine.trace())
    rack.machine.monitor.set_link("outside", False)
    until(rack, "inside", held=True)
    told(rack, "port inside ", "is taken down, as outside lost its link", note)
    note(powered_down(rack, before))
    rack.machine.monitor.set_link("outside", True)
    if mode == "breaker":
        until(rack, "outside", link_up=True)
        assert rack.switch.ports()["inside"]["held"], "the breaker let it up by itself"
        note(f"honeyctl link up: {rack.guest.does('honeyctl link up').strip()}")
    until(rack, "inside", held=False, link_up=True)
    note(f"a ping passed {traffic.until_answered(rack.wires):.0f} s later")


def powered_down(rack: Rack, before: int) -> str:
    """QEMU tells a tap nothing of its card's PHY, so what the driver did to it is seen instead."""
    def written() -> str:
        return next((found[0] for found in PHY_CONTROL.finditer(rack.machine.trace()[before:])
                     if int(found[1], 16) & POWER_DOWN), "")
    return f"the driver switched off the PHY of inside: {wait_for('the PHY is switched off', written, 10)}"


def refused(rack: Rack, report: Report) -> None:
    with report.check("a link_state that the driver cannot carry out is refused, with what it can") as note:
        with stopped(rack):
            code, said = rack.switch.start_by_hand(configuration(ports='link_state = "wire"'))
        lines = [line for line in said.splitlines() if "cannot take its link down" in line]
        if not lines or "hub" not in lines[-1]:
            raise LabError(f"exit code {code}: {said[-1500:]}")
        note(f"exit code {code}: {lines[-1]}")
