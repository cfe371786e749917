"""What a frame is, read as slowly and plainly as the RFCs say it: RFC 791, 792, 768, 9293, IEEE 802.1Q.

Nothing here is shared with the switch, which has a reader of its own."""

from dataclasses import dataclass, field
from typing import NamedTuple

IPV4, ARP = 0x0800, 0x0806
TAGS = (0x8100, 0x88A8, 0x9100)
MOST_TAGS = 2
ICMP, TCP, UDP, SCTP, DCCP, UDP_LITE = 1, 6, 17, 132, 33, 136
WITH_PORTS = (TCP, UDP, SCTP, DCCP, UDP_LITE)
SYN, RST, ACK = 2, 4, 16
QUERIES, REPLIES, ERRORS = (0, 8, 13, 14, 15, 16, 17, 18), (0, 14, 16, 18), (3, 4, 5, 11, 12)


class Key(NamedTuple):
    """A flow from the outside's point of view. Without ports: `ports` is False and both are 0."""

    outside: int
    inside: int
    protocol: int
    outside_port: int = 0
    inside_port: int = 0
    ports: bool = False

    def companion(self) -> "Key":
        """Of the fragments that have no ports."""
        return Key(self.outside, self.inside, self.protocol)


@dataclass
class Frame:
    """One frame, taken apart. `kind`: "ipv4", "arp", "other" or "malformed"."""

    raw: bytes
    kind: str = "malformed"
    tags: bytes = b""
    l3: int = 0
    source: int = 0
    destination: int = 0
    protocol: int = 0
    first_fragment: bool = False
    following_fragment: bool = False
    l4: bytes = b""

    @property
    def tag_count(self) -> int:
        return len(self.tags) // 4

    @property
    def fragment(self) -> bool:
        return self.first_fragment or self.following_fragment

    @property
    def vlan(self) -> int:
        return int.from_bytes(self.tags[2:4], "big") & 0xFFF if self.tags else 0


@dataclass
class Flow:
    """What a packet says of its flow. `valid` is False where its layer 4 header is cut short."""

    valid: bool
    key: Key  # what is looked up: of an ICMP error, that of the packet it quotes
    own: Key  # what a session of its own would be called
    error: bool = False
    reply: bool = False
    foreign: bool = False  # an ICMP error whose addresses do not fit what it quotes
    flags: int = field(default=0)  # of TCP, as far as they are there


def number(data: bytes, place: int, size: int) -> int:
    return int.from_bytes(data[place : place + size], "big")


def read_frame(raw: bytes) -> Frame:
    frame = Frame(raw)
    place = 12
    if len(raw) < place + 2:
        return frame
    kind = number(raw, place, 2)
    while kind in TAGS and frame.tag_count < MOST_TAGS:
        if len(raw) < place + 6:
            return frame
        frame.tags += raw[place : place + 4]
        place += 4
        kind = number(raw, place, 2)
    frame.l3 = place + 2
    if kind in TAGS:
        return frame
    if kind != IPV4:
        frame.kind = "arp" if kind == ARP else "other"
        return frame
    read_ipv4(frame)
    return frame


def read_ipv4(frame: Frame) -> None:
    raw = frame.raw[frame.l3 :]
    if len(raw) < 20:
        return
    header, total = (raw[0] & 15) * 4, number(raw, 2, 2)
    if raw[0] >> 4 != 4 or header < 20 or total < header or total > len(raw):
        return
    frame.kind = "ipv4"
    offset = number(raw, 6, 2)
    frame.following_fragment = offset & 0x1FFF != 0
    frame.first_fragment = not frame.following_fragment and offset & 0x2000 != 0
    frame.protocol = raw[9]
    frame.source, frame.destination = number(raw, 12, 4), number(raw, 16, 4)
    frame.l4 = raw[header:total]


def key_of(source: int, destination: int, protocol: int, l4: bytes, from_outside: bool) -> Key | None:
    """Of a packet that is no following fragment. None: its header is cut short."""
    outside, inside = (source, destination) if from_outside else (destination, source)
    if protocol in WITH_PORTS:
        if len(l4) < 4:
            return None
        ports = number(l4, 0, 2), number(l4, 2, 2)
        first, second = ports if from_outside else ports[::-1]
        return Key(outside, inside, protocol, first, second, True)
    if protocol == ICMP:
        if len(l4) < 8:
            return None
        if l4[0] in QUERIES:
            return Key(outside, inside, protocol, number(l4, 4, 2), 0, True)
    return Key(outside, inside, protocol)


def read_flow(frame: Frame, from_outside: bool) -> Flow:
    """Precondition: it is IPv4."""
    outside, inside = frame.source, frame.destination
    if not from_outside:
        outside, inside = inside, outside
    bare = Key(outside, inside, frame.protocol)
    if frame.following_fragment:
        return Flow(True, bare, bare)
    own = key_of(frame.source, frame.destination, frame.protocol, frame.l4, from_outside)
    if own is None:
        return Flow(False, bare, bare)
    flow = Flow(True, own, own)
    if frame.protocol == TCP and len(frame.l4) > 13:
        flow.flags = frame.l4[13]
    if frame.protocol == ICMP:
        flow.reply = frame.l4[0] in REPLIES
        if frame.l4[0] in ERRORS:
            read_quoted(flow, frame.l4[8:], from_outside)
    return flow


def read_quoted(flow: Flow, quoted: bytes, from_outside: bool) -> None:
    """What it quotes went the other way."""
    flow.error, flow.foreign = True, True
    header = (quoted[0] & 15) * 4 if quoted else 0
    if len(quoted) < 20 or quoted[0] >> 4 != 4 or header < 20 or len(quoted) < header:
        return
    source, destination, protocol = number(quoted, 12, 4), number(quoted, 16, 4), quoted[9]
    if number(quoted, 6, 2) & 0x1FFF:
        pair = (destination, source) if from_outside else (source, destination)
        key = Key(*pair, protocol)
    else:
        key = key_of(source, destination, protocol, quoted[header:], not from_outside)
        if key is None:
            return
    if key.inside != flow.own.inside or (not from_outside and key.outside != flow.own.outside):
        return
    flow.key, flow.foreign = key, False
