#!/usr/bin/python3
"""tools/meson_results.py BUILD GTEST-DIRECTORY OUTPUT: writes as JUnit, into OUTPUT, those tests of the last 'meson
test' that did not write a report of their own into GTEST-DIRECTORY."""

import json
import sys
import xml.etree.ElementTree as xml
from pathlib import Path


def reported(directory: Path) -> set[str]:
    """Names of the test programs that wrote a report."""
    return {path.stem for path in directory.glob("*.xml")}


def main() -> int:
    if not {"-h", "--help"}.isdisjoint(sys.argv):
        print(__doc__)
        return 0
    build, directory, output = map(Path, sys.argv[1:])
    suite = xml.Element("testsuite", name="meson")
    have_report = reported(directory)
    log = build / "meson-logs/testlog.json"
    lines = log.read_text().splitlines() if log.exists() else []
    for line in lines:
        test = json.loads(line)
        failed = test["result"] not in ("OK", "EXPECTEDFAIL", "SKIP")
        program = Path(test["command"][0]).name
        if program in have_report and (not failed or has_failures(directory / f"{program}.xml")):
            continue
        case = xml.SubElement(suite, "testcase", classname="meson", name=test["name"])
        if failed:
            xml.SubElement(case, "failure", message=test["result"])
    if not lines:
        case = xml.SubElement(suite, "testcase", classname="meson", name="meson test")
        xml.SubElement(case, "failure", message="did not run")
    xml.ElementTree(suite).write(output)
    return 0


def has_failures(path: Path) -> bool:
    """True if the program's own report says so: then its failure is counted there."""
    try:
        return any(c.find("failure") is not None for c in xml.parse(path).iter("testcase"))
    except xml.ParseError:
        return True


if __name__ == "__main__":
    sys.exit(main())
