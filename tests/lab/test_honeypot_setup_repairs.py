"""tools/honeypot-setup when the kernel is not, or no longer, as its state file says; and at boot."""

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from honeypot_box import ATTACKER, GATEWAY, PREFIX, SETUP, Box
from laboratory.frames import Tap
from laboratory.processes import start_time, stop
from laboratory.wait import comes_true
from scapy.layers.inet import TCP
from scapy.layers.l2 import Ether

pytestmark = pytest.mark.no_switch

REDIRECTED = (*SETUP, "--redirect", "tcp:1-1000:6401", "--keep", "tcp:22")
MANAGEMENT = "10.99.7.0/24"


@pytest.fixture(name="box")
def raised_box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path)
    try:
        box.raise_up()
        yield box
    finally:
        box.remove()


DAMAGES = {
    "the link went down and up": (["ip", "link", "set", "trap", "down"], ["ip", "link", "set", "trap", "up"]),
    "the link is down": (["ip", "link", "set", "trap", "down"],),
    "no route back": (["ip", "route", "del", "default", "table", "6466"],),
    "another route back": (["ip", "route", "replace", "default", "via", "10.99.7.1", "table", "6466"],),
    "no rule": (["ip", "rule", "del", "from", PREFIX],),
    "no local route": (["ip", "route", "del", "local", PREFIX],),
    "the exception is gone": (["ip", "route", "del", "throw", MANAGEMENT, "table", "local"],),
    "no redirects": (["nft", "flush", "ruleset"],),
    "another redirect": (["nft", "add", "rule", "ip", "honeyswitch", "honeypot", "tcp", "dport", "7", "accept"],),
    "ARP is not answered": (["sysctl", "-w", "net.ipv4.conf.trap.arp_ignore=8"],),
    "strict reverse path": (["sysctl", "-w", "net.ipv4.conf.trap.rp_filter=1"],),
    "checksums left to others": (["ethtool", "-K", "trap", "tx", "on"],),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_called_again_it_repairs(box, damage) -> None:
    before = box.everything()
    assert box.setup(*REDIRECTED).returncode == 0
    once = box.everything()
    for command in damage:
        box.box.run(*command)
    assert box.everything() != once
    again = box.setup(*REDIRECTED)
    assert again.returncode == 0 and "repaired" in again.stdout, again.stdout + again.stderr
    assert box.everything() == once
    assert "nothing to do" in box.setup(*REDIRECTED).stdout
    assert box.setup("--undo").returncode == 0
    if "ethtool" not in damage[0]:
        assert box.everything() == before


def test_what_was_there_before_stays_after_undo(box) -> None:
    """Somebody else's route is not taken for one's own."""
    box.box.ip("route", "add", "local", PREFIX, "dev", "lo")
    before = box.everything()
    box.setup(*SETUP)
    box.setup("--undo")
    assert box.everything() == before


def test_a_state_of_another_boot_is_not_undone(box) -> None:
    """A restart has undone everything, and what is there now is somebody else's."""
    box.box.ip("link", "set", "trap", "down")
    box.setup(*SETUP)
    state = json.loads(box.state.read_text())
    box.state.write_text(json.dumps(state | {"kernel": "another"}))
    now = box.everything()
    result = box.setup("--undo")
    assert result.returncode == 0 and "nothing was set up" in result.stdout
    assert box.everything() == now


def test_answers_carry_their_checksums(box) -> None:
    """As the interface of a container has it: checksums are left to hardware that is not there."""
    box.box.run("ethtool", "-K", "trap", "tx", "on")
    before = box.everything()
    assert box.setup(*SETUP).returncode == 0
    with box.box.socket() as server, Tap(box.switch, "port") as tap:
        server.bind(("0.0.0.0", 80))
        server.listen()
        box.switch.connect("10.99.3.4", 80, source=ATTACKER).close()
        # Of a SYN-ACK: the kernel computes that of a RST itself in any case.
        answers = tap.collect(lambda data: TCP in Ether(data) and Ether(data)[TCP].flags == "SA", timeout=2)
    assert answers
    answer = Ether(answers[0])
    said = answer[TCP].chksum
    del answer[TCP].chksum
    assert said == Ether(bytes(answer))[TCP].chksum
    assert box.setup("--undo").returncode == 0
    assert box.everything() == before


def test_says_that_it_cannot_look_at_checksums_without_ethtool(box, tmp_path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("ip", "nft"):
        (folder / name).symlink_to(shutil.which(name))
    result = box.box.attempt("env", f"PATH={folder}", "/usr/bin/python3", *box.command(*SETUP))
    assert result.returncode == 0 and "ethtool is not installed" in result.stdout


class Watcher:
    """honeypot-setup --watch in the box."""

    def __init__(self, box: Box, log: Path, command: list[str]):
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(box.box.command(*command), stdout=output, stderr=output)
        self.started = start_time(self.process.pid)

    def ends(self) -> bool:
        return comes_true(lambda: self.process.poll() is not None, timeout=20)

    def says(self, text: str) -> bool:
        return comes_true(lambda: text in self.log.read_text(), timeout=20)

    def stop(self) -> None:
        if self.process.poll() is None:
            stop(self.process.pid, self.started)


@pytest.fixture(name="watch")
def watcher(box, tmp_path) -> Iterator[object]:
    watchers: list[Watcher] = []

    def start(command: list[str]) -> Watcher:
        watchers.append(Watcher(box, tmp_path / "watch.log", command))
        return watchers[-1]

    yield start
    for one in watchers:
        one.stop()


def test_watching_it_repairs_by_itself(box, watch) -> None:
    watching = watch(box.command(*REDIRECTED, "--watch"))
    assert watching.says("set up; changed")
    once = box.everything()
    for name in ("the link went down and up", "no rule", "no redirects", "checksums left to others"):
        for command in DAMAGES[name]:
            box.box.run(*command)
        assert comes_true(lambda: box.everything() == once, timeout=20), (name, watching.log.read_text())


def test_watching_it_follows_the_addresses_of_the_host(box, watch) -> None:
    """A management network that comes late, by DHCP, lies within the prefix and stays reachable."""
    box.box.ip("address", "del", "10.99.7.9/24", "dev", "mgmt")
    watching = watch(box.command(*SETUP, "--watch"))
    assert watching.says("set up; changed")
    box.box.ip("address", "add", "10.99.7.9/24", "dev", "mgmt")
    assert comes_true(lambda: box.box.attempt("ping", "-c", "1", "-W", "1", "10.99.7.1").returncode == 0, timeout=20)


def test_watching_it_waits_for_the_interface(box, watch) -> None:
    box.box.ip("link", "set", "trap", "name", "later")
    watching = watch(box.command(*SETUP, "--watch"))
    assert watching.says("no interface 'trap'")
    box.box.ip("link", "set", "later", "down")
    box.box.ip("link", "set", "later", "name", "trap")
    assert watching.says("set up; changed")
    assert GATEWAY in box.box.run("ip", "route", "show", "table", "6466")


def test_undo_ends_the_watch(box, watch) -> None:
    before = box.everything()
    watching = watch(box.command(*SETUP, "--watch"))
    assert watching.says("set up; changed")
    assert box.setup("--undo").returncode == 0
    assert watching.ends() and watching.process.returncode == 0
    assert box.everything() == before


def unit(box: Box) -> Path:
    return box.etc / "systemd/system/honeypot-setup.service"


def files(box: Box) -> list[Path]:
    return [path for path in box.etc.rglob("*") if not path.is_dir()]


def test_persists_as_a_service_that_sets_the_same_up(box, watch) -> None:
    before = box.everything()
    assert box.setup(*REDIRECTED, "--except", "10.99.8.0/24", "--persist").returncode == 0
    once = box.everything()
    assert len(files(box)) == 2 and (unit(box).parent / "multi-user.target.wants" / unit(box).name).exists()
    line = next(line for line in unit(box).read_text().splitlines() if line.startswith("ExecStart="))
    box.setup("--undo", "--etc", f"{box.etc}-other")
    assert box.everything() == before
    watch(shlex.split(line.removeprefix("ExecStart=")))
    assert comes_true(lambda: box.everything() == once, timeout=20)
    result = box.setup("--undo")
    assert "restored; no longer at boot" in result.stdout and not files(box)
    assert box.everything() == before


def test_systemd_understands_the_service(box) -> None:
    box.setup(*REDIRECTED, "--persist")
    result = subprocess.run(["systemd-analyze", "verify", str(unit(box))], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_unpersist_leaves_what_is_set_up(box) -> None:
    box.setup(*SETUP, "--persist")
    once = box.everything()
    assert box.setup("--unpersist").returncode == 0
    assert not files(box) and box.everything() == once
    assert "nothing was set up at boot" in box.setup("--unpersist").stdout


def test_other_options_than_those_of_the_service_are_refused(box) -> None:
    """It would take them back at once."""
    box.setup(*SETUP, "--persist")
    once = box.everything()
    result = box.setup(*REDIRECTED)
    assert result.returncode == 1 and "keeps other options" in result.stderr
    assert box.everything() == once
    assert box.setup(*REDIRECTED, "--persist").returncode == 0
    assert "6401" in unit(box).read_text()
