#!/usr/bin/python3
"""The part of tools/demo that comes after the build: raise the laboratory and try each point."""

import argparse
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # not the package's own folder
# pylint: disable=wrong-import-position
from laboratory import paths
from laboratory.errors import LabError
from laboratory.lab import Lab
from laboratory.points import POINTS
from laboratory.points.observation import Observation
from laboratory.settings import Settings

HINTS = """
The laboratory stays up. Try:
  {lab} exec attacker curl -s http://10.66.1.10/   a real host
  {lab} exec attacker curl -s http://10.66.1.11/   the honeypot
  {lab} exec attacker nmap -n -p 22,80 10.66.1.0/28
  {lab} exec attacker nc 10.66.200.7 7000          says what it is, and echoes
  {lab} honeyctl flows
  {lab} honeyctl sessions
  {lab} add-host guest 10.66.1.200
  {lab} shell honeypot
  {lab} status                                     processes and logs
  {lab} down                                       removes all of it"""


def try_point(lab: Lab, point) -> Observation:
    try:
        return point(lab)
    except (LabError, OSError) as error:
        failed = Observation()
        failed.note(False, f"the attempt itself failed: {error}")
        return failed


def show(lab: Lab) -> int:
    """Tries every point, each with its line; returns how many were not as promised."""
    broken = 0
    for number, point in enumerate(POINTS, 1):
        print(f"\n{number}. {point.__doc__} …", flush=True)
        seen = try_point(lab, point)
        print(f"   {seen} — {'as the paper promises' if seen.as_promised else 'NOT as promised'}", flush=True)
        broken += not seen.as_promised
    return broken


def raise_lab(build: Path) -> Lab:
    lab = Lab(paths.default_prefix(), Settings(build=str(build.resolve())))
    if lab.namespaces() or lab.directory.exists():
        print("Laboratory of before: removed")
        lab.down()
    print("Laboratory …", flush=True)
    started = time.monotonic()
    lab.up()
    print(f"Laboratory is up ({time.monotonic() - started:.1f} s)", flush=True)
    return lab


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=paths.default_build())
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    lab = None
    try:
        lab = raise_lab(options.build)
        broken = show(lab)
    except (LabError, OSError) as error:
        print(f"tools/demo: {error}", file=sys.stderr)
        broken = len(POINTS)
    finally:
        if not options.keep:
            (lab or Lab(paths.default_prefix(), Settings())).down()
    print(f"\n{len(POINTS) - broken} of {len(POINTS)} points as the paper promises")
    if options.keep:
        print(HINTS.format(lab=paths.lab_command(paths.default_prefix())))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
