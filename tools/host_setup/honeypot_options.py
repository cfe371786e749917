"""The command line of honeypot-setup."""

import argparse
import ipaddress
from pathlib import Path

from .boot_unit import ETC
from .describe import Describe
from .honeypot_plan import Redirect

DEFAULT_GATEWAY = "169.254.64.66"  # link-local (RFC 3927): collides with no campus
DEFAULT_STATE = Path("/var/lib/honeyswitch/honeypot.json")


# This network, loopback, multicast, and what is reserved (RFC 1122 section 3.2.1.3, RFC 5771, RFC 1112).
UNINHABITED = [ipaddress.IPv4Network(prefix) for prefix in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4")]


def prefix_option(text: str) -> str:
    try:
        prefix = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}': {error}") from error
    for where in UNINHABITED:
        if prefix.overlaps(where):
            raise argparse.ArgumentTypeError(f"'{text}' overlaps with {where}, where no host can be")
    return str(prefix)


def ports_option(text: str) -> tuple[str, str]:
    protocol, _, ports = text.partition(":")
    bounds = ports.split("-")
    if protocol not in ("tcp", "udp"):
        raise argparse.ArgumentTypeError(f"'{text}': the protocol must be tcp or udp")
    numbers = [int(bound) for bound in bounds if bound.isdigit() and 0 < int(bound) < 65536]
    if len(bounds) > 2 or len(numbers) != len(bounds) or numbers != sorted(numbers):
        raise argparse.ArgumentTypeError(f"'{text}': '{ports}' is no port or range of ports (1-65535)")
    return protocol, ports


def redirect_option(text: str) -> Redirect:
    parts = text.split(":", 2)
    if len(parts) != 3:
        raise argparse.ArgumentTypeError(f"'{text}' is not PROTO:PORTS:TARGET, such as tcp:1-1023:6401")
    protocol, ports = ports_option(":".join(parts[:2]))
    address, _, port = parts[2].rpartition(":") if "." in parts[2] and ":" in parts[2] else (parts[2], "", "")
    if "." not in address:
        address, port = "", parts[2]
    try:
        if address:
            ipaddress.IPv4Address(address)
        if port or not address:
            ports_option(f"{protocol}:{port}")
    except (ValueError, argparse.ArgumentTypeError) as error:
        raise argparse.ArgumentTypeError(f"'{text}': target '{parts[2]}': {error}") from error
    return Redirect(protocol, ports, f"{address}:{port}" if port else address)


def parse(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", action="append", type=prefix_option, default=[], metavar="PREFIX",
                        help="answer for all of it, .0 and .255 included; may be given again")
    parser.add_argument("--interface", metavar="INTERFACE", help="the one that faces the switch")
    parser.add_argument("--gateway", default=DEFAULT_GATEWAY, metavar="ADDRESS",
                        help="next hop of every reply; any, as the switch answers for all (default: %(default)s)")
    parser.add_argument("--redirect", action="append", type=redirect_option, default=[], metavar="PROTO:PORTS:TARGET")
    parser.add_argument("--keep", action="append", type=ports_option, default=[], metavar="PROTO:PORTS")
    parser.add_argument("--except", action="append", dest="excepted", type=prefix_option, default=[], metavar="PREFIX",
                        help="a real network within the prefixes that this host must still reach")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--persist", action="store_true", help="at every boot too, and kept so by a systemd service")
    what.add_argument("--watch", action="store_true",
                      help="stay, and repair what others change; the service of --persist does this")
    what.add_argument("--unpersist", action="store_true", help="no longer at boot; what is set up now stays")
    what.add_argument("--undo", action="store_true", help="restore what was before, now and at every boot")
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, metavar="FILE",
                        help="what --undo needs (default: %(default)s)")
    parser.add_argument("--etc", type=Path, default=ETC, metavar="DIR", help="for tests: instead of /etc")
    parser.add_argument("--describe", action=Describe)
    options = parser.parse_args()
    if not (options.undo or options.unpersist) and not (options.prefix and options.interface):
        parser.error("--prefix and --interface are needed (or --undo, or --unpersist)")
    try:
        ipaddress.IPv4Address(options.gateway)
    except ValueError as error:
        parser.error(f"--gateway: {error}")
    return options


def words(options: argparse.Namespace) -> list[str]:
    """The options that say what to set up, as they would be given again."""
    pairs = [("--prefix", prefix) for prefix in options.prefix]
    pairs += [("--interface", options.interface), ("--gateway", options.gateway)]
    pairs += [("--redirect", f"{r.protocol}:{r.ports}:{r.target.removeprefix(':')}") for r in options.redirect]
    pairs += [("--keep", f"{protocol}:{ports}") for protocol, ports in options.keep]
    pairs += [("--except", prefix) for prefix in options.excepted]
    pairs += [("--state", str(options.state.absolute()))]
    return [word for pair in pairs for word in pair]
