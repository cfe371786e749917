#!/usr/bin/python3
"""Verifies the chain of hashes over honeyrecord's JSON Lines with nothing of honeyrecord's: each line says the BLAKE2b
hash of the line before it.

    tests/verify_chain.py FILE…    in the order in which they were written"""
import hashlib
import json
import pathlib
import sys


def verified(paths: list[pathlib.Path]) -> tuple[int, str | None]:
    """How many lines follow from each other, and the hash of the last. ValueError names the first that does not."""
    count, head = 0, None
    for path in paths:
        for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
            previous = json.loads(line)["previous"]
            if head not in (None, previous):
                raise ValueError(f"{path}:{number}: the line before it has the hash {head}")
            head = hashlib.blake2b(line, digest_size=32).hexdigest()
            count += 1
    return count, head


if __name__ == "__main__":
    try:
        print(*verified([pathlib.Path(name) for name in sys.argv[1:]]))
    except (ValueError, KeyError) as error:
        sys.exit(f"{error}")
