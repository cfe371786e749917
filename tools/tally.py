#!/usr/bin/python3
"""Adds up test results: tools/tally.py DIRECTORY… prints "N passed, N failed" for all JUnit files in them, which is
what both GoogleTest and pytest write. Exit code 1 if any failed, or if there was none."""

import sys
import xml.etree.ElementTree as xml
from pathlib import Path


def outcome(case: xml.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    skipped = case.find("skipped") is not None or case.get("status") == "notrun"
    return "skipped" if skipped else "passed"


def main() -> int:
    if not {"-h", "--help"}.isdisjoint(sys.argv):
        print(__doc__)
        return 0
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for directory in sys.argv[1:]:
        for path in sorted(Path(directory).glob("*.xml")):
            try:
                cases = list(xml.parse(path).iter("testcase"))
            except xml.ParseError as error:
                print(f"{path}: not whole, its program must have crashed ({error})")
                counts["failed"] += 1
                continue
            for case in cases:
                counts[outcome(case)] += 1
                if outcome(case) == "failed":
                    print(f"FAILED {case.get('classname')}.{case.get('name')}")
    if counts["skipped"]:
        print(f"({counts['skipped']} skipped)")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
