"""A port that a test is the other end of: memif, shared memory between two programs.

No kernel is in between, so no frame is lost, changed or reordered on its way, and the test knows which frames the
switch has taken. The switch's driver (net_memif) is the protocol's client, this is its server; both are described in
the header of DPDK's driver. One ring leads each way; each buffer holds one frame."""

import array
import ctypes
import mmap
import os
import socket
import struct
import time
from collections.abc import Iterable
from pathlib import Path

ACK, HELLO, INIT, ADD_REGION, ADD_RING, CONNECT, CONNECTED, DISCONNECT = range(1, 9)
VERSION = 2 << 8
MESSAGE_SIZE, NAME_SIZE = 128, 32
LOG2_RING = 10
COOKIE = 0x3E31F20
HEAD, TAIL, DESCRIPTORS, DESCRIPTOR_SIZE = 6, 64, 128, 16
LENGTH_IN_DESCRIPTOR, OFFSET_IN_DESCRIPTOR = 4, 8
TO_SERVER = 1  # the flag of a ring on which the client sends
PATIENCE_S = 30.0


class Ring:
    """One direction. Indices count on and on, modulo 2^16."""

    def __init__(self, memory: mmap.mmap, offset: int, log2_size: int):
        self.memory, self.offset, self.mask = memory, offset, (1 << log2_size) - 1
        cookie = struct.unpack_from("<I", memory, offset)[0]
        assert cookie == COOKIE, hex(cookie)

        # Read and written as a whole: struct goes by octets, and the other end is at work meanwhile.
        self._head, self._tail = (ctypes.c_uint16.from_buffer(memory, offset + place) for place in (HEAD, TAIL))

    @property
    def head(self) -> int:
        return self._head.value

    @property
    def tail(self) -> int:
        return self._tail.value

    @tail.setter
    def tail(self, value: int) -> None:
        self._tail.value = value & 0xFFFF

    def descriptor(self, index: int) -> int:
        return self.offset + DESCRIPTORS + (index & self.mask) * DESCRIPTOR_SIZE

    def buffer(self, index: int) -> int:
        return struct.unpack_from("<I", self.memory, self.descriptor(index) + OFFSET_IN_DESCRIPTOR)[0]

    def length(self, index: int) -> int:
        return struct.unpack_from("<I", self.memory, self.descriptor(index) + LENGTH_IN_DESCRIPTOR)[0]

    def set_length(self, index: int, length: int) -> None:
        struct.pack_into("<I", self.memory, self.descriptor(index) + LENGTH_IN_DESCRIPTOR, length)


class MemifPort:
    """Made before the switch starts; `connect` waits until the switch has opened it."""

    def __init__(self, folder: Path, name: str, mac: str):
        self.name = name
        self.path = folder / f"{name}.memif"
        self.device = (f"net_memif_{name},role=client,id=0,socket={self.path},socket-abstract=no,"
                       f"rsize={LOG2_RING},mac={mac}")  # fmt: skip
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(self.path))
        self._listener.listen(1)
        self._listener.settimeout(PATIENCE_S)
        self._channel: socket.socket | None = None
        self._memory: list[mmap.mmap] = []
        self._descriptors: list[int] = []
        self._to_switch: Ring | None = None
        self._from_switch: Ring | None = None

    def connect(self, patience: float = PATIENCE_S) -> None:
        """Waits until the switch has opened the port, for the first time or again."""
        self._listener.settimeout(patience)
        self._channel, _ = self._listener.accept()
        self._channel.settimeout(PATIENCE_S)
        hello = struct.pack(f"<{NAME_SIZE}sHHHHHB", b"oracle", VERSION, VERSION, 0, 0, 0, LOG2_RING)
        self._say(HELLO, hello)
        while self._answer():
            pass

    def _say(self, kind: int, body: bytes = b"") -> None:
        self._channel.send((struct.pack("<H", kind) + body).ljust(MESSAGE_SIZE, b"\0"))

    def _answer(self) -> bool:
        """Takes a message of the client. False: that was the last one."""
        message, ancillary, _, _ = self._channel.recvmsg(MESSAGE_SIZE, socket.CMSG_SPACE(4))
        descriptors = array.array("i")
        for _, kind, data in ancillary:
            if kind == socket.SCM_RIGHTS:
                descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
        self._descriptors += descriptors
        kind = struct.unpack_from("<H", message)[0]
        if kind == ADD_REGION:
            size = struct.unpack_from("<HQ", message, 2)[1]
            self._memory.append(mmap.mmap(descriptors[0], size))
        elif kind == ADD_RING:
            flags, _, region, offset, log2_size, _ = struct.unpack_from("<HHHIBH", message, 2)
            ring = Ring(self._memory[region], offset, log2_size)
            if flags & TO_SERVER:
                self._from_switch = ring
            else:
                self._to_switch = ring
        elif kind == CONNECT:
            self._say(CONNECTED, b"oracle")
            return False
        elif kind != INIT:
            raise ConnectionError(f"{self.name}: message {kind}")
        self._say(ACK)
        return True

    def disconnect(self) -> None:
        """The switch has ended: what it has not taken is lost."""
        if self._channel is not None:
            self._channel.close()
        self._channel = self._to_switch = self._from_switch = None
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors, self._memory = [], []

    def offer(self, frame: bytes) -> bool:
        """A frame that is lost if the switch has no room for it, or is not there."""
        ring = self._to_switch
        if ring is None or (ring.head - ring.tail) & 0xFFFF == 0:
            return False
        self.send([frame])
        return True

    def send(self, frames: Iterable[bytes]) -> None:
        """In this order, all at once. The switch has given a buffer for each, as soon as it polls."""
        ring = self._to_switch
        frames = list(frames)
        end = time.monotonic() + PATIENCE_S
        while (ring.head - ring.tail) & 0xFFFF < len(frames):
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name}: the switch takes nothing")
            time.sleep(0.0002)
        tail = ring.tail
        for i, frame in enumerate(frames):
            place = ring.buffer(tail + i)
            ring.memory[place : place + len(frame)] = frame
            ring.set_length(tail + i, len(frame))
        ring.tail = tail + len(frames)

    def receive(self) -> list[bytes]:
        """What the switch has sent here since the last call, in order."""
        ring = self._from_switch
        if ring is None:
            return []
        tail, head = ring.tail, ring.head
        frames = []
        while tail != head:
            place = ring.buffer(tail)
            frames.append(bytes(ring.memory[place : place + ring.length(tail)]))
            tail = (tail + 1) & 0xFFFF
        ring.tail = tail
        return frames

    def close(self) -> None:
        for place in (self._listener, self._channel):
            if place is not None:
                place.close()
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = []
        self.path.unlink(missing_ok=True)
