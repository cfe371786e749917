"""How long packets took from arrival to transmission: load/times.hpp in Python's words."""

from array import array

from bench.shared_page import BUCKETS, Layout

FINE = 32  # buckets for each power of two
LAST = BUCKETS - 1


def bucket_of(cycles: int) -> int:
    if cycles < FINE:
        return cycles
    shift = cycles.bit_length() - FINE.bit_length()
    return min(shift * FINE + (cycles >> shift), LAST)


def upper_bound(bucket: int) -> int:
    """The most cycles that a packet in this bucket may have taken."""
    if bucket < FINE:
        return bucket
    shift = bucket // FINE - 1
    return (bucket % FINE + FINE + 1 << shift) - 1


class Times:
    """A histogram: how many packets took how many cycles."""

    def __init__(self, counts, hz=0):
        self.counts, self.hz = counts, hz

    @classmethod
    def of(cls, page: bytes, port: int):
        """Of all that left by this port until now."""
        layout = Layout.from_buffer_copy(page)
        counts = [sum(queue) for queue in zip(*(array("Q", bytes(queue)) for queue in layout.times[port]))]
        return cls(counts, layout.tsc_hz)

    def __sub__(self, other):
        return Times([now - before for now, before in zip(self.counts, other.counts)], self.hz)

    def __add__(self, other):
        return Times([mine + its for mine, its in zip(self.counts, other.counts)], self.hz)

    @property
    def packets(self):
        return sum(self.counts)

    @property
    def senseless(self):
        """Packets in the last bucket: they would have left before they came, or stayed for half a minute."""
        return self.counts[LAST]

    def nanoseconds(self, share):
        """What this share of the packets took at most; of share 1 it is the longest of all. None: there were none. The
        bound of a bucket, so up to 3 % too high."""
        wanted, seen = share * self.packets, 0
        for bucket, count in enumerate(self.counts):
            seen += count
            if count and seen >= wanted:
                return upper_bound(bucket) * 1e9 / self.hz
        return None

    def summary(self):
        return {"packets": self.packets, "p50": self.nanoseconds(0.5), "p99": self.nanoseconds(0.99),
                "p99.9": self.nanoseconds(0.999), "max": self.nanoseconds(1)}  # fmt: skip
