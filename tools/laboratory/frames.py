"""Raw Ethernet frames on an interface of a machine: inject what no kernel would send, see what really arrives."""

import select
import socket
import struct
import time
from collections.abc import Callable

from scapy.layers.l2 import Ether

from .namespace import Namespace

ETH_P_ALL = 0x0003
PACKET_AUXDATA = 8  # linux/if_packet.h, with struct tpacket_auxdata
SOL_PACKET = 263
SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the kernel's own time of arrival
SO_RCVBUFFORCE = 33  # asm-generic/socket.h; beyond net.core.rmem_max, so that no frame is missed that nobody has read yet
PACKET_OUTGOING = 4
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6
RECEIVE_BUFFER = 32 << 20


class Tap:
    """Sends and receives whole frames on one interface of a machine (None: of this one). A context manager."""

    def __init__(self, machine: Namespace | None, interface: str):
        make = machine.socket if machine else socket.socket
        self.socket = make(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        self.socket.bind((interface, ETH_P_ALL))

    def __enter__(self) -> "Tap":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *frames: Ether | bytes) -> None:
        for frame in frames:
            self.socket.send(bytes(frame))

    def receive(self, timeout: float) -> tuple[float, bytes] | None:
        """The next frame that came in from the wire (never one that was sent here), with its time of arrival in
        seconds of the wall clock. None when there is none in time."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0 and select.select([self.socket], [], [], left)[0]:
            data, ancillary, _, (_, _, packet_type, _, _) = self.socket.recvmsg(65536, 256)
            if packet_type != PACKET_OUTGOING:
                return _arrival(ancillary), _with_tag(data, ancillary)
        return None

    def collect(self, wanted: Callable[[bytes], bool], timeout: float, count: int = 1) -> list[bytes]:
        """Frames for which `wanted` holds: returns when there are `count`, or at the end of the time."""
        found: list[bytes] = []
        deadline = time.monotonic() + timeout
        while len(found) < count and (received := self.receive(deadline - time.monotonic())):
            if wanted(received[1]):
                found.append(received[1])
        return found


def _arrival(ancillary: list[tuple[int, int, bytes]]) -> float:
    for level, kind, value in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack_from("qq", value)
            return seconds + nanoseconds / 1e9
    return time.time()


def _with_tag(data: bytes, ancillary: list[tuple[int, int, bytes]]) -> bytes:
    """The frame as it was on the wire: the kernel takes the outer VLAN tag out of it and tells it apart."""
    for level, kind, value in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, tpid = struct.unpack_from("IIIHHHH", value)
            if status & TP_STATUS_VLAN_VALID:
                tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
                return data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
    return data
