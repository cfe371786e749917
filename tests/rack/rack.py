"""A rack that is up, or is to be: wires, a machine, its guest and the switch in it."""

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

from laboratory.errors import LabError
from laboratory.namespace import run
from laboratory.processes import Processes
from rack import image, places, traffic
from rack.guest import Guest, free_port
from rack.machine import Machine
from rack.nics import DEFAULT_NIC, NICS, Nic
from rack.switch import UNIT, Switch
from rack.wires import Wires


@dataclass(frozen=True)
class Settings:
    """What a later call needs to know of the one that raised the rack."""

    nic: str = DEFAULT_NIC
    image: str = ""
    version: str = ""
    package: str = ""  # that is installed
    ssh_port: int = field(default_factory=free_port)
    cache: str = field(default_factory=lambda: str(places.cache()))

    @classmethod
    def load(cls, path: Path) -> "Settings":
        return cls(**json.loads(path.read_text()))


class Rack:
    """Everything of it has the prefix in its name, so that several can stand beside each other."""

    def __init__(self, prefix: str):
        self.prefix = prefix
        self.directory = places.RUN_ROOT / prefix.rstrip("-")
        self.processes = Processes(self.directory)
        self.wires = Wires(prefix, self.processes, self.directory)
        self.settings = Settings.load(self._record) if self.exists() else Settings()
        disk = Path(self.settings.cache) / "disks" / f"{prefix}disk.img"
        self.machine = Machine(self.directory, disk, self.processes, self.wires)

    @property
    def _record(self) -> Path:
        return self.directory / "settings.json"

    @property
    def nic(self) -> Nic:
        return NICS[self.settings.nic]

    @property
    def guest(self) -> Guest:
        key = Path(self.settings.cache) / image.KEY
        return Guest(self.directory, self.settings.ssh_port, key, self.processes, self.machine.serial)

    @property
    def switch(self) -> Switch:
        return Switch(self.guest)

    def exists(self) -> bool:
        return self._record.exists()

    def up(self, nic: str, made: image.Image, package: Path) -> float:
        """Wires it, and boots it for the first time. Returns the seconds until a shell answered."""
        if self.exists():
            raise LabError(f"a rack '{self.prefix}' is up, or remains of one; 'tools/rack down' first")
        self.settings = Settings(nic, str(made.folder), made.version, str(package.resolve()))
        self.directory.mkdir(parents=True, exist_ok=True)
        self._record.write_text(json.dumps(asdict(self.settings)))
        self.machine.disk.parent.mkdir(parents=True, exist_ok=True)
        run("cp", "--sparse=always", "--reflink=auto", str(made.disk), str(self.machine.disk))
        self.wires.up()
        return self.boot()

    def boot(self, iommu: bool = True) -> float:
        disk = image.Image(Path(self.settings.image), self.settings.version, made=False)
        self.machine.switch_on(disk, self.nic, self.settings.ssh_port, iommu)
        return self.guest.wait_for_boot()

    def start(self) -> str:
        """From the package to a switch that forwards. Returns what the tools said."""
        said = self.switch.prepare()
        self.guest.does(f"systemctl start {UNIT}")
        self.switch.wait()
        traffic.until_answered(self.wires)
        return said

    def cut_power(self) -> None:
        self.machine.cut_power()
        self.guest.let_go()

    def down(self) -> None:
        """Processes by their numbers, then what they used. Harmless where there is nothing."""
        for name in self.processes.names():
            self.processes.stop(name)
        self.wires.down()
        self.machine.disk.unlink(missing_ok=True)
        if self.directory.exists():
            shutil.rmtree(self.directory)
