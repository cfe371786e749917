"""honeyswitch-setup, on a machine where nothing was done but to install the package."""

from laboratory.wait import wait_for
from rack import traffic
from rack.machine import PORTS
from rack.points.installed import NICS_UNIT, TO_CAMPUS
from rack.rack import Rack
from rack.report import Note, Report
from rack.switch import CONFIGURATION, UNIT
from rack.wires import CAMPUS, DARK, DARK_ADDRESS, HOST

ANSWERS = f"""outside = "{PORTS['outside']}"
inside = "{PORTS['inside']}"
honeypot = ["{PORTS['honeypot']}"]
campus = ["{CAMPUS}"]
dark = ["{DARK}"]
workers = 1
listen_address = "127.0.0.1"
mode = "observe"
"""
HUGE_PAGES = "/etc/tmpfiles.d/honeyswitch-hugepages.conf"
WRITTEN = (CONFIGURATION, "/etc/honeyswitch/setup-answers.toml", HUGE_PAGES, f"/etc/systemd/system/{NICS_UNIT}")
SETUP = "honeyswitch-setup --answers /root/answers.toml"
# Of packets for dark addresses, which observe mode lets pass.
OBSERVED = "outside_observed_"


def set_up(rack: Rack, report: Report) -> None:
    before = drivers(rack)
    with report.check("honeyswitch-setup, by a file of answers: from the installed package to a switch that observes"
                      ) as note:  # fmt: skip
        note(f"bare: the cards are with {before}, {UNIT} is {rack.switch.property('ActiveState')}")
        rack.guest.write("/root/answers.toml", ANSWERS)
        note(rack.guest.does(SETUP, timeout=300))
        observes(rack, note)
    with report.check("honeyswitch-setup once more: what is done stays as it is") as note:
        written = contents(rack)
        said = rack.guest.does(SETUP, timeout=300)
        assert f"{CONFIGURATION} says so already" in said, said
        assert contents(rack) == written, f"{written}\n{contents(rack)}"
        note(f"its files are the same: {', '.join(WRITTEN)}")
        observes(rack, note)
    with report.check("what honeyswitch-setup did is taken back by the tools that did it") as note:
        note(rack.guest.does(f"systemctl disable --now {UNIT} 2>&1; bind-nics --unbind {' '.join(PORTS.values())}; "
                             "setup-hugepages --unpersist"))  # fmt: skip
        after = drivers(rack)
        assert after == before, f"the cards are with {after}"
        left = rack.guest.call(f"ls {HUGE_PAGES} /etc/systemd/system/{NICS_UNIT}").stdout
        assert left == "", left
        note(f"the cards are with {after} again")


def drivers(rack: Rack) -> str:
    return ", ".join(rack.guest.does(f"basename $(readlink /sys/bus/pci/devices/{address}/driver)").strip()
                     for address in PORTS.values())  # fmt: skip


def contents(rack: Rack) -> str:
    return rack.guest.does(f"sha256sum {' '.join(WRITTEN)}")


def observes(rack: Rack, note: Note) -> None:
    """What would be diverted is counted, and goes inside as all else."""
    assert rack.switch.property("ActiveState") == "active" and rack.guest.does(f"systemctl is-enabled {UNIT}")
    traffic.until_answered(rack.wires)
    note(traffic.fetch(rack.wires, HOST, TO_CAMPUS))
    rack.wires.attacker.attempt("ping", "-n", "-c", "3", "-i", "0.2", "-W", "1", DARK_ADDRESS)
    counted = wait_for("what would be diverted is counted", lambda: observed(rack), 30, interval=0.5)
    mode = rack.switch.stats()["mode"]
    assert mode == "observe", f"its mode is {mode}"
    note(f"mode {mode}; of packets to {DARK_ADDRESS}: {counted}")


def observed(rack: Rack) -> str:
    counters = {row["name"]: row["value"] for row in rack.switch.stats()["counters"]}
    return ", ".join(f"{name} {value}" for name, value in counters.items() if name.startswith(OBSERVED) and value)
