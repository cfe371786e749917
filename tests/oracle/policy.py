"""What the operator's rules and lists say of a flow: the first rule that matches, and lists of sources."""

from dataclasses import dataclass, field

from reading import TCP, Key
from world import CAMPUS, GRANT, NESTED_GRANT, Prefix, Rule, Settings, holds


@dataclass
class Policy:
    settings: Settings
    attackers: set[Prefix] = field(default_factory=set)
    benign: set[Prefix] = field(default_factory=set)

    @property
    def grants(self) -> tuple[Prefix, ...]:
        return GRANT, NESTED_GRANT

    def on_campus(self, place: int) -> bool:
        prefixes = (CAMPUS, *self.grants, *self.settings.dark, *self.settings.static)
        return any(holds(one, place) for one in prefixes)

    @staticmethod
    def matches(rule: Rule, key: Key) -> bool:
        return (holds(rule.source, key.outside) and holds(rule.destination, key.inside)
                and rule.protocol in (None, key.protocol)
                and (rule.ports is None or rule.ports[0] <= key.inside_port <= rule.ports[1]))  # fmt: skip

    def rule(self, key: Key, for_pool: bool) -> Rule | None:
        for rule in self.settings.rules:
            if (rule.action == "pool") == for_pool and self.matches(rule, key):
                return rule
        return None

    def is_attacker(self, key: Key) -> bool:
        ports = self.settings.listed_ports
        meant = ports is None or (key.protocol == TCP and key.ports and ports[0] <= key.inside_port <= ports[1])
        return meant and any(holds(one, key.outside) for one in self.attackers)

    def is_benign(self, key: Key) -> bool:
        return any(holds(one, key.outside) for one in self.benign)

    def verdict(self, key: Key) -> str:
        """"benign", "inside", "drop", "divert" or ""."""
        if self.is_benign(key):
            return "benign"
        rule = self.rule(key, False)
        if rule is not None:
            return rule.action
        return "divert" if self.is_attacker(key) else ""

    def pool(self, key: Key) -> str:
        rule = self.rule(key, False)
        if rule is not None and rule.action == "divert":
            return rule.pool or "low"
        if rule is None and self.is_attacker(key):
            return "high"
        chosen = self.rule(key, True)
        return chosen.pool if chosen is not None else "low"

    def near_listed(self, place: int) -> bool:
        """Some listed source is in the same /24: the host's own flows with it are remembered."""
        return any(holds((one[0], min(one[1], 24)), place) for one in self.attackers | self.benign)

    def concerns(self, source: int, destination: int) -> bool:
        """Rules and lists may have a word on such a packet even if its destination is active."""
        ruled = any(rule.action != "pool" and holds(rule.destination, destination) for rule in self.settings.rules)
        return ruled or self.near_listed(source)

    def notes_own_flow(self, host: int, destination: int) -> bool:
        decoy = any(rule.action == "divert" and holds(rule.destination, host) for rule in self.settings.rules)
        return decoy or self.near_listed(destination)
