"""A link with a machine on each side, and between them either a plain cable or the switch."""

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from conftest import PREFIX
from laboratory import wiring
from laboratory.namespace import Namespace, run
from laboratory.paths import default_build
from laboratory.wait import wait_for

BINARY = "control/honeyswitch"
# Not SCHED_FIFO: a realtime task that always runs is stopped for 50 ms of each second, so that others have their share.
PEERS_NICE, WORKER_NICE, SCANNERS_NICE = -19, -15, 19
DARK, ACTIVE = "10.66.0.0/16", "10.66.0.0/24"
PATIENCE_S = 20


class Side:
    """A machine at one end, with its programs. They have precedence over all others, as on machines of their own."""

    def __init__(self, folder: Path, name: str, number: int):
        self.name, self.folder = name, folder / name
        self.namespace = Namespace(f"{PREFIX}wire-{name}")
        self.address, self.mac = f"192.0.2.{number}", f"02:00:00:00:02:0{number}"
        self.started: list[subprocess.Popen] = []

    def plug_in(self) -> None:
        self.folder.mkdir(parents=True)
        self.namespace.ip("address", "add", f"{self.address}/24", "dev", "wire")

    def start(self, name: str, *command: str, environment: dict[str, str] | None = None,
              nice: int = PEERS_NICE) -> subprocess.Popen:
        scheduled = ["nice", "--adjustment", str(nice), *command]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.started.append(subprocess.Popen(self.namespace.command(*scheduled), stdin=subprocess.DEVNULL, stdout=log,
                                                 stderr=log, env=os.environ | (environment or {}),
                                                 start_new_session=True))
        return self.started[-1]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def wait_for(self, what: str, condition) -> None:
        wait_for(f"{what} ({self.name})", condition, PATIENCE_S,
                 evidence=lambda: "\n".join(f"{path.name}:\n{path.read_text(errors='replace')[-2000:]}"
                                            for path in self.folder.glob("*.log")))


class Wire:
    """`switched`: honeyswitch is in it. `mtu`: of what is on the wire."""

    def __init__(self, folder: Path, switched: bool, mtu: int = 1500):
        self.folder, self.switched, self.mtu = folder, switched, mtu
        self.out, self.into = Side(folder, "out", 1), Side(folder, "in", 2)
        self.box, self.pot = Namespace(f"{PREFIX}wire-box"), Namespace(f"{PREFIX}wire-pot")
        self.process: subprocess.Popen | None = None

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.out, self.into

    def _namespaces(self) -> list[Namespace]:
        return [self.out.namespace, self.into.namespace, *([self.box, self.pot] if self.switched else [])]

    def __enter__(self) -> "Wire":
        for namespace in self._namespaces():
            if namespace.exists():
                namespace.delete()
            namespace.create()
        ends = [(side.namespace, "wire", side.mac) for side in self.sides]
        if self.switched:
            for end, port in zip(ends, ("outside", "inside")):
                self._cable((self.box, port, None), end)
            self._cable((self.box, "honeypot", None), (self.pot, "eth0", "02:00:00:00:00:66"))
        else:
            self._cable(*ends)
        for side in self.sides:
            side.plug_in()
        if self.switched:
            self._start_switch()
        return self

    def _cable(self, left: tuple, right: tuple) -> None:
        wiring.link(left[0], left[1], right[0], right[1], left[2], right[2])
        for namespace, name, _ in (left, right):
            namespace.ip("link", "set", name, "mtu", str(self.mtu))

    def __exit__(self, *_: object) -> None:
        processes = [process for side in self.sides for process in side.started]
        processes += [self.process] if self.process else []
        for process in processes:
            process.terminate()
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        for namespace in self._namespaces():
            for pid in namespace.pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            namespace.delete()

    def cut(self) -> None:
        """From here on nothing goes out any more on either side, and no interface says so."""
        chain = 'chain everything {\n type filter hook egress device "wire" priority 0; policy drop;\n}'
        rules = f"table netdev cut {{\n{chain}\n}}\n"
        for side in self.sides:
            run(*side.namespace.command("nft", "-f", "-"), stdin=rules)

    # The switch ----------------------------------------------------------------------------------------------

    def _start_switch(self) -> None:
        cpus = sorted(os.sched_getaffinity(0))
        path = self.folder / "wire.toml"
        # AF_XDP passes 2,858 bytes at most.
        mtu = f'mtu = {self.mtu}\nkernel_io = "af_packet"' if self.mtu > 1500 else ""
        path.write_text(f"""
[ports]
{mtu}
outside = "dev:outside"
inside = "dev:inside"
honeypot = "dev:honeypot"
[process]
lcores = "{cpus[0]},{cpus[-1]}"
idle_sleep = "50us"
[capacity]
session_capacity = 65536
address_capacity = 131072
mbufs = 16384
[diversion]
dark = ["{DARK}"]
active = ["{ACTIVE}"]
[notices]
listen_address = "127.0.0.1"
[operator]
control_socket = "{self.folder}/wire.sock"
[[honeypot]]
name = "pot"
mac = "02:00:00:00:00:66"
check = "none"
""")
        log = self.folder / "switch.log"
        with log.open("wb") as output:
            self.process = subprocess.Popen(self.box.command(str(default_build() / BINARY), "--config", str(path)),
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_for("the switch forwards", lambda: self.process.poll() is not None or "forwarding with" in log.read_text(),
                 PATIENCE_S, evidence=log.read_text)
        assert self.process.poll() is None, log.read_text()
        self._prefer_worker()

    def _prefer_worker(self) -> None:
        """Its CPU is its own on a real box; here others would have it for milliseconds."""
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            if (task / "comm").read_text().startswith("rte-worker"):
                os.setpriority(os.PRIO_PROCESS, int(task.name), WORKER_NICE)

    def stats(self) -> dict:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE_S)
            connection.connect(str(self.folder / "wire.sock"))
            connection.sendall(b'{"command":"stats"}\n')
            with connection.makefile("rb") as answer:
                return json.loads(answer.readline())["rows"][0]

    # Attackers -----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def scanned(self) -> Iterator[None]:
        """masscan and zmap on the outer machine, as fast as they can, over the dark network and the active hosts."""
        nobody = self.folder / "nobody"
        nobody.write_text("")
        masscan = ["masscan", DARK, "--ports", "0-65535", "--rate", "10000000", "--adapter", "wire", "--adapter-ip",
                   "198.51.100.1", "--adapter-mac", self.out.mac, "--router-mac", self.into.mac, "--wait", "0",
                   "--output-format", "list", "--output-filename", str(self.folder / "masscan.list")]
        zmap = ["zmap", "--target-port", "23", "--interface", "wire", "--gateway-mac", self.into.mac, "--source-ip",
                "198.51.100.2", "--blacklist-file", str(nobody), "--rate", "10000000", "--output-file", str(nobody),
                "--config", str(nobody), "--cooldown-time", "0", "--probes", "100", "--quiet", DARK]
        # It ends when it has sent all of them, so it begins again and again.
        again = ["bash", "-c", f"while :; do {' '.join(zmap)}; done"]
        scanners = [self.out.start(name, *command, nice=SCANNERS_NICE)
                    for name, command in (("masscan", masscan), ("zmap", again))]
        try:
            yield
            assert [process.poll() for process in scanners] == [None, None], self.out.log("masscan") + self.out.log("zmap")
        finally:
            for process in scanners:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
