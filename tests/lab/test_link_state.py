"""A link that fails on one side, and what the other side is told of it: by [ports] link_state, with two routers that
speak BGP across the switch. Their hold time is three minutes, so that a session that ends earlier ended because of its
interface."""

import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import Box, stop_in_turn
from laboratory.namespace import Namespace
from laboratory.paths import default_build
from laboratory.wait import wait_for

DAEMONS = Path("/usr/lib/frr")
ADDRESSES = {"outside": "192.0.2.1", "inside": "192.0.2.2"}
ACROSS = {"outside": "inside", "inside": "outside"}
PATIENCE_S = 60
STAYS_S = 4  # longer than link_state_wait and whatever is done then take


class Router:
    """FRR's zebra and bgpd in a namespace, with all that they write in a folder of their own, which is their user's."""

    def __init__(self, machine: Namespace, side: str):
        self.machine, self.side = machine, side
        self.folder = Path(tempfile.mkdtemp(prefix=f"{machine.name}-"))
        shutil.chown(self.folder, "frr", "frr")
        self.processes: list[subprocess.Popen] = []

    def start(self) -> None:
        peer = ACROSS[self.side]
        self.machine.ip("address", "add", f"{ADDRESSES[self.side]}/30", "dev", self.side)
        (self.folder / "zebra.conf").write_text("")
        (self.folder / "bgpd.conf").write_text(f"""
router bgp {self.number(self.side)}
 bgp router-id {ADDRESSES[self.side]}
 no bgp ebgp-requires-policy
 timers bgp 60 180
 neighbor {ADDRESSES[peer]} remote-as {self.number(peer)}
 neighbor {ADDRESSES[peer]} timers connect 1
""")
        self._run("zebra")
        wait_for("zebra serves", (self.folder / "zserv").exists, PATIENCE_S, evidence=self.said)
        self._run("bgpd", "--listenon", ADDRESSES[self.side])

    @staticmethod
    def number(side: str) -> str:
        return "64512" if side == "outside" else "64513"

    def _run(self, daemon: str, *options: str) -> None:
        command = self.machine.command(
            str(DAEMONS / daemon), "-f", str(self.folder / f"{daemon}.conf"), "-i",
            str(self.folder / f"{daemon}.pid"), "-z", str(self.folder / "zserv"), "--vty_socket", str(self.folder),
            "--log", "stdout", *options)  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def said(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def established(self) -> bool:
        shown = subprocess.run(["vtysh", "--vty_socket", str(self.folder), "-d", "bgpd", "-c", "show bgp summary json"],
                               capture_output=True, text=True, check=False)  # fmt: skip
        with contextlib.suppress(ValueError, KeyError):
            peers = json.loads(shown.stdout)["ipv4Unicast"]["peers"]
            return peers[ADDRESSES[ACROSS[self.side]]]["state"] == "Established"
        return False

    def stop(self) -> None:
        stop_in_turn(self.processes)
        shutil.rmtree(self.folder)


class Border(Box):
    """A switch with a router on each side of it."""

    def __init__(self, folder: Path, kernel_io: str):
        super().__init__(folder, "border")
        self.kernel_io = kernel_io
        self.upstream = Namespace(f"{self.there.name}-up")
        self.routers: dict[str, Router] = {}

    def __enter__(self) -> "Border":
        if self.upstream.exists():
            self.upstream.delete()
        self.upstream.create()
        super().__enter__()
        self.there.ip("link", "set", "outside", "netns", self.upstream.name)
        for side, machine in (("outside", self.upstream), ("inside", self.there)):
            machine.ip("link", "set", side, "up")
            self.routers[side] = Router(machine, side)
        return self

    def __exit__(self, *error: object) -> None:
        for router in self.routers.values():
            router.stop()
        super().__exit__(*error)
        self.upstream.delete()

    def switch(self, mode: str) -> tuple[Path, subprocess.Popen]:
        path = self.configuration("border")
        path.write_text(path.read_text().replace(
            "[process]", f'kernel_io = "{self.kernel_io}"\nlink_state = "{mode}"\n[process]'))  # fmt: skip
        return path, self.forwarding(path)

    def with_sessions(self, mode: str) -> tuple[Path, subprocess.Popen]:
        switch = self.switch(mode)
        for router in self.routers.values():
            router.start()
        self.until_established()
        return switch

    def until_established(self) -> None:
        for router in self.routers.values():
            wait_for(f"BGP is up at {router.side}", router.established, PATIENCE_S, interval=0.2, evidence=router.said)

    def set_far_end(self, side: str, state: str) -> None:
        self.routers[side].machine.ip("link", "set", side, state)

    def until_dropped(self, side: str, since: float) -> None:
        router = self.routers[side]
        wait_for(f"BGP ends at {side}", lambda: not router.established(), PATIENCE_S, interval=0.02,
                 evidence=lambda: self.log(self.folder / "border.toml"))  # fmt: skip
        print(f"BGP ended at {side} after {time.monotonic() - since:.2f} s")

    def honeyctl(self, *arguments: str) -> str:
        done = subprocess.run([default_build() / "tools/honeyctl", "--socket", self.folder / "border.sock", *arguments],
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ports(self) -> dict[str, dict]:
        return {port["name"]: port for port in json.loads(self.honeyctl("ports", "--json"))["rows"]}

    def is_up(self, side: str) -> bool:
        return "UP" in json.loads(self.here.ip("-json", "link", "show", side))[0]["flags"]


@pytest.fixture(name="border", params=["af_xdp", "af_packet"])
def border_of_both(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Border]:
    with Border(tmp_path, request.param) as border:
        yield border


@pytest.fixture(name="xdp_border")
def border_of_xdp(tmp_path: Path) -> Iterator[Border]:
    with Border(tmp_path, "af_xdp") as border:
        yield border


def test_a_wire_carries_a_failure_across_and_recovers_without_help(border: Border):
    path, _ = border.with_sessions("wire")
    for failed in ("outside", "inside"):
        other = ACROSS[failed]
        own_failures = border.log(path).count(f"port {other} (dev:{other}): its link is down")
        began = time.monotonic()
        border.set_far_end(failed, "down")
        border.until_dropped(other, began)
        assert border.ports()[other]["held"] and not border.ports()[failed]["held"]
        assert f"port {other} (dev:{other}) is taken down, as {failed} lost its link" in border.log(path)
        assert border.log(path).count(f"port {other} (dev:{other}): its link is down") == own_failures
        border.set_far_end(failed, "up")
        border.until_established()
        wait_for("the interface is up", lambda: border.is_up(other), PATIENCE_S)
        assert not border.ports()[other]["held"]
    assert border.honeyctl("events", "--type", "link").count("taken_down") == 2
    counters = {row["name"]: row["value"] for row in json.loads(border.honeyctl("stats", "--json"))["rows"][0]["counters"]}
    assert counters["link_ports_taken_down"] == 2


def test_a_breaker_stays_until_it_is_told(xdp_border: Border):
    border = xdp_border
    border.with_sessions("breaker")
    began = time.monotonic()
    border.set_far_end("outside", "down")
    border.until_dropped("inside", began)
    border.set_far_end("outside", "up")
    time.sleep(STAYS_S)
    assert not border.is_up("inside") and border.ports()["inside"]["held"]
    assert "inside" in border.honeyctl("link", "up")
    border.until_established()


@pytest.mark.parametrize("failed", ["outside", "inside"])
def test_a_hub_leaves_the_other_side_as_it_is(xdp_border: Border, failed: str):
    border = xdp_border
    border.with_sessions("hub")
    border.set_far_end(failed, "down")
    time.sleep(STAYS_S)
    assert border.is_up(ACROSS[failed]) and border.routers[ACROSS[failed]].established()


def test_a_honeypots_port_is_no_reason_and_an_end_leaves_all_up(xdp_border: Border):
    border = xdp_border
    _, process = border.switch("wire")
    border.there.ip("link", "set", "honeypot", "down")
    time.sleep(STAYS_S)
    assert border.is_up("outside") and border.is_up("inside")
    border.set_far_end("outside", "down")
    wait_for("inside is taken down", lambda: not border.is_up("inside"), PATIENCE_S)
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert border.is_up("inside"), "at the end"
    border.set_far_end("outside", "up")
    border.here.ip("link", "set", "inside", "down")  # as after a crash
    border.forwarding(border.folder / "border.toml", times=2)
    assert border.is_up("inside"), "at the start"


def test_a_driver_that_cannot_take_its_link_down_is_refused(xdp_border: Border):
    border = xdp_border
    path = border.configuration("border", outside="vdev:net_null9,no-rx=1")
    for mode, good in (("wire", False), ("hub", True)):
        path.write_text(path.read_text().replace("[process]", f'link_state = "{mode}"\n[process]', 1))
        if good:
            border.forwarding(path)
            continue
        refused = border.run(path)
        assert refused.returncode != 0
        assert "cannot take its link down" in refused.stderr and "hub" in refused.stderr, refused.stderr
        path.write_text(path.read_text().replace('link_state = "wire"\n', ""))
