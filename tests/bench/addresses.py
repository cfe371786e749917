"""The campus's addresses in the order that the seed decides, and where traffic comes from: load/identity.hpp in Python's
words.

That both agree is shown by every run: an address that one takes for active, or for listed, and the other does not is a
wrong verdict, and that fails the benchmark.
"""

CAMPUS = 0x0A420000
CAMPUS_PREFIX = "10.66.0.0/16"
REMOTE = 0xC6120000
REMOTE_PREFIX = "198.18.0.0/15"


def dotted(value: int) -> str:
    return ".".join(str(value >> shift & 0xFF) for shift in (24, 16, 8, 0))


def number_of(address: str) -> int:
    return int.from_bytes(map(int, address.split(".")), "big")


def _permuted(value: int, seed: int) -> int:
    value = value * (seed << 1 | 1) & 0xFFFF
    value ^= value >> 7
    value = value * 0x6A35 & 0xFFFF
    value ^= value >> 9
    return value * 0x2C9B & 0xFFFF


def campus_address(rank: int, seed: int) -> str:
    host = _permuted(rank, seed)
    if host == 0xFFFF:
        host = _permuted(0xFFFF, seed)
    return dotted(CAMPUS | host)


def active_addresses(count: int, seed: int) -> list[str]:
    return [campus_address(rank, seed) for rank in range(1, count + 1)]


def _scrambled(value: int) -> int:
    value ^= value >> 16
    value = value * 0x7FEB352D & 0xFFFFFFFF
    value ^= value >> 15
    value = value * 0x846CA68B & 0xFFFFFFFF
    return value ^ value >> 16


def remote_addresses(identities: int, seed: int) -> set[int]:
    """Sources of identities 0 to `identities` - 1."""
    return {REMOTE | _scrambled(number + seed & 0xFFFFFFFF) & 0x1FFFF for number in range(identities)}
