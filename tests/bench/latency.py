#!/usr/bin/python3
"""How long it takes from a host's first ARP packet to the acknowledged flow: from the arrival of the packet at the agent,
through the notice, the flow and the barrier in the switch, to the acknowledgement at the agent. On the laboratory
network, with the real switch and the real agent.

    tests/bench/latency.py [--hosts N] [--build DIR]

Prints the distribution. Needs root and a build; the laboratory is raised and taken down.
"""

import argparse
import random
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tools"))
# pylint: disable=wrong-import-position
from laboratory.frames import Tap
from laboratory.lab import Lab
from laboratory.paths import default_build
from laboratory.settings import Settings
from laboratory.wait import wait_for
from scapy.layers.l2 import ARP, Ether

PREFIX = "hslat-"
BROADCAST = "ff:ff:ff:ff:ff:ff"


def latency(lab: Lab) -> dict:
    return lab.explorer.status()["controllers"][0]["latency"]


def announce(number: int) -> Ether:
    """A host that comes up: RFC 5227's announcement."""
    mac, address = f"02:99:00:00:{number >> 8:02x}:{number & 255:02x}", f"10.66.3.{50 + number}"
    return Ether(src=mac, dst=BROADCAST) / ARP(op=1, hwsrc=mac, psrc=address, pdst=address)


def measure(lab: Lab, hosts: int) -> dict:
    # The hosts that the laboratory began with are counted too, as soon as their first state is acknowledged.
    wait_for("the agent is in step", lambda: latency(lab)["count"] > 0)
    time.sleep(1)
    before = latency(lab)["count"]
    with Tap(lab.machine("mail"), "eth0") as tap:
        for number in range(hosts):
            tap.send(announce(number))
            time.sleep(random.uniform(0.002, 0.02))
    wait_for("every host is acknowledged", lambda: latency(lab)["count"] >= before + hosts)
    return latency(lab)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=200, choices=range(1, 201), metavar="N", help="1 to 200")
    parser.add_argument("--build", default=str(default_build()))
    options = parser.parse_args()
    lab = Lab(PREFIX, Settings(build=options.build))
    lab.down()
    try:
        lab.up()
        measured = measure(lab, options.hosts)
    finally:
        lab.down()
    print(f"first ARP to acknowledged flow, {measured['count']} hosts: "
          f"median {measured['p50_us']} µs, 90 % {measured['p90_us']} µs, 99 % {measured['p99_us']} µs, "
          f"maximum {measured['max_us']} µs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
