"""A program under test as a process: started with the load generator inside, measured, and stopped by its id."""

import os
import signal
import subprocess
import time
from pathlib import Path

FORWARDING_CPU = 1
CONTROL_CPU = 0


class Failure(Exception):
    """The benchmark cannot go on, or its result would be wrong."""


class NotInTime(Failure):
    """What was waited for did not come to pass."""


def wait_until(condition, seconds, what, step=0.02):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise NotInTime(f"{what}: not within {seconds} s")
        time.sleep(step)


class Process:
    """Output goes to a file, which a Failure quotes."""

    def __init__(self, name: str, command: list, log: Path, environment: dict):
        self.name, self.log = name, log
        self._output = log.open("ab")
        self._popen = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=self._output, stderr=self._output,
            env=os.environ | {key: str(value) for key, value in environment.items()}, start_new_session=True,
        )  # fmt: skip
        self.pid = self._popen.pid

    def alive(self):
        return self._popen.poll() is None

    def check(self):
        if not self.alive():
            raise Failure(f"{self.name} ended with {self._popen.returncode}; its last words:\n{self.tail()}")

    def tail(self, lines=15):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def forwarding_threads(self, prefix, workers=1):
        """Their ids. Each is named like one, and bound to a CPU of its own from FORWARDING_CPU on."""
        found = {}
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            if (task / "comm").read_text().startswith(prefix):
                found[min(os.sched_getaffinity(int(task.name)))] = int(task.name)
        wanted = range(FORWARDING_CPU, FORWARDING_CPU + workers)
        if not set(wanted) <= set(found):
            raise Failure(f"{self.name} has no thread {prefix}* on CPUs {list(wanted)}, but on {list(found)}")
        return [found[cpu] for cpu in wanted]

    def resident_bytes(self):
        """All memory, that in hugepages too, which Rss leaves out."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        counted = ("Rss:", "Shared_Hugetlb:", "Private_Hugetlb:")
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(counted))

    def stop(self, number=signal.SIGTERM, seconds=20):
        """Returns the exit status."""
        if self.alive():
            self._popen.send_signal(number)
            try:
                self._popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
        self._output.close()
        return self._popen.returncode


def run_queue_wait(pid, threads):
    """Seconds that the threads, able to run, have waited for their CPUs so far, on average (schedstat's second
    figure): what other processes of a shared machine took. Time that they slept or waited for a lock is not in it."""
    waits = [int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[1]) for thread in threads]
    return sum(waits) / len(waits) / 1e9
