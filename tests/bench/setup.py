"""How honeyswitch is configured for a group of cases, where that is not as everybody has it (configuration.py)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Setup:
    admission: str = "auto"  # the default of honeyswitch
    rules: int = 0
    rules_for_all: bool = False  # none of them has a destination, so that every packet is classified
    listed: int = 0
    listed_near: bool = False  # in the networks that the measured sources are in
    reply_cap: int = 0  # packets and bytes a second, for each source and each honeypot; 0: none
    idle_timeout: str = "1m"


# `auto` would begin no more sessions at 80 % of the table's capacity, which is where the benchmark wants them.
FIRST_PACKET = Setup(admission="first-packet")
HANDSHAKE = Setup(admission="handshake")
