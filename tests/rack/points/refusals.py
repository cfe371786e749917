"""What cannot work is refused, with what to do."""

from rack.machine import CPUS, MANAGEMENT_PORT, PORTS
from rack.points.frames import stopped
from rack.rack import Rack
from rack.report import Report
from rack.switch import UNIT, configuration

# More than the guest has memory for.
SESSIONS = 60_000_000
FEW_PAGES = 16
POOL = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"


def huge_pages(rack: Rack, report: Report) -> None:
    with report.check("too few huge pages: --check and the start say how many megabytes to reserve") as note:
        code, said = rack.switch.check(configuration(session_capacity=SESSIONS))
        assert code == 1 and "setup-hugepages --megabytes" in said, f"exit code {code}: {said}"
        note(f"--check, exit code {code}: {line_with(said, 'setup-hugepages')}")
        reserved = rack.guest.does(f"cat {POOL}").strip()
        with stopped(rack):
            rack.guest.does(f"echo {FEW_PAGES} >{POOL}")
            code, said = rack.switch.start_by_hand(configuration())
            rack.guest.does(f"echo {reserved} >{POOL}")
        assert code in (1, 2) and "setup-hugepages --megabytes" in said, f"exit code {code}: {said[-1500:]}"
        note(f"with {FEW_PAGES} pages, exit code {code}: {line_with(said, 'setup-hugepages')}")


def card_in_use(rack: Rack, report: Report) -> None:
    with report.check("bind-nics refuses the card of the ssh session") as note:
        result = rack.guest.call(f"bind-nics --bind {MANAGEMENT_PORT}")
        assert result.returncode == 1 and "refused" in result.stderr and "ssh" in result.stderr, result.stderr
        note(f"exit code 1: {result.stderr.strip()}")


def queues(rack: Rack, report: Report) -> None:
    name, workers = "more workers than the card has queues are refused", CPUS - 1
    if rack.nic.queues >= workers:
        report.left_out(name, f"{rack.nic.name} has {rack.nic.queues} queues, and the machine {CPUS} CPUs")
        return
    with report.check(name) as note:
        with stopped(rack):
            code, said = rack.switch.start_by_hand(configuration(workers=workers))
        assert code in (1, 2) and f"set workers to {rack.nic.queues}" in said, f"exit code {code}: {said[-1500:]}"
        note(f"exit code {code}: {line_with(said, 'transmit queue')}")


def no_iommu(rack: Rack, report: Report) -> None:
    """The last, as the machine is booted without one for it."""
    with report.check("without an IOMMU the cards are not given away, and each says what to do") as note:
        rack.cut_power()
        note(f"booted with intel_iommu=off and without the device in {rack.boot(iommu=False):.0f} s")
        result = rack.guest.call(f"bind-nics --bind {PORTS['outside']}")
        assert result.returncode == 1 and "no IOMMU" in result.stderr, result.stderr
        note(f"bind-nics, exit code 1: {result.stderr.strip()}")
        code, said = rack.switch.check(configuration())
        assert code == 1 and "tools/bind-nics --bind" in said, f"exit code {code}: {said}"
        note(f"--check, exit code {code}: {line_with(said, 'bind-nics --bind')}")
        failed = rack.guest.does("systemctl is-failed honeyswitch-nics.service || true").strip()
        assert failed == "failed", f"honeyswitch-nics.service is {failed}"
        note(f"honeyswitch-nics.service is {failed}, {UNIT} is {rack.switch.property('ActiveState')}")


def line_with(said: str, words: str) -> str:
    return next(line for line in said.splitlines() if words in line)
