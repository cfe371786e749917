"""Rules and lists that are in force and have nothing to say about what is measured: no rule matches one of its packets, no
list has one of its sources. That is shown by every run: a packet that a rule or list takes leaves by the wrong port."""

import random
from dataclasses import dataclass

from bench.addresses import CAMPUS_PREFIX, REMOTE_PREFIX, campus_address, dotted, number_of, remote_addresses

# Destination ports that no frame of the load generator has (load/identity.hpp).
PRINTER = ('515', '631', '"9100-9102"')
ROUTER = ('22', '443', '"8000-8080"', '8291')


@dataclass(frozen=True)
class Rule:
    action: str
    sources: tuple = ()
    destinations: tuple = ()
    ports: tuple = ()  # of TCP, as TOML

    def toml(self, number):
        lines = ["[[rule]]", f'name = "rule-{number}"', f'action = "{self.action}"']
        if self.action in ("divert", "pool"):
            lines.append('pool = "default"')
        for key, prefixes in (("source", self.sources), ("destination", self.destinations)):
            if prefixes:
                lines.append(f"{key} = [{', '.join(f'{chr(34)}{prefix}{chr(34)}' for prefix in prefixes)}]")
        if self.ports:
            lines.append(f'protocol = "tcp"\nports = [{", ".join(self.ports)}]')
        return "\n".join(lines) + "\n"


def _within(address, prefix):
    network, length = prefix.split("/")
    return (address ^ number_of(network)) >> (32 - int(length)) == 0


class _Draw:
    """Addresses by a seed."""

    def __init__(self, seed, active_count=0):
        self.random = random.Random(seed)
        self.seed, self.active_count = seed, active_count

    def source(self):
        """Of the whole Internet, but neither of the campus nor where measured traffic comes from."""
        while True:
            address = self.random.randrange(1 << 24, 224 << 24)
            if not _within(address, REMOTE_PREFIX) and not _within(address, CAMPUS_PREFIX):
                return address

    def source_prefixes(self, most):
        def prefix():
            length = self.random.choice((20, 24, 24, 29, 32))
            return f"{dotted(self.source() >> (32 - length) << (32 - length))}/{length}"

        return tuple(prefix() for _ in range(self.random.randint(1, most)))

    def hosts(self, most):
        """Of the campus, but none to which the traffic for active addresses goes."""
        ranks = self.random.sample(range(self.active_count + 1, 65_535), self.random.randint(1, most))
        return tuple(f"{campus_address(rank, self.seed)}/32" for rank in ranks)


def _ruled_hosts(draw, place):
    """Of 20 rules, 14 turn the service ports of one to three printers or routers into decoys, 3 let partners reach servers, 2
    keep sources away from servers, and 1 chooses the pool for what some sources send to whatever is diverted anyway."""
    if place < 14:
        return Rule("divert", destinations=draw.hosts(3), ports=PRINTER if place % 2 else ROUTER)
    if place < 17:
        return Rule("inside", draw.source_prefixes(2), draw.hosts(3))
    if place < 19:
        return Rule("drop", draw.source_prefixes(2), draw.hosts(3), PRINTER)
    return Rule("pool", draw.source_prefixes(2))


def _ruled_sources(draw, place):
    """Of 20 rules without a destination, 10 drop what some sources send, 5 divert it, 4 let it in, and 1 drops what anybody
    sends to a service's ports."""
    if place < 10:
        return Rule("drop", draw.source_prefixes(2), ports=ROUTER if place % 2 else ())
    if place < 15:
        return Rule("divert", draw.source_prefixes(2))
    if place < 19:
        return Rule("inside", draw.source_prefixes(2))
    return Rule("drop", ports=PRINTER)


def rules(count, for_all, seed, active_count):
    draw = _Draw(seed, active_count)
    make = _ruled_sources if for_all else _ruled_hosts
    return [make(draw, number % 20) for number in range(count)]


def listed_sources(count, near, seed, flows):
    """Spread over the whole address space, so that most are in a /24 of their own. `near`: first all addresses of
    198.18.0.0/15 from which none of the `flows` comes, about 79,000."""
    draw, listed = _Draw(seed), set()
    if near:
        measured = remote_addresses(flows, seed)
        first = number_of(REMOTE_PREFIX.split("/")[0])
        listed.update([address for address in range(first, first + (1 << 17)) if address not in measured][:count])
    while len(listed) < count:
        listed.add(draw.source())
    return [dotted(address) for address in sorted(listed)]
