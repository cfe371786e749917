"""Frames of every length, byte for byte, both ways; and long ones, where the card can carry them."""

import contextlib
import os
from collections.abc import Iterator

from laboratory.errors import LabError
from laboratory.frames import Tap
from rack import traffic
from rack.rack import Rack
from rack.report import Report
from rack.switch import configuration
from rack.wires import ATTACKER, HOST
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether

UPSTREAM, CORE = "02:00:00:00:00:01", "02:00:00:00:00:02"
SHORTEST, LONGEST_UNTAGGED = 60, 1514
MTU = 9_000
LONG = (1_523, 2_048, 2_049, 4_096, 8_192, 9_014, 9_018, MTU + 22)
# Fewer than the shortest queue on the way holds.
AT_ONCE = 64


def frame(length: int, tags: int, inward: bool) -> bytes:
    """Its bytes differ from those of every other."""
    made = Ether(src=UPSTREAM, dst=CORE) if inward else Ether(src=CORE, dst=UPSTREAM)
    for number in range(tags):
        made /= Dot1AD(vlan=100) if number < tags - 1 else Dot1Q(vlan=200)
    source, destination = (ATTACKER, HOST) if inward else (HOST, ATTACKER)
    made = made / IP(src=source, dst=destination) / UDP(sport=40_000, dport=9)
    return bytes(made / os.urandom(length - len(made)))


@contextlib.contextmanager
def ends_of(rack: Rack, inward: bool) -> Iterator[tuple[Tap, Tap]]:
    sides = ("outside", "inside") if inward else ("inside", "outside")
    with Tap(rack.wires.machines[sides[0]], sides[0]) as here, Tap(rack.wires.machines[sides[1]], sides[1]) as there:
        yield here, there


def send(rack: Rack, lengths: list[int], tags: int, inward: bool) -> None:
    """LabError with the lengths that did not come as they went."""
    with ends_of(rack, inward) as (here, there):
        for first in range(0, len(lengths), AT_ONCE):
            batch = {frame(length, tags, inward): length for length in lengths[first : first + AT_ONCE]}
            here.send(*batch)
            for arrived in there.collect(lambda data, batch=batch: data in batch, timeout=15, count=len(batch)):
                batch.pop(arrived, None)
            if batch:
                raise LabError(f"{'inward' if inward else 'outward'}, {tags} tags: of {len(lengths)} lengths these are "
                               f"lost: {sorted(batch.values())}; {rack.switch.ports()}"[:1500])


def usual(rack: Rack, report: Report) -> None:
    longest = [LONGEST_UNTAGGED + 4 * tags for tags in range(3)]
    with report.check(f"every frame from {SHORTEST} to {longest[-1]} bytes passes byte for byte, both ways") as note:
        for tags, most in enumerate(longest):
            for inward in (True, False):
                send(rack, list(range(SHORTEST, most + 1)), tags, inward)
            note(f"{('untagged', 'one tag', 'two tags (QinQ)')[tags]}: each length from {SHORTEST} to {most}")


def long_text(mtu: int) -> str:
    return configuration(mbufs=12_288, ports=f"mtu = {mtu}")


def long_frames(rack: Rack, report: Report) -> None:
    if rack.nic.refused_mtu:
        refused(rack, report, rack.nic.refused_mtu)
    if not rack.nic.long_frames:
        return
    with report.check(f"with an mtu of {MTU} frames of up to {LONG[-1]} bytes pass byte for byte, both ways") as note:
        rack.switch.restart(long_text(MTU))
        traffic.until_answered(rack.wires)
        for inward in (True, False):
            send(rack, list(LONG), 0, inward)
            send(rack, [LONG[-1]], 2, inward)
        note(f"of {', '.join(map(str, LONG))} bytes, the last with two tags as well")
        note(", ".join(f"{name} says mtu {row['mtu']}" for name, row in rack.switch.ports().items()))
    rack.switch.restart(configuration())


def refused(rack: Rack, report: Report, mtu: int) -> None:
    with report.check(f"an mtu of {mtu}, which the card cannot have, is refused with what it can") as note:
        with stopped(rack):
            code, said = rack.switch.start_by_hand(long_text(mtu))
        lines = [line for line in said.splitlines() if "passes frames of" in line]
        assert code in (1, 2) and lines, f"exit code {code}: {said[-1500:]}"
        note(f"exit code {code}: {lines[-1]}")


@contextlib.contextmanager
def stopped(rack: Rack) -> Iterator[None]:
    """Of the service, for a start by hand; afterwards it runs as it did at first."""
    rack.guest.does("systemctl stop honeyswitch")
    try:
        yield
    finally:
        rack.switch.restart(configuration())
        traffic.until_answered(rack.wires)
