"""The model: what the table in README.md ("How a packet is decided") and the READMEs of the folders say, and no more.

It decides one packet after the other, keeps everything in dictionaries, and knows neither bursts nor threads. A fate
is where a frame goes, and as what: `None` is nowhere."""

from dataclasses import dataclass, field

import reading
from policy import Policy
from reading import Flow, Frame, Key, read_flow, read_frame
from world import HONEYPOT_PORT_MAC, HONEYPOTS, PROBE_SOURCE, Honeypot, Prefix, Settings, holds, mac


@dataclass
class Fate:
    """`port` None: dropped. `way`: the counter that has it, as far as one alone can be meant."""

    port: str | None
    frame: bytes = b""
    way: str = ""
    choice: tuple | None = None  # of a honeypot


@dataclass
class Path:
    """How the latest packet from outside came."""

    destination: bytes
    source: bytes
    tags: bytes


def path_of(frame: Frame) -> Path:
    return Path(frame.raw[:6], frame.raw[6:12], frame.tags)


@dataclass
class Session:
    choice: tuple
    path: Path
    contained: bool
    lasting: bool
    ended: bool = False


@dataclass
class Pending:
    choice: tuple
    path: Path
    answered: bool = False


@dataclass
class Model:
    settings: Settings
    policy: Policy = field(init=False)
    maintenance: bool = False
    sighted: set[int] = field(default_factory=set)
    vouched: dict[Prefix, set[int]] = field(default_factory=dict)  # by the agent, of each of its domains
    known: set[Prefix] = field(default_factory=set)  # those that it has swept
    seen_domains: set[Prefix] = field(default_factory=set)
    sessions: dict[Key, Session] = field(default_factory=dict)
    pending: dict[Key, Pending] = field(default_factory=dict)
    own_flows: set[Key] = field(default_factory=set)
    chosen: dict[tuple, str] = field(default_factory=dict)  # what pools have shown to choose

    def __post_init__(self) -> None:
        self.policy = Policy(self.settings)

    # Addresses

    def domain(self, place: int) -> tuple[Prefix, bool] | None:
        """The most specific one, and whether it diverts."""
        domains = {one: False for one in self.seen_domains | set(self.policy.grants)}
        domains |= {one: True for one in self.settings.dark}
        domains |= {one: True for one in self.known}
        around = [one for one in domains if holds(one, place)]
        if not around:
            return None
        nearest = max(around, key=lambda one: one[1])
        return nearest, domains[nearest]

    def vouched_for(self, place: int) -> bool:
        if any(holds(one, place) for one in self.settings.static) or place in self.sighted:
            return True
        if any(place in addresses for addresses in self.vouched.values()):
            return True
        ends = [(network, network | (1 << (32 - length)) - 1) for network, length in self.known if length <= 30]
        return any(place in pair for pair in ends)

    def goes_inside(self, place: int) -> bool:
        """It is active, or in no known domain."""
        domain = self.domain(place)
        return domain is None or not domain[1] or self.vouched_for(place)

    # From outside

    def from_outside(self, raw: bytes) -> Fate:
        frame = read_frame(raw)
        if frame.kind != "ipv4":
            return Fate("inside", raw, "unreadable" if frame.kind == "malformed" else "not_ipv4")
        if frame.destination == 0:  # nobody's address, and in no domain: as what is not IPv4
            return Fate("inside", raw, "at_once")
        inside = self.goes_inside(frame.destination)
        concerned = self.policy.concerns(frame.source, frame.destination)
        flow = read_flow(frame, True)
        if inside and not concerned and not self.has_sessions(frame.destination):
            return Fate("inside", raw, "at_once")
        if not flow.valid:
            return Fate("inside", raw, "malformed")
        if inside and concerned and flow.key in self.own_flows:
            return Fate("inside", raw, "own_flow")
        return self.decide(frame, flow, inside)

    def has_sessions(self, place: int) -> bool:
        return self.has_marks(place) and any(key.inside == place for key in self.sessions)

    def has_marks(self, place: int) -> bool:
        """Nothing leads from an address to its sessions if nothing was ever known of its domain: a known limit."""
        domain = self.domain(place)
        return domain is not None and (domain[1] or domain[0] in self.seen_domains)

    def decide(self, frame: Frame, flow: Flow, inside: bool) -> Fate:
        verdict = self.policy.verdict(flow.key)
        if verdict == "benign":
            return Fate("inside", frame.raw, "benign")
        session = self.sessions.get(flow.key)
        ended = session is not None and self.over(session, flow.key, inside, verdict)
        if session is not None and not ended:
            return self.to_session(frame, flow, session)
        if verdict == "inside":
            return Fate("inside", frame.raw, "rule")
        if verdict == "drop":
            if self.maintenance:
                return Fate("inside", frame.raw, "maintenance")
            return Fate(None, way="outside_dropped_rule")
        if ended:
            return Fate("inside", frame.raw, "ended_session")
        if not inside:
            return self.admit(frame, flow)
        if verdict == "divert":
            return self.decoy(frame, flow)
        return Fate("inside", frame.raw, "active")

    def over(self, session: Session, key: Key, inside: bool, verdict: str) -> bool:
        """It has ended, or has outlived its address."""
        lasts = session.lasting or (key.protocol == reading.TCP and key.ports)
        if inside and verdict != "divert" and not lasts and not self.settings.outlive:
            session.ended = True
        return session.ended

    def decoy(self, frame: Frame, flow: Flow) -> Fate:
        """Of an active address only what can begin a connection is diverted."""
        tcp = flow.key.protocol == reading.TCP
        begins = self.is_request(frame, flow) or (self.is_other(frame, flow) and not tcp) or self.follows(frame, flow)
        if frame.following_fragment or not begins:
            return Fate("inside", frame.raw, "own_flow")
        return self.admit(frame, flow)

    # What a packet without a session is

    def is_answer(self, frame: Frame, flow: Flow) -> bool:
        if frame.following_fragment:
            return False
        if frame.protocol == reading.ICMP and (flow.error or flow.reply):
            return True
        if frame.protocol != reading.TCP:
            return False
        synack = flow.flags & reading.SYN and flow.flags & reading.ACK
        return bool(flow.flags & reading.RST or synack)

    def is_request(self, frame: Frame, flow: Flow) -> bool:
        if frame.following_fragment or self.is_answer(frame, flow):
            return False
        if frame.protocol == reading.ICMP:
            return True
        return frame.protocol == reading.TCP and bool(flow.flags & reading.SYN)

    def is_other(self, frame: Frame, flow: Flow) -> bool:
        return not self.is_answer(frame, flow) and not self.is_request(frame, flow)

    def follows(self, frame: Frame, flow: Flow) -> bool:
        """It follows an answer of the honeypot."""
        repeats = self.is_request(frame, flow) and frame.protocol == reading.TCP
        pending = self.pending.get(flow.key)
        return not self.is_answer(frame, flow) and not repeats and pending is not None and pending.answered

    # How a session begins

    def admit(self, frame: Frame, flow: Flow) -> Fate:
        if self.maintenance:
            if self.follows(frame, flow):
                return self.without_session(frame, flow)
            return Fate("inside", frame.raw, "maintenance")
        if flow.key.outside == PROBE_SOURCE:
            return Fate(None, way="outside_dropped_probe_source")
        if self.is_answer(frame, flow) and not self.settings.backscatter:
            if flow.key in self.pending:
                return self.without_session(frame, flow)
            return Fate(None, way="outside_dropped_backscatter")
        if self.settings.handshake and not self.follows(frame, flow):
            return self.without_session(frame, flow)
        return self.begin(frame, flow)

    def without_session(self, frame: Frame, flow: Flow) -> Fate:
        pending = self.pending.setdefault(flow.key, Pending(self.choice(flow.key, self.policy.pool(flow.key)),
                                                            path_of(frame)))  # fmt: skip
        pending.path = path_of(frame)
        return self.to_honeypot(frame, pending.choice)

    def begin(self, frame: Frame, flow: Flow) -> Fate:
        """The controller looks again: an ICMP error without a session is a flow of its own."""
        key = flow.own if flow.error else flow.key
        session = self.sessions.get(key)
        if session is None:
            verdict = self.policy.verdict(key)
            if verdict == "drop":
                return Fate(None, way="packet_in_dropped")
            portless_fragment = frame.fragment and not key.ports
            lasting = verdict == "divert" and not portless_fragment
            if verdict in ("benign", "inside") or key in self.own_flows or (
                not lasting and self.goes_inside(key.inside)):  # fmt: skip
                return Fate("inside", frame.raw, "packet_in_active")
            contained = self.policy.on_campus(key.outside)
            session = Session(self.choice_of_new(frame, key), path_of(frame), contained, lasting)
            self.sessions[key] = session
        elif session.ended:
            return Fate("inside", frame.raw, "packet_in")
        session.path = path_of(frame)
        if frame.fragment:
            self.add_companion(key, session)
        return self.to_honeypot(frame, session.choice)

    def choice_of_new(self, frame: Frame, key: Key) -> tuple:
        if key in self.pending:
            return self.pending[key].choice
        companion = self.sessions.get(key.companion())
        if frame.fragment and companion is not None:
            return companion.choice
        return self.choice(key, self.policy.pool(key))

    def add_companion(self, key: Key, session: Session) -> None:
        companion = key.companion()
        if companion in self.sessions:
            return
        diverted = self.policy.verdict(key) == "divert" and key.ports
        if not diverted and self.goes_inside(key.inside):
            return
        contained = self.policy.on_campus(key.outside)
        self.sessions[companion] = Session(session.choice, session.path, contained, bool(diverted))

    def to_session(self, frame: Frame, flow: Flow, session: Session) -> Fate:
        session.path = path_of(frame)
        if frame.first_fragment and flow.own.ports:
            self.add_companion(flow.key, session)
        return self.to_honeypot(frame, session.choice)

    # Which honeypot

    def choice(self, key: Key, pool: str) -> tuple:
        """What names the choice of a pool: one of equal names is always the same honeypot."""
        by = {"source": (key.outside,), "destination": (key.inside,), "session": tuple(key)}[self.settings.affinity]
        return (pool, *by)

    def candidates(self, choice: tuple) -> list[Honeypot]:
        if choice in self.chosen:
            return [pot for pot in HONEYPOTS if pot.name == self.chosen[choice]]
        return [pot for pot in HONEYPOTS if pot.pool == choice[0]]

    def to_honeypot(self, frame: Frame, choice: tuple) -> Fate:
        """To the first honeypot that it can be; `alternatives` has the others."""
        return Fate("honeypot", self.addressed(frame, self.candidates(choice)[0]), "honeypot", choice)

    @staticmethod
    def addressed(frame: Frame, pot: Honeypot) -> bytes:
        tag = b"\x81\x00" + pot.vlan.to_bytes(2, "big") if pot.vlan else b""
        return pot.mac + frame.raw[6:12] + tag + frame.raw[12 + len(frame.tags) :]

    def alternatives(self, raw: bytes, choice: tuple) -> dict[bytes, str]:
        frame = read_frame(raw)
        return {self.addressed(frame, pot): pot.name for pot in self.candidates(choice)}

    # From inside

    def from_inside(self, raw: bytes) -> Fate:
        frame = read_frame(raw)
        fate = Fate("outside", raw, "inside_to_outside")
        if frame.kind != "ipv4":
            return fate
        place = frame.source
        if not self.goes_inside(place) and len(self.sighted) < self.settings.sightings:
            self.sighted.add(place)
        flow = read_flow(frame, False)
        if not flow.valid:
            return fate
        if self.policy.notes_own_flow(place, frame.destination):
            self.own_flows.add(flow.own)
        reset = frame.protocol == reading.TCP and flow.flags & reading.RST
        if not reset and not flow.error:
            for key in (flow.own, flow.own.companion()):
                if key in self.sessions and self.has_marks(place):
                    self.sessions[key].ended = True
        return fate

    # From a honeypot

    def from_honeypot(self, raw: bytes) -> Fate:
        frame = read_frame(raw)
        if frame.kind == "arp":
            return self.arp(frame)
        if frame.kind != "ipv4":
            return Fate(None, way="honeypot_contained_malformed" if frame.kind == "malformed"
                        else "honeypot_contained_not_ipv4")  # fmt: skip
        flow = read_flow(frame, False)
        if not flow.valid:
            return Fate(None)
        session = self.sessions.get(flow.key)
        if flow.foreign or (session is not None and session.ended):
            return Fate(None, way="honeypot_contained_no_session")
        if session is not None:
            return self.reply(frame, flow, session)
        if frame.following_fragment:
            return Fate(None)
        pending = self.pending.get(flow.key)
        if flow.key.outside == PROBE_SOURCE or pending is None:
            return Fate(None)
        return self.reply_without_session(frame, flow, pending)

    def arp(self, frame: Frame) -> Fate:
        body = frame.raw[frame.l3 :]
        good = len(body) >= 28 and body[:6] == b"\x00\x01\x08\x00\x06\x04" and body[8:14] == frame.raw[6:12]
        if not good:
            return Fate(None, way="honeypot_contained_malformed")
        sender, target = body[14:18], body[24:28]
        if body[6:8] != b"\x00\x01" or sender in (b"\0" * 4, target):
            return Fate(None)
        own = mac(HONEYPOT_PORT_MAC)
        answer = body[:6] + b"\x00\x02" + own + target + body[8:14] + sender
        rest = frame.raw[12 : frame.l3]
        return Fate("honeypot", body[8:14] + own + rest + answer + body[28:], "honeypot_arp_answered")

    def sent_by(self, frame: Frame, choice: tuple) -> bool | None:
        """None: nobody knows yet which honeypot that is."""
        pots = self.candidates(choice)
        right = [pot.mac == frame.raw[6:12] and pot.vlan == frame.vlan for pot in pots]
        return right[0] if len(pots) == 1 else (None if any(right) else False)

    def reply(self, frame: Frame, flow: Flow, session: Session) -> Fate:
        if session.contained:
            return Fate(None, way="honeypot_contained_campus")
        if not self.sent_by(frame, session.choice):
            return Fate(None, way="honeypot_contained_foreign")
        if frame.first_fragment and flow.own.ports:
            companion = self.sessions.get(flow.own.companion())
            if companion is not None:
                companion.path = session.path
            else:
                self.add_companion(flow.key, session)
        return self.back(frame, session.path)

    def reply_without_session(self, frame: Frame, flow: Flow, pending: Pending) -> Fate:
        if self.policy.on_campus(flow.key.outside):
            return Fate(None, way="honeypot_contained_campus")
        if not self.sent_by(frame, pending.choice):
            return Fate(None, way="honeypot_contained_foreign")
        if not (frame.protocol == reading.TCP and flow.flags & reading.RST):
            pending.answered = True
        return self.back(frame, pending.path)

    @staticmethod
    def back(frame: Frame, path: Path) -> Fate:
        header = path.source + path.destination + path.tags
        return Fate("outside", header + frame.raw[12 + len(frame.tags) :], "honeypot_to_outside")
