"""The campus's addresses in the order that the seed decides: load/identity.hpp in Python's words.

That both agree is shown by every run: an address that one takes for active and the other does not is a wrong
verdict, and that fails the benchmark.
"""

CAMPUS = 0x0A420000  # 10.66.0.0/16
CAMPUS_PREFIX = "10.66.0.0/16"


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
    value = CAMPUS | host
    return ".".join(str(value >> shift & 0xFF) for shift in (24, 16, 8, 0))


def active_addresses(count: int, seed: int) -> list[str]:
    return [campus_address(rank, seed) for rank in range(1, count + 1)]
