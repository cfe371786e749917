"""The configuration file of honeyswitch, and what it refers to."""

import socket

from bench.addresses import CAMPUS_PREFIX, active_addresses
from bench.cases import ACTIVE_FLOWS
from bench.policies import listed_sources, rules

HONEYPOT_MAC = "02:00:00:00:03:03"  # as in load/frames.cpp


def _free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _list_of_attackers(bench, setup):
    if not setup.listed:
        return ""
    path = bench.directory / "attackers.list"
    path.write_text("\n".join(listed_sources(setup.listed, setup.listed_near, bench.seed, ACTIVE_FLOWS)) + "\n")
    return f'[[list]]\nname = "attackers"\nkind = "attacker"\nfile = "{path}"\n'


def write_configuration(bench, setup, control_socket):
    """Returns where it is. Nobody answers for the honeypot, so that it is not asked whether it is up; and its replies have
    no cap unless the setup says so, as the other programs know none."""
    active = ",\n  ".join(f'"{address}/32"' for address in active_addresses(bench.active_count, bench.seed))
    policy = [rule.toml(number) for number, rule in
              enumerate(rules(setup.rules, setup.rules_for_all, bench.seed, bench.active_count))]  # fmt: skip
    path = bench.directory / "honeyswitch.toml"
    path.write_text(f"""\
[admission]
admission = "{setup.admission}"

[timeouts]
idle_timeout = "{setup.idle_timeout}"

[diversion]
active = [
  {active}
]
dark = ["{CAMPUS_PREFIX}"]

[containment]
reply_packets_per_source = {setup.reply_cap}
reply_bytes_per_source = {setup.reply_cap}
reply_packets_per_honeypot = {setup.reply_cap}
reply_bytes_per_honeypot = {setup.reply_cap}

[notices]
listen_address = "127.0.0.1"
listen_port = {_free_udp_port()}

[operator]
control_socket = "{control_socket}"

[[honeypot]]
name = "decoy"
mac = "{HONEYPOT_MAC}"
check = "none"

{"".join(policy)}{_list_of_attackers(bench, setup)}""")
    return path
