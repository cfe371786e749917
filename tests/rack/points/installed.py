"""The package in the guest, its units, and the steps from there to a switch that comes back by itself."""

import re

from laboratory.errors import LabError
from rack import traffic
from rack.machine import PORTS
from rack.rack import Rack
from rack.report import Report
from rack.switch import UNIT
from rack.wires import ATTACKER, DARK_ADDRESS, HOST

NICS_UNIT = "honeyswitch-nics.service"
# systemd calls 7 and more "exposed".
MOST_EXPOSED = 7.0
TO_CAMPUS = f"campus: {ATTACKER} asked {HOST}"
TO_HONEYPOT = f"honeypot: {ATTACKER} asked {DARK_ADDRESS}"


def package(rack: Rack, report: Report) -> None:
    with report.check("the package is installed") as note:
        version = rack.guest.does("dpkg-query -W -f '${Version} ${db:Status-Status}' honeyswitch")
        assert version == f"{rack.settings.version} installed", version
        note(f"honeyswitch {version}; {rack.guest.does('cat /etc/debian_version').strip()}, "
             f"{rack.guest.does('uname -r').strip()}")


def prepared(rack: Rack, report: Report) -> None:
    with report.check("bind-nics, setup-hugepages --persist and systemctl enable do what they say", vital=True) as note:
        note(rack.switch.prepare())
    with report.check("systemd-analyze verify has nothing to say of the units") as note:
        said = rack.guest.call(f"systemd-analyze verify {UNIT} {NICS_UNIT}")
        words = (said.stdout + said.stderr).strip()
        assert (said.returncode, words) == (0, ""), words
        note(f"{UNIT} {NICS_UNIT}: exit code 0, not a word")
    with report.check(f"systemd-analyze security: less than {MOST_EXPOSED}") as note:
        said = rack.guest.does(f"systemd-analyze security --no-pager {UNIT}")
        figure = re.search(r"Overall exposure level for \S+: ([\d.]+) (\w+)", said)
        if not figure:
            raise LabError(said[-500:])
        assert float(figure[1]) < MOST_EXPOSED, figure[0]
        note(figure[0])


def comes_back(rack: Rack, report: Report) -> None:
    with report.check("after a reboot it forwards again by itself", vital=True) as note:
        shell = rack.guest.reboot()
        forwards = shell + traffic.until_answered(rack.wires)
        note(f"a shell after {shell:.0f} s, a ping through the switch after {forwards:.0f} s")
        note(f"{UNIT}: {rack.switch.property('ActiveState')}, restarted {rack.switch.property('NRestarts')} times")
        assert rack.switch.property("ActiveState") == "active"
    with report.check("the ports are PCI devices of vfio-pci behind the IOMMU") as note:
        note(vfio(rack))


def vfio(rack: Rack) -> str:
    """The groups that the process has open, each with the card that is alone in it."""
    opened = rack.guest.does(f"ls -l /proc/{rack.switch.pid()}/fd | grep -o '/dev/vfio/[0-9]*$' | sort -u").split()
    groups = {}
    for side, address in PORTS.items():
        driver = rack.guest.does(f"basename $(readlink /sys/bus/pci/devices/{address}/driver)").strip()
        group = rack.guest.does(f"basename $(readlink /sys/bus/pci/devices/{address}/iommu_group)").strip()
        assert driver == "vfio-pci", f"{address} is with {driver}"
        assert f"/dev/vfio/{group}" in opened, f"group {group} of {side} is not among {opened}"
        groups[side] = f"{side} {address} group {group}"
    drivers = {row["driver"] for row in rack.switch.ports().values()}
    return f"{', '.join(groups.values())}; DPDK's driver {', '.join(drivers)}"


def passes(rack: Rack, report: Report) -> None:
    with report.check("ping from the attacker to a host of the campus, and to a dark address") as note:
        note(traffic.ping(rack.wires, HOST))
        traffic.fetch(rack.wires, DARK_ADDRESS, TO_HONEYPOT)
        note(traffic.ping(rack.wires, DARK_ADDRESS))
    with report.check("curl from the attacker reaches the host, and the honeypot for a dark address") as note:
        note(traffic.fetch(rack.wires, HOST, TO_CAMPUS))
        note(traffic.fetch(rack.wires, DARK_ADDRESS, TO_HONEYPOT))
