"""A switch under everything at once, for as long as somebody likes: hosts, agents, sessions, lists, reloads and
restarts come and go while attackers send as fast as they can. At the end, when all is quiet again, tables, descriptors, threads
and memory are back where they were, and no frame is without a name. tools/soak is its command line."""

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from box import HONEYPOT_MAC, Box
from fail_open_site import CORE, PATIENCE_S, UPSTREAM, Site
from laboratory import wiring
from laboratory.frames import Tap
from laboratory.paths import default_build
from laboratory.wait import wait_for
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether

DOMAIN, AGENT_ADDRESS = "10.67.1.0/24", "10.67.1.9"
FLOWS, BETWEEN_SAMPLES_S = 4096, 1.0
STATIC = 1  # active addresses of the configuration
TIMEOUTS = 'idle_timeout = "1s"\nsighting_lifetime = "1s"\nagent_timeout = "1s"\noutlive_timeout = "500ms"\n'
# Memory may grow by what allocators keep.
MORE_MEMORY_KB, MORE_MEMORY_SHARE = 8192, 0.05


@dataclass
class Sample:
    seconds: float
    memory_kb: int  # resident
    descriptors: int
    threads: int
    sessions: int
    active: int
    sources: int
    answer_ms: float  # of one request of an operator: longer than the longest turn of the control thread meanwhile
    packets: int  # that came in by all ports
    lost: int  # at the ports of the link


class Soak:
    def __init__(self, box: Box):
        wiring.link(box.here, "segment", box.there, "segment")
        box.here.ip("address", "add", f"{AGENT_ADDRESS}/24", "dev", "segment")
        box.there.ip("address", "add", "10.67.1.1/24", "dev", "segment")
        self.box, self.state = box, box.folder / "state"
        self.state.mkdir()
        key = box.folder / "east.key"
        subprocess.run([default_build() / "agent/honeyswitch-agent", "keygen", key], check=True, capture_output=True)
        settings = (f'\n[state]\nfolder = "{self.state}"\nsave_interval = "500ms"\n'
                    '[[list]]\nname = "attackers"\nkind = "attacker"\n'
                    f'[[agent]]\nname = "east"\nkey_file = "{key}"\ngrants = ["{DOMAIN}"]\n')  # fmt: skip
        self.site = Site(box, settings=settings, timeouts=TIMEOUTS)
        self.agent: subprocess.Popen | None = None
        self.random = random.Random(20261127)
        self.began, self.samples = time.monotonic(), []
        self.faults: list[str] = []
        self._calm = threading.Event()

    def close(self) -> None:
        self._calm.set()
        self.stop_agent()
        self.site.close()

    # What comes and goes

    def start_agent(self) -> None:
        with (self.box.folder / "agent.log").open("ab") as log:
            self.agent = subprocess.Popen(self.box.here.command(
                str(default_build() / "agent/honeyswitch-agent"), "--name", "east", "--key-file",
                str(self.box.folder / "east.key"), "--controller", "127.0.0.1", "--interface", "segment", "--prefix",
                DOMAIN, "--sweep-retries", "1", "--sweep-patience", "200ms"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # fmt: skip
        self.box.started.append(self.agent)

    def stop_agent(self) -> None:
        if self.agent:
            self.agent.kill()
            self.agent.wait()
            self.box.started.remove(self.agent)
            self.agent = None

    def _attack(self) -> None:
        """New flows to dark addresses, as fast as this can send them."""
        frames = [bytes(Ether(src=UPSTREAM, dst=CORE)
                        / IP(src=f"203.0.113.{number % 250}", dst=f"10.66.{number // 250}.9")
                        / TCP(sport=1024 + number, dport=22)) for number in range(FLOWS)]  # fmt: skip
        with Tap(self.box.there, "outside") as tap:
            while not self._calm.is_set():
                for frame in frames:
                    with contextlib.suppress(OSError):
                        tap.socket.send(frame)

    def _answer(self) -> None:
        """The honeypot answers what it can keep up with."""
        with Tap(self.box.there, "honeypot") as tap:
            while not self._calm.is_set():
                if received := tap.receive(0.05):
                    data = received[1]
                    if data[12:14] == b"\x08\x00" and len(data) >= 54:
                        reply = bytes.fromhex(HONEYPOT_MAC.replace(":", ""))
                        with contextlib.suppress(OSError):
                            tap.socket.send(data[6:12] + reply + data[12:26] + data[30:34] + data[26:30] + data[36:38]
                                            + data[34:36] + data[38:47] + b"\x12" + data[48:])

    def _hosts(self) -> None:
        """Hosts inside that are heard of once, at some of the dark addresses."""
        with Tap(self.box.there, "inside") as tap:
            while not self._calm.wait(0.01):
                host = f"10.66.{self.random.randrange(200)}.77"
                frame = Ether(src=CORE, dst=UPSTREAM) / IP(src=host, dst="198.51.100.3")
                with contextlib.suppress(OSError):
                    tap.send(frame / UDP(sport=9, dport=9) / b"x")

    def _operate(self) -> None:
        text = self.site.configuration.read_text()
        for turn in range(1_000_000):
            if self._calm.wait(0.3):
                break
            prefix = f"192.0.2.{turn % 200}"
            self.site.honeyctl("list", "add", "attackers", prefix, "--for", "1s")
            if turn % 4 == 0:
                changed = text.replace('idle_timeout = "1s"', 'idle_timeout = "900ms"') if turn % 8 == 0 else text
                self.site.configuration.write_text(changed)
                self.site.honeyctl("reload")
            if turn % 10 == 0:
                self.stop_agent()
            if turn % 10 == 5:
                self.start_agent()
        self.site.configuration.write_text(text)
        self.site.honeyctl("reload")

    def churn(self, seconds: float, sampled: bool = True) -> None:
        self._calm.clear()
        threads = [threading.Thread(target=work) for work in (self._attack, self._answer, self._hosts, self._operate)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                time.sleep(min(BETWEEN_SAMPLES_S, max(0.0, end - time.monotonic())))
                if sampled:
                    self.samples.append(self.sample())
        finally:
            self._calm.set()
            for thread in threads:
                thread.join()
            self.stop_agent()

    def restart(self, how: signal.Signals) -> None:
        site = self.site
        starts = site.said().count("forwarding with")
        site.process.send_signal(how)
        site.process.wait(timeout=PATIENCE_S)
        self.box.started.remove(site.process)
        with site.log.open("ab") as output:
            site.process = subprocess.Popen(
                self.box.here.command(str(default_build() / "control/honeyswitch"), "--config",
                                      str(site.configuration)),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.box.started.append(site.process)
        site.wait_to_say("forwarding with", starts + 1)

    # What is looked at

    def sample(self) -> Sample:
        asked = time.monotonic()
        stats = self.site.stats()
        answered = time.monotonic()
        folder = Path(f"/proc/{self.site.process.pid}")
        status = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line)
        return Sample(
            seconds=answered - self.began, memory_kb=int(status["VmRSS"].split()[0]),
            descriptors=len(os.listdir(folder / "fd")), threads=int(status["Threads"]), sessions=stats["sessions"],
            active=stats["active"], sources=stats["sources"], answer_ms=(answered - asked) * 1000,
            packets=sum(port["rx_packets"] for port in stats["ports"]), lost=self.site.losses())

    def unaccounted(self) -> int:
        """Frames that came in or were made here, and neither left nor were dropped under a name: lost buffers."""
        stats = self.site.stats()
        fates: dict[str, int] = {}
        for row in stats["counters"]:
            fates[row["fate"]] = fates.get(row["fate"], 0) + row["value"]
        came = sum(port["rx_packets"] for port in stats["ports"]) + fates["generated"]
        return came - sum(port["tx_packets"] for port in stats["ports"]) - fates["dropped"] - fates["unsent"]

    def quiet(self) -> Sample:
        """When what has a lifetime is over."""
        self.site.traffic.pause()
        try:
            def is_over() -> bool:
                stats = self.site.stats()
                return stats["sessions"] == stats["sources"] == stats["sightings"] == 0 and stats["active"] == STATIC

            wait_for("sessions, sightings, list entries and what the agent vouched for are over", is_over, timeout=60,
                     evidence=self.site.said)
            return self.sample()
        finally:
            self.site.traffic.resume()

    def compare(self, before: Sample, after: Sample) -> None:
        for name in ("descriptors", "threads", "sessions", "active", "sources"):
            if getattr(after, name) != getattr(before, name):
                self.faults.append(f"{name}: {getattr(before, name)} before, {getattr(after, name)} after")
        most = before.memory_kb * (1 + MORE_MEMORY_SHARE) + MORE_MEMORY_KB
        if after.memory_kb > most:
            self.faults.append(f"memory: {before.memory_kb} KB before, {after.memory_kb} KB after, {most:.0f} at most")

    def run(self, seconds: float, say: Callable[[str], None] = print) -> list[str]:
        """Returns what is wrong at the end."""
        restarts = [signal.SIGTERM, signal.SIGKILL] * max(1, int(seconds / 600))
        for how in restarts:
            self.churn(2, sampled=False)
            self.restart(how)
        self.churn(4, sampled=False)
        before = self.quiet()
        say(f"after {len(restarts)} restarts, quiet: {before}")
        self.churn(seconds)
        after = self.quiet()
        say(f"after {seconds:g} s of churn, quiet: {after}")
        self.compare(before, after)
        self.site.traffic.pause()
        with contextlib.suppress(Exception):
            wait_for("all frames are accounted for", lambda: self.unaccounted() == 0, timeout=5)
        if missing := self.unaccounted():
            self.faults.append(f"{missing} frames have no name")
        return self.faults


def figures(samples: list[Sample]) -> str:
    """A line for each series: the least, the median and the most of it."""
    lines = [f"{'':14}{'least':>12}{'median':>12}{'most':>12}"]
    for name in list(asdict(samples[0]))[1:]:
        values = sorted(getattr(sample, name) for sample in samples)
        row = (values[0], values[len(values) // 2], values[-1])
        lines.append(f"{name:14}" + "".join(f"{value:>12.1f}" if isinstance(value, float) else f"{value:>12}"
                                            for value in row))
    return "\n".join(lines)


def plot(samples: list[Sample]) -> str:
    """An SVG with a panel for each series, one below the other, each from 0 to its most."""
    width, height, left, gap = 900, 90, 110, 26
    names = list(asdict(samples[0]))[1:]
    first, last = samples[0].seconds, samples[-1].seconds
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + left + 20}" '
             f'height="{(height + gap) * len(names) + 30}" '
             'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>']
    for index, name in enumerate(names):
        top = gap + index * (height + gap)
        values = [getattr(sample, name) for sample in samples]
        most = max(max(values), 1)
        points = " ".join(f"{left + (sample.seconds - first) / max(last - first, 1e-9) * width:.1f},"
                          f"{top + height - value / most * height:.1f}" for sample, value in zip(samples, values))
        parts += [f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="#f6f6f6" stroke="#ccc"/>',
                  f'<text x="{left - 8}" y="{top + 12}" text-anchor="end">{most:g}</text>',
                  f'<text x="{left - 8}" y="{top + height}" text-anchor="end">0</text>',
                  f'<text x="{left - 8}" y="{top + height / 2 + 4}" text-anchor="end" font-weight="bold">{name}</text>',
                  f'<polyline points="{points}" fill="none" stroke="#2060a0" stroke-width="1.5"/>']
    bottom = (height + gap) * len(names) + 22
    parts += [f'<text x="{left}" y="{bottom}">0 s</text>',
              f'<text x="{left + width}" y="{bottom}" text-anchor="end">{last - first:.0f} s</text>', "</svg>"]
    return "\n".join(parts) + "\n"


def report(samples: list[Sample], folder: Path) -> None:
    (folder / "soak.json").write_text(json.dumps([asdict(sample) for sample in samples], indent=1) + "\n")
    (folder / "soak.svg").write_text(plot(samples))
