"""The appliance itself: the real binary with its control thread, as an operator would start it."""

import json
import socket

from bench.addresses import CAMPUS_PREFIX, active_addresses
from bench.process import CONTROL_CPU, FORWARDING_CPU, Failure, Process, wait_until
from bench.shared_page import PORTS

HONEYPOT_MAC = "02:00:00:00:03:03"  # as in load/frames.cpp


def _free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Honeyswitch:
    name = "honeyswitch"
    keeps_sessions = True
    counts_drops = True

    def __init__(self, bench):
        self.bench = bench
        self.process, self.workers, self.capacity = None, 1, 0
        self.socket = bench.directory / "control.sock"

    def _configuration(self):
        active = ",\n  ".join(f'"{address}/32"' for address in active_addresses(self.bench.active_count, self.bench.seed))
        path = self.bench.directory / "honeyswitch.toml"
        path.write_text(f"""\
[diversion]
active = [
  {active}
]
dark = ["{CAMPUS_PREFIX}"]

[notices]
listen_address = "127.0.0.1"
listen_port = {_free_udp_port()}

[operator]
control_socket = "{self.socket}"

[[honeypot]]
name = "decoy"
mac = "{HONEYPOT_MAC}"
""")
        return path

    def start(self, sources, sessions=0, capacity=0, workers=1):
        self.workers, self.capacity = workers, max(capacity, sessions + sessions // 8)
        outside, inside, honeypot = (f"vdev:{device}" for device in self.bench.devices(sources))
        command = [self.bench.build / "control/honeyswitch", "--config", self._configuration(),
                   "--outside", outside, "--inside", inside, "--honeypot", honeypot,
                   "--workers", workers, "--idle-sleep", 0, "--lcores", ",".join(str(cpu) for cpu in [CONTROL_CPU, *range(FORWARDING_CPU, FORWARDING_CPU + workers)]),
                   "--driver", self.bench.load_library, "--session-capacity", self.capacity]  # fmt: skip
        self.process = Process(self.name, command, self.bench.log("honeyswitch"), self.bench.environment)
        self.bench.wait_for_ports(self.process, receive_queues=3 * workers, transmit_queues=3 * workers)
        wait_until(self._answers, 30, "honeyswitch answers on its control socket")

    def _answers(self):
        self.process.check()
        try:
            return bool(self.stats())
        except OSError:  # not there yet, or the one that an earlier run has left
            return False

    def stats(self):
        """What `honeyctl stats --json` prints."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.socket))
            connection.sendall(b'{"command":"stats"}\n')
            answer = json.loads(connection.makefile().readline())
        if "error" in answer:
            raise Failure(f"honeyswitch answers: {answer['error']}")
        return answer["rows"][0]

    def dropped(self):
        """Packets that the switch says it has dropped, for whatever reason."""
        counters = {counter["name"]: counter["value"] for counter in self.stats()["counters"]}
        return sum(value for name, value in counters.items() if "dropped" in name or "contained" in name)

    def sessions(self):
        return self.stats()["sessions"]

    def forwarding_threads(self):
        return self.process.forwarding_threads("rte-worker", self.workers)

    def session_threads(self):
        return [self.process.pid]  # the control thread is the main thread

    def expected_port(self, traffic, source):
        if source != "outside":
            return PORTS.index("outside")
        return PORTS.index("inside" if traffic == "active" else "honeypot")

    def stop(self):
        if self.process and self.process.stop() != 0:
            raise Failure(f"honeyswitch did not end with 0:\n{self.process.tail()}")
