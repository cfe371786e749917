"""The emulated machine: a QEMU with an IOMMU, one management card, and a card for each port of the switch."""

import os
import signal
from pathlib import Path

from laboratory.processes import Processes
from laboratory.wait import wait_for
from rack import guest_files, places
from rack.image import Image
from rack.monitor import Monitor
from rack.nics import Nic
from rack.wires import SIDES, Wires

PROCESS = "qemu"
# A control thread, and three workers for the check of a card that has not so many queues.
CPUS, MEMORY = 4, "2G"
PORTS = {side: f"0000:0{number}:00.0" for number, side in enumerate(SIDES, 1)}
MANAGEMENT_PORT = "0000:00:03.0"


class Machine:
    """It is switched on, and loses its power. What it has on its disk stays."""

    def __init__(self, directory: Path, disk: Path, processes: Processes, wires: Wires):
        self.directory = directory
        self.disk = disk
        self.processes = processes
        self.wires = wires
        self.monitor = Monitor(directory / "monitor")

    @property
    def serial(self) -> Path:
        return self.directory / "serial.log"

    def switch_on(self, image: Image, nic: Nic, ssh_port: int, iommu: bool = True) -> None:
        """No KVM, even where there is one: nested guests hang in it here and there, and CI has none."""
        taps = {side: self.wires.open_tap(side) for side in SIDES}
        try:
            command = [places.qemu(), *self._board(image, ssh_port, iommu)]
            for number, side in enumerate(SIDES, 1):
                command += port_options(number, side, taps[side], nic)
            self.processes.start(PROCESS, command, descriptors=tuple(taps.values()))
        finally:
            for descriptor in taps.values():
                os.close(descriptor)
        wait_for("QEMU runs", lambda: self.monitor.path.exists() or not self.running(), timeout=60)
        wait_for("QEMU runs", self.running, timeout=0, evidence=lambda: self.processes.tail(PROCESS))

    def _board(self, image: Image, ssh_port: int, iommu: bool) -> list[str]:
        # A kernel that tests its timer panics when the host stops the emulated CPU at that moment.
        append = f"root=/dev/vda rw console=ttyS0 quiet no_timer_check intel_iommu={'on' if iommu else 'off'}"
        management = f"user,id=management,restrict=on,hostfwd=tcp:127.0.0.1:{ssh_port}-:22"
        card = f"virtio-net-pci,netdev=management,mac={guest_files.MANAGEMENT_MAC},addr=0x3,romfile="
        return [
            "-M", "q35,kernel-irqchip=split", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max",
            *(("-device", "intel-iommu,intremap=on,caching-mode=on") if iommu else ()),
            "-smp", str(CPUS), "-m", MEMORY, "-display", "none", "-nodefaults", "-no-user-config",
            "-kernel", str(image.kernel), "-initrd", str(image.initrd), "-append", append,
            "-drive", f"file={self.disk},if=virtio,format=raw,cache=unsafe",
            "-netdev", management, "-device", card, "-device", "virtio-rng-pci,addr=0x4",
            "-serial", f"file:{self.serial}", "-qmp", f"unix:{self.monitor.path},server=on,wait=off",
        ]  # fmt: skip

    def running(self) -> bool:
        return self.processes.running(PROCESS)

    def cut_power(self) -> None:
        """At once, as when the plug is drawn: what the guest had not written yet is lost."""
        self.processes.signal(PROCESS, signal.SIGKILL)
        wait_for("QEMU is gone", lambda: not self.running())
        self.processes.stop(PROCESS)
        self.monitor.path.unlink(missing_ok=True)

    def trace(self) -> str:
        """What QEMU has printed so far."""
        return self.processes.log(PROCESS).read_text(errors="replace")


def port_options(number: int, side: str, descriptor: int, nic: Nic) -> list[str]:
    """Each behind a root port of its own, and so in an IOMMU group of its own."""
    card = f"{nic.device},netdev={side},id=nic-{side},bus=root-{side},mac=52:54:00:00:01:0{number},romfile="
    return ["-netdev", f"tap,id={side},fd={descriptor},vhost=off",
            "-device", f"pcie-root-port,id=root-{side},chassis={number},slot={number},addr=0x1{number}",
            "-device", card]  # fmt: skip
