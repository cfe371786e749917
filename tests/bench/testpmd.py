"""dpdk-testpmd: macswap as the limit of what a program can do with this input, rxonly as the cost of the input."""

import signal

from bench.process import CONTROL_CPU, FORWARDING_CPU, Process
from bench.shared_page import PORTS


class Testpmd:
    """Ports 0 and 1 are a pair, and 2, which has no partner, is its own: every frame goes out of one known port."""

    sends_to = {"outside": "inside", "inside": "outside", "honeypot": "honeypot"}
    keeps_sessions = False
    counts_drops = False

    def __init__(self, bench, mode="macswap"):
        self.bench, self.mode = bench, mode
        self.name = "testpmd" if mode == "macswap" else f"testpmd {mode}"
        self.process = None

    def start(self, sources, **_):
        command = ["dpdk-testpmd", "-l", f"{CONTROL_CPU},{FORWARDING_CPU}", "--in-memory", "--no-pci", "-m", "512",
                   "-d", self.bench.load_library, *self.bench.vdevs(sources), "--",
                   "--nb-cores=1", f"--forward-mode={self.mode}", "--auto-start", "--no-flush-rx", "--burst=32"]  # fmt: skip
        self.process = Process(self.name, command, self.bench.log("testpmd"), self.bench.environment)
        self.bench.wait_for_ports(self.process, receive_queues=3, transmit_queues=3)

    def forwarding_threads(self):
        return self.process.forwarding_threads("rte-worker")

    def expected_port(self, traffic, source):
        return None if self.mode == "rxonly" else PORTS.index(self.sends_to[source])

    def stop(self):
        self.process.stop(signal.SIGTERM)
