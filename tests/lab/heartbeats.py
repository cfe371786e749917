#!/usr/bin/python3
"""Heartbeats of a bypass switch: a frame of EtherType 0x8137 each millisecond, numbered. A process of its own on each
side, so that nothing else keeps it from its clock.

    heartbeats.py send INTERFACE       until SIGTERM, then prints how many were sent, and its own longest pause
    heartbeats.py receive INTERFACE    until SIGTERM, then prints how many came, the most that were missing in a row,
                                       and the longest silence by the kernel's clock
"""

import json
import signal
import socket
import struct
import sys
import time

ETHERTYPE, PERIOD_NS = 0x8137, 1_000_000
SO_TIMESTAMPNS = 35  # asm-generic/socket.h
RECEIVE_BUFFER = 4 << 20
DESTINATION = bytes.fromhex("010203040506")  # not the receiver's own: a bypass switch takes its frames from the wire


class Stopped(Exception):
    pass


def stop(*_: object) -> None:
    raise Stopped


def opened(interface: str) -> socket.socket:
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
    raw.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    raw.bind((interface, ETHERTYPE))
    return raw


def send(interface: str) -> dict:
    """A tick that was slept through is left out, not made up for."""
    sent, pause, refused = 0, 0, 0
    try:
        with opened(interface) as raw:
            source = raw.getsockname()[4]
            last = due = time.monotonic_ns()
            while True:
                time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
                now = time.monotonic_ns()
                pause, last = max(pause, now - last), now
                try:
                    raw.send((DESTINATION + source + struct.pack("!HQ", ETHERTYPE, sent)).ljust(60, b"\0"))
                    sent += 1
                except OSError:  # the interface's queue was full
                    refused += 1
                due = max(due + PERIOD_NS, now)
    except Stopped:
        return {"sent": sent, "refused": refused, "longest_pause_ms": pause / 1e6}


def receive(interface: str) -> dict:
    came, in_a_row, silence, expected, last, disorder = 0, 0, 0, 0, 0, 0
    try:
        with opened(interface) as raw:
            while True:
                data, ancillary, _, _ = raw.recvmsg(2048, 256)
                seconds, nanoseconds = struct.unpack_from("qq", ancillary[0][2])
                at, number = seconds * 10**9 + nanoseconds, struct.unpack_from("!Q", data, 14)[0]
                came += 1
                disorder += number < expected
                in_a_row = max(in_a_row, number - expected)
                silence = max(silence, at - last) if last else 0
                expected, last = max(expected, number + 1), at
    except Stopped:
        return {"came": came, "in_a_row": in_a_row, "disorder": disorder, "longest_silence_ms": silence / 1e6}


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    print(json.dumps({"send": send, "receive": receive}[sys.argv[1]](sys.argv[2])), flush=True)
