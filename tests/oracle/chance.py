"""Random sequences of steps: batches of frames from one side, and events. A step is a plain value and depends on no
other one's outcome, so that a sequence can be cut down and played again.

Packets of one batch from outside have different pairs of addresses, but for the fragments of one datagram: what follows
the first packet of a new flow within microseconds may be decided before the controller has added the session."""

import random
import struct
from dataclasses import dataclass

import reading
from world import (DARK, DECOY, DOMAINS, HONEYPOTS, MORE_DARK, OPEN_DECOY, PROBE_SOURCE, RULES, STATIC, Settings,
                   address, changed, mac, prefix)  # fmt: skip

ATTACKERS = [address(f"198.51.100.{i}") for i in range(1, 7)]
LISTED = [address("203.0.113.1"), address("203.0.113.9")]
FORGED = [address("10.66.5.5"), PROBE_SOURCE, address("10.66.32.3")]
SOURCES = ATTACKERS * 3 + LISTED * 2 + FORGED
TARGETS = [address(text) for text in (
    "10.66.2.1", "10.66.2.2", "10.66.3.1", "10.66.4.1", "10.66.4.2", "10.66.15.255", "10.66.0.0", "10.66.1.1",
    "10.66.16.5", "10.66.8.1", "10.66.8.255", "10.66.32.0", "10.66.32.1", "10.66.32.2", "10.66.32.15", "10.66.33.1",
    "10.66.40.1", "10.66.40.2", "192.0.2.9", "10.66.60.1")] + [DECOY] * 2 + [OPEN_DECOY]  # fmt: skip
STRANGE_TARGETS = [address("255.255.255.255"), address("224.0.0.5"), 0]
PORTS, SERVICES, IDENTIFIERS = (1000, 1001), (22, 80, 53), (7, 8)
FLAGS = (2, 2, 16, 24, 18, 4, 20, 17, 1, 0)
ROUTER, CORE = mac("02:00:00:00:00:01"), mac("02:00:00:00:00:02")
OTHER_ROUTER, BROADCAST, MULTICAST = mac("02:00:00:00:00:03"), b"\xff" * 6, mac("01:00:5e:00:00:05")
TAGGINGS = (b"", b"", bytes.fromhex("81000005"), bytes.fromhex("88a80006 81000007"), bytes.fromhex("9100a009"))


@dataclass(frozen=True)
class Step:
    """`what`: a side, whose `value` is its frames, or an event."""

    what: str
    value: tuple = ()


class Chance:
    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.serial = 0
        self.flows: list[tuple] = []  # that came from outside lately
        self.settings = self.first_settings()
        self.listed: set[tuple[str, int]] = set()
        self.maintenance = False

    def pick(self, values):
        return self.random.choice(values)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def some_rules(self) -> tuple:
        return tuple(rule for rule in RULES if self.chance(0.5))

    def first_settings(self) -> Settings:
        return Settings(handshake=self.chance(0.35), backscatter=self.chance(0.3), outlive=self.chance(0.6),
                        sightings=self.pick((4, 4096)), dark=(DARK, MORE_DARK)[: self.pick((1, 2))],
                        rules=self.some_rules() if self.chance(0.7) else (),
                        listed_ports=(1, 60) if self.chance(0.4) else None,
                        affinity=self.pick(("source", "destination", "session")))  # fmt: skip

    # Frames

    def frame(self, packet: bytes, destination: bytes, source: bytes, tags: bytes = b"") -> bytes:
        return destination + source + tags + b"\x08\x00" + packet

    def ip(self, source: int, destination: int, protocol: int, payload: bytes, fragment: int = 0,
           total: int | None = None) -> bytes:  # fmt: skip
        self.serial = (self.serial + 1) & 0xFFFFFFFF
        options = b"\x01" * 4 * self.pick((1, 2)) if self.chance(0.03) else b""
        header = 20 + len(options)
        size = header + len(payload) if total is None else total
        return struct.pack(">BBHHHBBHII", 64 + header // 4, self.serial >> 16 & 0xFF, size, self.serial & 0xFFFF,
                           fragment, 64, protocol, 0, source, destination) + options + payload  # fmt: skip

    def flow(self) -> tuple:
        """(outside, inside, protocol, outside port or identifier, inside port)"""
        if self.flows and self.chance(0.75):
            return self.pick(self.flows)
        protocol = self.pick((6, 6, 6, 17, 17, 1, 1, 47, 132))
        target = self.pick(STRANGE_TARGETS) if self.chance(0.01) else self.pick(TARGETS)
        flow = (self.pick(SOURCES), target, protocol, self.pick(IDENTIFIERS if protocol == 1 else PORTS),
                self.pick(SERVICES))  # fmt: skip
        self.flows = (self.flows + [flow])[-60:]
        return flow

    def l4(self, flow: tuple, outward: bool) -> bytes:
        """Of a packet of this flow; `outward`: from the campus, or from a honeypot."""
        _, _, protocol, outside_port, inside_port = flow
        ports = (inside_port, outside_port) if outward else (outside_port, inside_port)
        rest = self.serial.to_bytes(8, "big") + bytes(self.random.randrange(0, 20))
        if protocol == reading.TCP:
            return struct.pack(">HHIIBBHHH", *ports, 1, 1, 80, self.pick(FLAGS), 100, 0, 0) + rest
        if protocol == reading.UDP:
            return struct.pack(">HHHH", *ports, 8 + len(rest), 0) + rest
        if protocol == reading.ICMP:
            kind = self.pick((0, 0, 14) if outward else (8, 8, 13)) if self.chance(0.85) else self.pick((0, 8, 9, 40))
            return struct.pack(">BBHHH", kind, 0, 0, outside_port, 1) + rest
        if protocol == reading.SCTP:
            return struct.pack(">HHII", *ports, 1, 0) + rest
        return rest

    def error(self, flow: tuple, outward: bool) -> tuple[int, int, bytes]:
        """An ICMP error about a packet of the flow that went the other way: source, destination, layer 4."""
        outside, inside = flow[0], flow[1]
        ends = (outside, inside) if outward else (inside, outside)
        quoted = self.ip(*ends, flow[2], self.l4(flow, not outward)[:8],
                         self.pick((0, 0, 0, 0, 0x2000, 185)))  # fmt: skip
        if self.chance(0.15):
            quoted = quoted[: self.random.randrange(len(quoted))]
        if self.chance(0.1):
            quoted = bytes([self.pick((0x45, 0x65, 0x43))]) + quoted[1:]
        body = struct.pack(">BBHI", self.pick((3, 3, 11, 12, 5, 4)), 1, 0, 0) + quoted
        speaker = (inside if outward else self.pick((outside, self.pick(ATTACKERS))))
        if self.chance(0.1):
            speaker = self.pick(TARGETS if outward else SOURCES)
        listener = outside if outward else inside
        if self.chance(0.05):
            listener = self.pick(SOURCES if outward else TARGETS)
        return speaker, listener, body

    def packets(self, flow: tuple, outward: bool) -> list[bytes]:
        """One packet of the flow, or the fragments of one; mostly healthy."""
        ends = (flow[1], flow[0]) if outward else flow[:2]
        dice = self.random.random()
        if dice < 0.10:
            source, destination, body = self.error(flow, outward)
            return [self.ip(source, destination, reading.ICMP, body)]
        body = self.l4(flow, outward)
        if dice < 0.20:
            return self.fragments(ends, flow[2], body)
        if dice < 0.23:  # its header is cut short, by what IP says or by the frame
            cut = self.random.randrange(0, 16)
            padding = bytes(self.pick((0, 30)))
            return [self.ip(*ends, flow[2], body[:cut] + padding, total=None if self.chance(0.3) else 20 + cut)]
        if dice < 0.25:
            packet = bytearray(self.ip(*ends, flow[2], body))
            packet[self.pick((0, 2, 3))] = self.random.randrange(256)
            return [bytes(packet)]
        return [self.ip(*ends, flow[2], body)]

    def fragments(self, ends: tuple, protocol: int, body: bytes) -> list[bytes]:
        first = self.ip(*ends, protocol, body[:24].ljust(24, b"x"), 0x2000 if self.chance(0.97) else 0x2001)
        rest = [self.ip(*ends, protocol, body[:8], self.pick((3, 0x2003, 6))) for _ in range(self.random.randrange(3))]
        return rest if rest and self.chance(0.25) else [first, *rest]

    def junk(self) -> bytes:
        """Not IPv4, or hardly."""
        head = self.pick((BROADCAST, CORE, MULTICAST)) + self.pick((ROUTER, HONEYPOTS[0].mac)) + self.pick(TAGGINGS)
        self.serial += 1
        if self.chance(0.3):
            tags = bytes.fromhex("81000001 88a80002 81000003")
            packet = self.ip(1, self.pick(TARGETS), 17, bytes(8))
            return head[:12] + tags[: 4 * self.pick((1, 2, 3))] + packet[: self.pick((0, 9, 28))]
        kind = self.pick((0x86DD, 0x88CC, 0x8137, 0x0026, 0x8809, 0x0800, 0x8847))
        rest = bytes(self.random.randrange(256) for _ in range(self.pick((0, 12, 46))))
        return head + struct.pack(">HQ", kind, self.serial) + rest

    def arp(self, source: bytes, tags: bytes = b"") -> bytes:
        self.serial += 1
        sender, target = (struct.pack(">I", self.pick(TARGETS[:4])) for _ in range(2))
        if self.chance(0.15):
            sender = b"\0" * 4
        speaker = source if self.chance(0.9) else ROUTER
        body = struct.pack(">HHBBH", self.pick((1, 1, 1, 6)), 0x0800, 6, 4, self.pick((1, 1, 1, 2)))
        body += speaker + sender + bytes(6) + target
        if self.chance(0.05):
            body = body[:20]
        return BROADCAST + source + tags + b"\x08\x06" + body + self.serial.to_bytes(4, "big")

    # Batches

    def from_outside(self) -> Step:
        """Each source comes by one way within a batch, and by another one in the next."""
        frames, pairs, turn = [], set(), self.random.randrange(1000)
        for _ in range(self.pick((1, 6, 20, 40))):
            if self.chance(0.06):
                frames.append(self.junk() if self.chance(0.8) else self.arp(ROUTER))
                continue
            flow = self.flow()
            if flow[:2] in pairs:
                continue
            packets = self.packets(flow, False)
            ends = {(reading.number(one, 12, 4), reading.number(one, 16, 4)) for one in packets}
            if ends & pairs or flow[1] in {pair[1] for pair in pairs} and len(packets[0]) > 28 and packets[0][9] == 1:
                continue
            pairs |= ends | {flow[:2]}
            way = (flow[0] + turn) % len(TAGGINGS)
            destination = BROADCAST if way == 3 else CORE
            frames += [self.frame(one, destination, (ROUTER, OTHER_ROUTER)[way % 2], TAGGINGS[way]) for one in packets]
        return Step("outside", tuple(frames))

    def from_inside(self) -> Step:
        frames = []
        for _ in range(self.pick((1, 2, 4))):
            if self.chance(0.15):
                frames.append(self.junk() if self.chance(0.8) else self.arp(CORE))
                continue
            frames += [self.frame(one, ROUTER, CORE, self.pick(TAGGINGS)) for one in self.packets(self.flow(), True)]
        return Step("inside", tuple(frames))

    def from_honeypots(self) -> Step:
        frames = []
        for _ in range(self.pick((1, 6, 20, 40))):
            pot = self.pick(HONEYPOTS)
            tags = struct.pack(">HH", 0x8100, pot.vlan) if pot.vlan else b""
            if self.chance(0.04):
                tags = self.pick(TAGGINGS)
            if self.chance(0.06):
                frames.append(self.junk() if self.chance(0.3) else self.arp(pot.mac, tags))
                continue
            source = pot.mac if self.chance(0.97) else ROUTER
            frames += [self.frame(one, CORE, source, tags) for one in self.packets(self.flow(), True)]
        return Step("honeypot", tuple(frames))

    # Events

    def event(self) -> Step:
        kind = self.pick(("state", "change", "change", "list", "list", "reload", "maintenance"))
        if kind == "state":
            domain = self.pick(DOMAINS)
            hosts = frozenset(domain[0] + i for i in range(1 << (32 - domain[1])) if self.chance(0.2))
            return Step("state", (domain, hosts, self.chance(0.75)))
        if kind == "change":
            domain = self.pick(DOMAINS)
            inside = [one for one in TARGETS if domain[0] <= one < domain[0] + (1 << (32 - domain[1]))]
            return Step("change", (domain, self.pick(inside), self.chance(0.5)))
        if kind == "list":
            what = self.pick((("attackers", prefix("203.0.113.1/32")), ("attackers", prefix("203.0.113.8/29")),
                              ("attackers", prefix("198.51.100.4/32")), ("benign", prefix("198.51.100.5/32")),
                              ("benign", prefix("203.0.113.0/28"))))  # fmt: skip
            return Step("list", (*what, self.chance(0.6)))
        if kind == "maintenance":
            return Step("maintenance", (self.chance(0.3),))
        self.settings = changed(self.settings, rules=self.some_rules(), handshake=self.chance(0.35),
                                backscatter=self.chance(0.3), outlive=self.chance(0.6),
                                dark=(DARK, MORE_DARK)[: self.pick((1, 2))],
                                static=(STATIC,) if self.chance(0.8) else (prefix("10.66.2.2/32"), STATIC))  # fmt: skip
        return Step("reload", (self.settings,))

    def steps(self, packets: int) -> list[Step]:
        """Until there are so many frames in them."""
        first, steps, count = self.settings, [], 0
        while count < packets:
            dice = self.random.random()
            if dice < 0.03:
                steps.append(self.event())
            elif dice < 0.55:
                steps.append(self.from_outside())
            elif dice < 0.62:
                steps.append(self.from_inside())
            else:
                steps.append(self.from_honeypots())
            if steps[-1].what in ("outside", "inside", "honeypot"):
                count += len(steps[-1].value)
        self.settings = first
        return steps
