"""The page shared with the load generator: load/shared_page.hpp in Python's words."""

import ctypes
import mmap
import os
from pathlib import Path

MAGIC = 0x686F6E6579626E34
PORTS = ("outside", "inside", "honeypot")
QUEUES = 4
CLASSES = 8
UNMARKED = CLASSES - 1
SLOTS = 96
BUCKETS = 1024
TRAFFIC = {"none": 0, "active": 1, "session": 2, "scan": 3, "reply": 4, "outbound": 5}

u8, u32, u64 = ctypes.c_uint8, ctypes.c_uint32, ctypes.c_uint64


class ClassPlan(ctypes.Structure):
    _fields_ = [("traffic", u32), ("reserved", u32), ("first", u64), ("count", u64)]


class Plan(ctypes.Structure):
    _fields_ = [
        ("epoch", u32), ("running", u32), ("source_port", u32), ("fingerprints", u32),
        ("limit", u64), ("rate", u64),
        ("ring", u32), ("active_addresses", u32), ("seed", u32), ("timed", u32),
        ("classes", ClassPlan * CLASSES), ("slot_class", u8 * SLOTS), ("slot_size", u8 * SLOTS),
        ("frame_bytes", u32 * 4),
    ]  # fmt: skip


class Counters(ctypes.Structure):
    _fields_ = [
        ("packets", u64 * CLASSES), ("missed", u64 * CLASSES), ("missed_in_stalls", u64 * CLASSES),
        ("fingerprint", u64 * CLASSES), ("polls", u64), ("starved", u64), ("reserved", u64 * 6),
    ]  # fmt: skip


class Layout(ctypes.Structure):
    _fields_ = [
        ("magic", u64), ("bytes", u64), ("sources", u32), ("sinks", u32), ("tsc_hz", u64),
        ("reserved", u64 * 4),
        ("plan", Plan), ("received", Counters * QUEUES * 3), ("sent", Counters * QUEUES * 3),
        ("times", u64 * BUCKETS * QUEUES * 3),
    ]  # fmt: skip


assert Layout.plan.offset == 64 and Layout.received.offset == 512 and Layout.times.offset == 512 + 24 * 320
assert ctypes.sizeof(Layout) == Layout.times.offset + 12 * 8 * BUCKETS


class Totals:
    """All counters at one moment, summed over queues. Differences are taken modulo 2^64."""

    def __init__(self, values):
        self.values = values

    @classmethod
    def of(cls, page: bytes):
        layout = Layout.from_buffer_copy(page)
        values = {"starved": sum(queue.starved for port in layout.received for queue in port)}
        for index in range(CLASSES):
            received = [queue for port in layout.received for queue in port]
            sent = [queue for port in layout.sent for queue in port]
            values["received", index] = sum(queue.packets[index] for queue in received)
            values["missed", index] = sum(queue.missed[index] for queue in received)
            values["missed in stalls", index] = sum(queue.missed_in_stalls[index] for queue in received)
            values["fingerprint in", index] = sum(queue.fingerprint[index] for queue in received)
            values["fingerprint out", index] = sum(queue.fingerprint[index] for queue in sent)
            for port in range(len(PORTS)):
                values["sent", port, index] = sum(queue.packets[index] for queue in layout.sent[port])
        return cls(values)

    def __sub__(self, other):
        return Totals({key: (value - other.values[key]) % 2**64 for key, value in self.values.items()})

    def received(self, index):
        return self.values["received", index]

    def missed(self, index):
        return self.values["missed", index]

    def missed_in_stalls(self, index):
        """Of these, those at a poll before which there had been none for half of the ring's time."""
        return self.values["missed in stalls", index]

    def sent(self, port, index):
        return self.values["sent", port, index]

    def unchanged(self, index):
        """Whether what left is, byte for byte behind the MAC addresses, what came. Needs Stream.fingerprints."""
        return self.values["fingerprint in", index] == self.values["fingerprint out", index]

    @property
    def starved(self):
        return self.values["starved"]


class SharedPage:
    def __init__(self, path: Path):
        self.path = path
        path.write_bytes(bytes(ctypes.sizeof(Layout)))
        self._file = os.open(path, os.O_RDWR)
        self._map = mmap.mmap(self._file, ctypes.sizeof(Layout))
        self._layout = Layout.from_buffer(self._map)
        self._layout.bytes = ctypes.sizeof(Layout)
        self._layout.magic = MAGIC

    def close(self):
        del self._layout
        self._map.close()
        os.close(self._file)
        self.path.unlink(missing_ok=True)

    @property
    def sources(self):
        return self._layout.sources

    @property
    def sinks(self):
        return self._layout.sinks

    def start(self, stream, seed, active_addresses):
        """Begins to send `stream` (streams.Stream)."""
        plan = self._layout.plan
        plan.running = 0
        plan.seed, plan.active_addresses = seed, active_addresses
        stream.fill(plan)
        plan.epoch += 1
        plan.running = 1

    def stop(self):
        self._layout.plan.running = 0

    def copy(self) -> bytes:
        """All counters as they are now, for Totals.of: some microseconds, so that the time of it is known."""
        return self._map[:]

    def totals(self) -> Totals:
        return Totals.of(self.copy())
