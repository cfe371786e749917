"""Neighbours across the switch do not notice it: routing protocols, spanning tree, LACP, LLDP, VRRP and the heartbeats
of a bypass switch stay up while attackers scan as fast as this machine lets them.

The same is done over a plain cable first, in the same run: a neighbour that is lost there is lost by this machine, which
has too few CPUs for all of them, and says nothing of the switch.

    HONEYSWITCH_PEERS_SECONDS    how long the scan lasts; by default some seconds, 600 for a certificate
    HONEYSWITCH_PEERS_MTU        of the wire, and so of the hellos that IS-IS pads to it; by default 1500
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import PREFIX
from heartbeats import __file__ as HEARTBEATS
from laboratory.frames import Tap
from peers import Frr, Keepalived, Lldpd, Observation, OpenVswitch
from wire import Wire

SECONDS = int(os.environ.get("HONEYSWITCH_PEERS_SECONDS", "15"))
CABLE_SECONDS = min(SECONDS, 60)
MTU = int(os.environ.get("HONEYSWITCH_PEERS_MTU", "1500"))
HEARTBEATS_NICE = -20
CUT_SECONDS = 10  # the slowest, RSTP and LLDP, give up their neighbours after six
NAMES = ("bfd", "bgp", "isis", "lacp", "rstp", "lldp", "vrrp")


@dataclass
class Outcome:
    """What was seen while the scan lasted."""

    losses: dict[str, int] = field(default_factory=dict)  # by neighbour, of both sides
    said: dict[str, str] = field(default_factory=dict)  # of those that were lost
    hello_bytes: int = 0  # the longest IS-IS frame
    heartbeats: dict[str, dict] = field(default_factory=dict)  # by the side that received them
    scanned: int = 0  # packets of the scan that came to the switch
    diverted: int = 0
    lost_at_ports: dict[str, int] = field(default_factory=dict)
    load: tuple = ()  # of the machine, before and after
    losses_of_a_cut: dict[str, int] = field(default_factory=dict)


class Neighbours:
    def __init__(self, wire: Wire):
        self.wire = wire
        self.looks: dict[str, list[Callable[[], Observation]]] = {name: [] for name in NAMES}
        self.out_of_rstp = 0

    def start(self) -> None:
        """Returns when each sees the other."""
        for number, side in enumerate(self.wire.sides, 1):
            frr, ovs = Frr(side, self.wire.sides[2 - number], number), OpenVswitch(side, number)
            lldpd, keepalived = Lldpd(side), Keepalived(side, number)
            for program in (frr, ovs, lldpd, keepalived):
                program.start()
            looks = (frr.bfd, frr.bgp, frr.isis, ovs.lacp, ovs.rstp, lldpd.lldp, keepalived.vrrp)
            for name, look in zip(NAMES, looks):
                self.looks[name].append(look)
        for name, looks in self.looks.items():
            for side, look in zip(self.wire.sides, looks):
                side.wait_for(f"{name} is up", lambda look=look: look().up)

    def observe(self) -> dict[str, list[Observation]]:
        return {name: [look() for look in looks] for name, looks in self.looks.items()}

    def watch_rstp(self) -> None:
        if not all(look().up for look in self.looks["rstp"]):
            self.out_of_rstp += 1


def longest_hello(wire: Wire) -> int:
    """Of the IS-IS frames that come in, the longest: 802.3 with LLC, and its MAC header."""
    with Tap(wire.into.namespace, "wire") as tap:
        hellos = tap.collect(lambda frame: frame[14:17] == b"\xfe\xfe\x03", timeout=4, count=3)
    return max(map(len, hellos), default=0)


def with_heartbeats(wire: Wire, seconds: float, each_second: Callable[[], None]) -> dict[str, dict]:
    def start(side, what):
        return side.start(f"heartbeats-{what}", "/usr/bin/python3", HEARTBEATS, what, "wire", nice=HEARTBEATS_NICE)

    def stop(side, what, process):
        process.terminate()
        process.wait(10)
        return json.loads(side.log(f"heartbeats-{what}").splitlines()[-1])

    receivers = [start(side, "receive") for side in wire.sides]
    time.sleep(1)  # until they listen
    senders = [start(side, "send") for side in wire.sides]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(1)
        each_second()
    sent = [stop(side, "send", process) for side, process in zip(wire.sides, senders)]
    time.sleep(1)
    came = [stop(side, "receive", process) for side, process in zip(wire.sides, receivers)]
    return {side.name: {**came[index], **sent[1 - index]} for index, side in enumerate(wire.sides)}


def watch(wire: Wire, seconds: float) -> Outcome:
    neighbours, outcome = Neighbours(wire), Outcome()
    neighbours.start()
    outcome.hello_bytes = longest_hello(wire)
    before, load = neighbours.observe(), os.getloadavg()
    assert all(look.up for looks in before.values() for look in looks), before
    counted = wire.stats() if wire.switched else None
    with wire.scanned():
        outcome.heartbeats = with_heartbeats(wire, seconds, neighbours.watch_rstp)
        after = neighbours.observe()
    outcome.load = (load, os.getloadavg())
    outcome.losses = lost(before, after)
    outcome.losses["rstp"] += neighbours.out_of_rstp
    outcome.said = {name: "\n".join(look.said for look in looks) for name, looks in after.items() if outcome.losses[name]}
    if not wire.switched:
        wire.cut()
        time.sleep(CUT_SECONDS)
        outcome.losses_of_a_cut = lost(after, neighbours.observe())
    if counted:
        growth = grown(counted, wire.stats())
        outcome.scanned = growth["rx_packets of outside"]
        outcome.lost_at_ports = {name: count for name, count in growth.items() if " of " in name and "packets" not in name
                                 and "bytes" not in name and count}
        outcome.diverted = sum(count for name, count in growth.items() if name.startswith("outside_to_honeypot"))
    return outcome


def lost(before: dict[str, list[Observation]], after: dict[str, list[Observation]]) -> dict[str, int]:
    """How often either side lost its neighbour in between, and once more if it is lost now."""
    return {name: sum(then.losses - now.losses + (not then.up) for now, then in zip(before[name], after[name]))
            for name in NAMES}


def grown(before: dict, after: dict) -> dict[str, int]:
    def counts(stats: dict) -> dict[str, int]:
        of_ports = {f"{key} of {port['name']}": value for port in stats["ports"] for key, value in port.items()
                    if key.startswith(("rx_", "tx_"))}
        return of_ports | {row["name"]: row["value"] for row in stats["counters"]}

    old = counts(before)
    return {name: value - old[name] for name, value in counts(after).items()}


def report(outcome: Outcome, what: str, seconds: float) -> str:
    lines = [f"{what}, {seconds} s, load {outcome.load[0][0]:.1f} before and {outcome.load[1][0]:.1f} after:",
             "  lost: " + ", ".join(f"{name} {count}" for name, count in outcome.losses.items()),
             f"  longest IS-IS hello: {outcome.hello_bytes} bytes"]
    if outcome.scanned:
        lines.append(f"  {outcome.scanned:,} packets came from outside ({outcome.scanned / seconds:,.0f} a second), "
                     f"{outcome.diverted:,} were diverted; lost at ports: {outcome.lost_at_ports or 'none'}")
    for name, beats in outcome.heartbeats.items():
        lines.append(f"  heartbeats that came {name}: {beats['came']:,} of {beats['sent']:,}, {missing(beats)} missed, at most "
                     f"{beats['in_a_row']} in a row; longest silence {beats['longest_silence_ms']:.1f} ms, the sender's own "
                     f"longest pause {beats['longest_pause_ms']:.1f} ms, {beats['refused']} refused by its interface")
    return "\n".join(lines)


@pytest.fixture(scope="module", name="folder")
def folder_for_all() -> Iterator[Path]:
    """FRR and lldpd run as users of their own, who may not look into pytest's folders."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}peers-", dir="/run") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module", name="outcomes")
def both(folder: Path) -> tuple[Outcome, Outcome]:
    """Over the cable, and across the switch."""
    with Wire(folder / "cable", switched=False, mtu=MTU) as wire:
        cable = watch(wire, CABLE_SECONDS)
    with Wire(folder / "switch", switched=True, mtu=MTU) as wire:
        switch = watch(wire, SECONDS)
    print("\n" + report(cable, "plain cable", CABLE_SECONDS) + "\n" + report(switch, "switch", SECONDS))
    return cable, switch


@pytest.mark.parametrize("name", NAMES)
def test_no_neighbour_is_lost(outcomes: tuple[Outcome, Outcome], name: str) -> None:
    cable, switch = outcomes
    if switch.losses[name] and cable.losses[name]:
        pytest.skip(f"this machine loses {name} over a plain cable as well, {cable.losses[name]} times")
    assert switch.losses[name] == 0, switch.said.get(name)


def test_each_neighbour_notices_a_cut(outcomes: tuple[Outcome, Outcome]) -> None:
    """So that the test above can fail: a silent cable is noticed by what it looks at."""
    assert [name for name, count in outcomes[0].losses_of_a_cut.items() if not count] == []


def missing(beats: dict) -> int:
    return beats["sent"] - beats["came"]


def in_line(outcome: Outcome) -> bool:
    """A bypass switch takes the box out of its line when three heartbeats in a row do not come."""
    return all(beats["came"] and beats["in_a_row"] < 3 for beats in outcome.heartbeats.values())


def machine_stopped(outcome: Outcome) -> bool:
    """It kept a sender of heartbeats from its clock for as long as heartbeats were missing. Senders come before the
    switch's worker, so it is no wonder that the worker could not empty its receive ring."""
    longest = max(beats["longest_pause_ms"] for beats in outcome.heartbeats.values())
    return all(beats["came"] and beats["in_a_row"] <= longest for beats in outcome.heartbeats.values())


def test_a_bypass_switch_leaves_the_box_in_its_line(outcomes: tuple[Outcome, Outcome]) -> None:
    cable, switch = outcomes
    if not in_line(switch) and not in_line(cable):
        pytest.skip(f"this machine loses heartbeats over a plain cable as well: {cable.heartbeats}")
    if not in_line(switch) and machine_stopped(switch):
        pytest.skip(f"this machine stopped for as long as heartbeats were missing: {switch.heartbeats}")
    assert in_line(switch), switch.heartbeats
    # What came last was not the third before the end either.
    assert all(0 <= missing(beats) < max(3, beats["sent"] // 100) for beats in switch.heartbeats.values()), switch.heartbeats


def test_padded_hellos_pass_whole(outcomes: tuple[Outcome, Outcome]) -> None:
    cable, switch = outcomes
    assert switch.hello_bytes == cable.hello_bytes
    assert MTU <= switch.hello_bytes <= MTU + 14


def test_the_scan_came_and_was_diverted(outcomes: tuple[Outcome, Outcome]) -> None:
    switch = outcomes[1]
    assert switch.scanned > 10_000 * SECONDS
    assert switch.diverted > 0.1 * switch.scanned
