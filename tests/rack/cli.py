"""The virtual rack: a Debian 12 under QEMU, with honeyswitch from its package on three emulated Intel cards behind an
IOMMU, and a network namespace at the other end of each cable.

  tools/rack up                           raise it: install, bind, enable, and wait until it forwards
  tools/rack console                      a shell in the guest
  tools/rack console honeyctl ports       any command there
  tools/rack status                       what is up
  tools/rack down                         stop its processes, remove everything but the images
  tools/rack test                         a rack of its own, everything that can be seen in it, and down
  tools/rack test --only ends frames.usual    a few parts of that, by the names of their files or functions in points/

Root, and Debian's packages by tools/install. Nothing uses KVM. Images are kept in ~/.cache/honeyswitch-rack, or where
RACK_DIR says; RACK_QEMU names another QEMU than Debian's (igb needs one of version 8 or later). The switch comes from
the package of this version in build-packages, or where HONEYSWITCH_PACKAGES says; tools/package makes it if it is
missing. `test` prints a line for each check and what was seen; the last line is "N passed, N failed".
Exit codes: 0 done, 1 failed, 2 bad options; console gives that of its command."""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from laboratory.errors import LabError
from laboratory.namespace import run
from rack import image, places
from rack.nics import DEFAULT_NIC, NICS
from rack.rack import Rack
from rack.tests import NAMES, PARTS, matches, test


def install() -> None:
    subprocess.run([str(places.TOOLS / "install"), "--for", "rack"], check=True)


def version_here() -> str:
    """The version that tools/package gives to what stands here."""
    project = re.search(r"version: '([^']+)'", (places.SOURCE / "meson.build").read_text())
    commits = run("git", "-C", str(places.SOURCE), "rev-list", "--count", "HEAD").strip()
    return f"{project[1]}+{commits}" if project else ""


def package(folder: Path | None) -> Path:
    """The one that was named, or the one of this version."""
    if folder:
        return places.newest_package(folder)
    wanted = places.default_packages() / f"honeyswitch_{version_here()}_amd64.deb"
    if not wanted.exists():
        subprocess.run([str(places.TOOLS / "package"), "--output", str(wanted.parent)], check=True)
    return wanted


def up(options: argparse.Namespace) -> int:
    install()
    rack = Rack(options.prefix)
    found = package(options.packages)
    made = image.image(found)
    try:
        seconds = rack.up(options.nic, made, found)
        print(f"a shell answered after {seconds:.0f} s")
        print(rack.start(), end="")
    except BaseException:
        print(f"tools/rack: it did not come up; {rack.machine.serial} has its console, {rack.processes.logs} the logs; "
              "'tools/rack down' cleans up", file=sys.stderr)  # fmt: skip
        raise
    attacker = rack.wires.attacker.name
    print(f"the rack is up; try: ip netns exec {attacker} curl -s http://10.66.240.9/")
    return 0


def down(options: argparse.Namespace) -> int:
    Rack(options.prefix).down()
    print("the rack is down")
    return 0


def raised(options: argparse.Namespace) -> Rack:
    rack = Rack(options.prefix)
    if not rack.exists():
        raise LabError("no rack is up; 'tools/rack up' raises one")
    return rack


def console(options: argparse.Namespace) -> int:
    guest = raised(options).guest
    terminal = ["-t"] if sys.stdin.isatty() else []
    return subprocess.run([*guest.ssh(*terminal), *options.command], check=False).returncode


def status(options: argparse.Namespace) -> int:
    rack = raised(options)
    print(f"{rack.settings.nic}, honeyswitch {rack.settings.version}; image {rack.settings.image}")
    for machine in rack.wires.machines.values():
        print(f"namespace {machine.name}" if machine.is_ours() else f"namespace {machine.name} is GONE")
    for name in rack.processes.names():
        running = rack.processes.running(name)
        print(f"{'running' if running else 'ENDED':8} {name:16} pid {rack.processes.pid(name)}")
    print(f"console: {rack.machine.serial}; logs: {rack.processes.logs}")
    alive = rack.machine.running() and rack.guest.boot_id() != ""
    print(rack.guest.call("systemctl is-active honeyswitch; honeyctl ports").stdout if alive else "the guest is silent")
    return 0 if alive else 1


def run_test(options: argparse.Namespace) -> int:
    install()
    found = package(options.packages)
    return test(Rack(options.prefix), options.nic, found, options.keep, options.only)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    def prefix(text: str) -> str:
        if not re.fullmatch(r"[a-z0-9]{1,12}-", text):
            raise argparse.ArgumentTypeError(f"'{text}' must be letters and digits that end in '-'")
        return text

    def part(text: str) -> str:
        if not any(matches(one, text) for one in PARTS):
            raise argparse.ArgumentTypeError(f"there is no part '{text}'; there are {', '.join(NAMES)}")
        return text

    parser = argparse.ArgumentParser(prog="tools/rack", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--prefix", type=prefix, default=places.default_prefix(),
                        help="of the namespaces' names; also RACK_PREFIX (default: %(default)s)")  # fmt: skip
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    for name, function, text in (("up", up, "raise the rack"), ("test", run_test, "see everything, in one of its own")):
        one = commands.add_parser(name, help=text)
        one.add_argument("--nic", choices=list(NICS), default=DEFAULT_NIC, help="default: %(default)s")
        one.add_argument("--packages", type=Path, metavar="DIR", help="the newest package in there, of any version")
        one.set_defaults(run=function)
        if name == "test":
            one.add_argument("--only", type=part, nargs="+", default=[], metavar="PART",
                             help=f"{', '.join(NAMES)}, or a word before the dot for all of them")  # fmt: skip
            one.add_argument("--keep", action="store_true", help="leave the rack up at the end")
    for name, function, text in (("down", down, "remove it"), ("status", status, "what is up")):
        commands.add_parser(name, help=text).set_defaults(run=function)
    # No letter begins an option here: all words are the command's.
    one = commands.add_parser("console", help="a shell or a command in the guest", add_help=False, prefix_chars="\0")
    one.add_argument("command", nargs=argparse.REMAINDER)
    one.set_defaults(run=console)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    if os.geteuid() != 0:
        print("tools/rack: must run as root (network namespaces)", file=sys.stderr)
        return 1
    try:
        return options.run(options)
    except (LabError, OSError, subprocess.SubprocessError, AssertionError) as error:
        print(f"tools/rack: {error}", file=sys.stderr)
        return 1
