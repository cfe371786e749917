"""What is sent in one phase of a run."""

from dataclasses import dataclass, field

from bench.shared_page import PORTS, SLOTS, TRAFFIC

IMIX = ((60, 7), (590, 4), (1514, 1))  # bytes without FCS, and their share of packets
SMALL = ((60, 1),)
LARGE = ((1514, 1),)
LEGITIMATE = ("active", "outbound")


@dataclass(frozen=True)
class Flows:
    """Identities first … first + count - 1 of one kind of traffic, sent in turn."""

    traffic: str  # of shared_page.TRAFFIC
    first: int
    count: int
    share: int = 1  # of the packets


@dataclass(frozen=True)
class Stream:
    flows: tuple[Flows, ...]  # the position is the class
    source: str = "outside"
    sizes: tuple = SMALL
    rate: int = 0  # packets per second that arrive; 0: as many as the program takes
    ring: int = 2048  # as long as honeyswitch asks of a NIC (queue_sizes.hpp)
    limit: int = 0
    fingerprints: bool = False
    timed: bool = False  # of legitimate packets it is measured how long they take; needs a rate
    comment: str = field(default="", compare=False)

    def fill(self, plan):
        plan.source_port = PORTS.index(self.source)
        plan.fingerprints = self.fingerprints
        plan.timed = sum(1 << index for index in self.timed_classes())
        plan.limit, plan.rate, plan.ring = self.limit, self.rate, self.ring
        for index, flows in enumerate(self.flows):
            entry = plan.classes[index]
            entry.traffic, entry.first, entry.count = TRAFFIC[flows.traffic], flows.first, flows.count
        for slot, index in enumerate(_interleaved([flows.share for flows in self.flows])):
            plan.slot_class[slot] = index
        for slot, index in enumerate(_interleaved([share for _, share in self.sizes])):
            plan.slot_size[slot] = index
        for index in range(3):
            plan.frame_bytes[index] = self.sizes[min(index, len(self.sizes) - 1)][0]

    def timed_classes(self):
        return [index for index, flows in enumerate(self.flows) if self.timed and flows.traffic in LEGITIMATE]


def _interleaved(shares):
    """SLOTS indices, each as often as its share says, spread as evenly as can be."""
    if SLOTS % sum(shares) != 0:
        raise ValueError(f"shares {shares} do not divide {SLOTS} slots")
    credit = [0] * len(shares)
    result = []
    for _ in range(SLOTS):
        credit = [have + share for have, share in zip(credit, shares)]
        index = max(range(len(shares)), key=lambda candidate: credit[candidate])
        credit[index] -= sum(shares)
        result.append(index)
    return result
