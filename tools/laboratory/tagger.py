#!/usr/bin/python3
"""A VLAN's end on a cable, for kernels that have no VLAN interfaces: what comes in by --cable with the tag goes
out of --port without it, and back."""

import argparse
import contextlib
import select
import struct
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # not the package's own folder
# pylint: disable=wrong-import-position
from laboratory.frames import Tap

TPID = 0x8100  # IEEE 802.1Q
MACS = 12  # bytes before the tag
VLAN_ID = 0xFFF


def untagged(frame: bytes, vlan: int) -> bytes | None:
    """The frame without its tag. None: it is not of this VLAN."""
    if len(frame) < MACS + 4:
        return None
    tpid, tci = struct.unpack_from("!HH", frame, MACS)
    return frame[:MACS] + frame[MACS + 4:] if tpid == TPID and tci & VLAN_ID == vlan else None


def tagged(frame: bytes, vlan: int) -> bytes:
    return frame[:MACS] + struct.pack("!HH", TPID, vlan) + frame[MACS:]


def move(source: Tap, destination: Tap, change) -> None:
    received = source.receive(timeout=0.01)  # readable; what was sent here is skipped
    if received is not None and (frame := change(received[1])) is not None:
        with contextlib.suppress(OSError):  # a frame that does not fit is lost, as anywhere
            destination.send(frame)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cable", required=True)
    parser.add_argument("--port", required=True)
    parser.add_argument("--vlan", type=int, required=True)
    options = parser.parse_args()
    with Tap(None, options.cable) as cable, Tap(None, options.port) as port:
        while True:
            readable = select.select([cable.socket, port.socket], [], [])[0]
            if cable.socket in readable:
                move(cable, port, lambda frame: untagged(frame, options.vlan))
            if port.socket in readable:
                move(port, cable, lambda frame: tagged(frame, options.vlan))


if __name__ == "__main__":
    sys.exit(main())
