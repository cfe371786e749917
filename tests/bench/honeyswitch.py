"""The appliance itself: the real binary with its control thread, as an operator would start it."""

import json
import socket

from bench.configuration import write_configuration
from bench.process import CONTROL_CPU, FORWARDING_CPU, Failure, Process, wait_until
from bench.setup import Setup
from bench.shared_page import PORTS


class Honeyswitch:
    name = "honeyswitch"
    keeps_sessions = True
    counts_drops = True

    def __init__(self, bench):
        self.bench = bench
        self.process, self.workers, self.capacity = None, 1, 0
        self.socket = bench.directory / "control.sock"

    def start(self, sources, sessions=0, capacity=0, workers=1, setup=Setup()):
        self.workers, self.capacity = workers, max(capacity, sessions + sessions // 8)
        outside, inside, honeypot = (f"vdev:{device}" for device in self.bench.devices(sources))
        configuration = write_configuration(self.bench, setup, self.socket)
        command = [self.bench.build / "control/honeyswitch", "--config", configuration,
                   "--outside", outside, "--inside", inside, "--honeypot", honeypot,
                   "--workers", workers, "--idle-sleep", 0, "--lcores", ",".join(str(cpu) for cpu in [CONTROL_CPU, *range(FORWARDING_CPU, FORWARDING_CPU + workers)]),
                   "--driver", self.bench.load_library, "--session-capacity", self.capacity]  # fmt: skip
        self.process = Process(self.name, command, self.bench.log("honeyswitch"), self.bench.environment)
        self.bench.wait_for_ports(self.process, receive_queues=3 * workers, transmit_queues=3 * workers)
        wait_until(self._answers, 60, "honeyswitch answers on its control socket")
        self._check_policy(setup)

    def _check_policy(self, setup):
        """What a case is about is in force."""
        rules, listed = len(self.rows("rules")), sum(row["entries"] for row in self.rows("lists"))
        if (rules, listed) != (setup.rules, setup.listed):
            raise Failure(f"honeyswitch has {rules} rules and {listed} listed sources, and not {setup.rules} and {setup.listed}")

    def _answers(self):
        self.process.check()
        try:
            return bool(self.stats())
        except OSError:  # not there yet, or the one that an earlier run has left
            return False

    def _ask(self, **request):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.socket))
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(connection.makefile().readline())
        if "error" in answer:
            raise Failure(f"honeyswitch answers: {answer['error']}")
        return answer

    def rows(self, command):
        """What `honeyctl COMMAND --json` prints."""
        answer = self._ask(command=command)
        rows = answer["rows"]
        while answer.get("next") is not None:
            answer = self._ask(command=command, cursor=answer["next"])
            rows += answer["rows"]
        return rows

    def stats(self):
        return self.rows("stats")[0]

    def counters(self):
        return {counter["name"]: counter["value"] for counter in self.stats()["counters"]}

    @staticmethod
    def dropped(counters):
        """Packets that the switch says it has dropped, for whatever reason."""
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
