"""A switch on several links, between a machine outside and one inside that have a cable on each, and a honeypot."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

from box import HONEYPOT_MAC, SERVER, configuration_text
from conftest import PREFIX
from laboratory import wiring
from laboratory.namespace import Namespace
from laboratory.paths import default_build
from laboratory.wait import wait_for

LINKS = ("west", "east")
CLIENT, NEWCOMER, DARK = "198.51.100.1", "10.66.0.7", "10.66.9.9"
NEXT_HOP = {"outside": "192.0.2.1", "inside": "192.0.2.2"}
MACS = {side: {link: f"02:00:00:00:0{number}:0{index}" for index, link in enumerate(LINKS)}
        for number, side in enumerate(NEXT_HOP)}
PATIENCE_S = 60


class LinkedBox:
    """Each machine reaches the other over the cable that a test says. The honeypot answers for all addresses."""

    def __init__(self, folder: Path, kernel_io: str = "af_xdp"):
        self.folder, self.kernel_io = folder, kernel_io
        self.box, self.outside, self.inside, self.pot = (
            Namespace(f"{PREFIX}ln-{name}") for name in ("box", "out", "in", "pot"))
        self.machines = (self.box, self.outside, self.inside, self.pot)
        self.process: subprocess.Popen | None = None
        self.started: list[subprocess.Popen] = []
        self.log = folder / "switch.log"

    def __enter__(self) -> "LinkedBox":
        for machine in self.machines:
            if machine.exists():
                machine.delete()
            machine.create()
        for link in LINKS:
            for side, machine in (("outside", self.outside), ("inside", self.inside)):
                wiring.link(self.box, f"{side}-{link}", machine, link, right_mac=MACS[side][link])
        wiring.link(self.box, "pot", self.pot, "trap", right_mac=HONEYPOT_MAC)
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.started, *([self.process] if self.process else [])]:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            if process.poll() is None:
                process.kill()
                process.wait()
        for machine in self.machines:
            machine.delete()

    def give_addresses(self) -> None:
        """Machines whose packets to each other take the first link, both ways."""
        for side, machine, address in (("outside", self.outside, CLIENT), ("inside", self.inside, SERVER)):
            machine.sysctl("net.ipv4.conf.all.rp_filter", 0)
            machine.ip("address", "add", f"{address}/32", "dev", "lo")
            other = "inside" if side == "outside" else "outside"
            for index, link in enumerate(LINKS):
                machine.sysctl(f"net.ipv4.conf.{link}.rp_filter", 0)
                machine.ip("neighbour", "replace", NEXT_HOP[other], "lladdr", MACS[other][link], "dev", link)
                machine.ip("route", "add", "default", "via", NEXT_HOP[other], "dev", link, "onlink", "src", address,
                           "table", str(100 + index))  # fmt: skip
            self.leave_by(machine, LINKS[0])
        self.pot.sysctl("net.ipv4.conf.all.rp_filter", 0)
        self.pot.sysctl("net.ipv4.conf.trap.rp_filter", 0)
        self.pot.ip("route", "add", "local", "10.66.0.0/16", "dev", "lo")
        self.pot.ip("neighbour", "replace", "192.0.2.3", "lladdr", "02:00:00:00:09:09", "dev", "trap")
        self.pot.ip("route", "add", "default", "via", "192.0.2.3", "dev", "trap", "onlink")

    @staticmethod
    def leave_by(machine: Namespace, link: str) -> None:
        """From here on its packets leave over this link alone."""
        machine.attempt("nft", "delete", "table", "ip", "turns")
        machine.attempt("ip", "rule", "del", "pref", "90")
        machine.ip("rule", "add", "pref", "90", "table", str(100 + LINKS.index(link)))

    @staticmethod
    def leave_by_turns(machine: Namespace) -> None:
        """From here on its packets leave over one link and the next by turns."""
        machine.attempt("ip", "rule", "del", "pref", "80")
        machine.ip("rule", "add", "pref", "80", "fwmark", "1", "table", "101")
        machine.run("nft", "add table ip turns; add chain ip turns out { type route hook output priority 0; }; "
                           "add rule ip turns out meta mark set numgen inc mod 2")  # fmt: skip

    def configuration(self, links: tuple[str, ...] = LINKS) -> Path:
        records = "".join(f'[[link]]\nname = "{link}"\noutside = "dev:outside-{link}"\ninside = "dev:inside-{link}"\n'
                          for link in links)
        path = self.folder / "links.toml"
        path.write_text(configuration_text(
            f'{records}[ports]\nhoneypot = "dev:pot"\nkernel_io = "{self.kernel_io}"\n',
            self.folder / "control.sock"))  # fmt: skip
        return path

    def start(self, settings: str = "") -> None:
        """`settings`: more of the table [ports]."""
        path = self.configuration()
        path.write_text(path.read_text().replace("[ports]\n", f"[ports]\n{settings}"))
        command = self.box.command(str(default_build() / "control/honeyswitch"), "--config", str(path))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for("the switch forwards", lambda: self.process.poll() is not None or "forwarding with" in self.told(),
                 PATIENCE_S, evidence=self.told)
        assert self.process.poll() is None, self.told()

    def told(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def serve_pages(self, machine: Namespace, words: str) -> None:
        """A web server that says these words."""
        folder = self.folder / words
        folder.mkdir()
        (folder / "page").write_text(words * 20_000)
        self.started.append(subprocess.Popen(
            machine.command("python3", "-m", "http.server", "80", "--bind", "0.0.0.0", "--directory", str(folder)),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_for("it listens", lambda: ":80 " in machine.run("ss", "-ltn"), PATIENCE_S)

    def who_serves(self, address: str) -> str:
        """The word that the page of this address is made of; empty if none comes."""
        result = self.outside.attempt("curl", "--silent", "--max-time", "10", "--interface", CLIENT,
                                      f"http://{address}/page", timeout=30)  # fmt: skip
        return result.stdout[:len(result.stdout) // 20_000]

    def honeyctl(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([default_build() / "tools/honeyctl", "--socket", self.folder / "control.sock", *words],
                              capture_output=True, text=True, check=False, timeout=PATIENCE_S)  # fmt: skip

    def rows(self, table: str) -> list[dict]:
        answer = self.honeyctl(table, "--json")
        assert answer.returncode == 0, answer.stderr + self.told()
        return json.loads(answer.stdout)["rows"]

    def port(self, side: str, link: str) -> dict:
        return next(port for port in self.rows("stats")[0]["ports"] if (port["name"], port["link"]) == (side, link))

    def packets(self) -> dict[tuple[str, str], int]:
        """Packets that have come in, by side and link."""
        return {(port["name"], port["link"]): port["rx_packets"] for port in self.rows("stats")[0]["ports"]}

    def grown(self, before: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
        return {port: count - before[port] for port, count in self.packets().items()}
