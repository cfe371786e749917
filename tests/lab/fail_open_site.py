"""A switch between cables, legitimate traffic over it in both directions, and whether what is dark is diverted."""

import contextlib
import itertools
import json
import os
import select
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from box import BINARY, HONEYPOT_MAC, SERVER, Box
from laboratory.frames import Tap
from laboratory.paths import default_build
from laboratory.wait import wait_for
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether

UPSTREAM, CORE, ATTACKER, CLIENT = "02:00:00:00:00:01", "02:00:00:00:00:02", "198.51.100.1", "198.51.100.9"
MARK, INTERVAL_S, PATIENCE_S = b"legitimate", 0.002, 20
LOSSES = ("rx_missed", "rx_no_buffer", "rx_too_long", "rx_crc", "rx_errors", "rx_dropped", "tx_dropped", "tx_lost")
_numbers = itertools.count(1)


class Traffic:
    """Numbered datagrams, from outside to an active address and back, one after the other."""

    def __init__(self, box: Box):
        self.taps = {side: Tap(box.there, side) for side in ("outside", "inside")}
        out = Ether(src=UPSTREAM, dst=CORE) / IP(src=CLIENT, dst=SERVER) / UDP(sport=5000, dport=53) / MARK
        back = Ether(src=CORE, dst=UPSTREAM) / IP(src=SERVER, dst=CLIENT) / UDP(sport=53, dport=5000) / MARK
        self.frames = {"outside": bytes(out), "inside": bytes(back)}
        self.sent: dict[str, set[int]] = {"outside": set(), "inside": set()}
        self.came: dict[str, set[int]] = {"outside": set(), "inside": set()}
        self._stop, self._paused = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._receive)]
        for thread in self._threads:
            thread.start()

    def _send(self) -> None:
        for number in itertools.count():
            if self._stop.wait(INTERVAL_S):
                return
            if self._paused.is_set():
                continue
            for side, frame in self.frames.items():
                with contextlib.suppress(OSError):  # its link is down: then it was not sent
                    self.taps[side].socket.send(frame + struct.pack("!Q", number) + b"end")
                    self.sent[side].add(number)

    def _receive(self) -> None:
        sides = {tap.socket: side for side, tap in self.taps.items()}
        while not self._stop.is_set():
            for ready in select.select(list(sides), [], [], 0.05)[0]:
                with contextlib.suppress(OSError):
                    data, (_, _, kind, _, _) = ready.recvfrom(2048)
                    if kind != socket.PACKET_OUTGOING and MARK in data and data.rstrip(b"\0").endswith(b"end"):
                        start = data.index(MARK) + len(MARK)
                        self.came[sides[ready]].add(struct.unpack("!Q", data[start:start + 8])[0])

    def missing(self) -> int:
        """Of what was sent until now: how many have not come, when they have had time to."""
        sent = {side: set(numbers) for side, numbers in self.sent.items()}
        end = time.monotonic() + 1
        while True:
            lost = sum(len(sent[side] - self.came[other])
                       for side, other in (("outside", "inside"), ("inside", "outside")))
            if lost == 0 or time.monotonic() > end:
                return lost
            time.sleep(0.02)

    def pass_for(self, seconds: float) -> None:
        """Both directions carry something after this moment, for so long."""
        before = {side: len(numbers) for side, numbers in self.came.items()}
        time.sleep(seconds)
        wait_for("legitimate traffic passes", lambda: all(len(self.came[side]) > before[side] for side in before),
                 timeout=PATIENCE_S)

    def pause(self) -> None:
        self._paused.set()

    def resume(self) -> None:
        self._paused.clear()

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for tap in self.taps.values():
            tap.socket.close()


class Honeypot:
    """Answers ARP for itself as long as it is alive, and hears what comes."""

    def __init__(self, box: Box):
        self.tap = Tap(box.there, "honeypot")
        self.alive = True
        self.heard: list[bytes] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(OSError):
                if received := self.tap.receive(0.05):
                    self._hear(received[1])

    def _hear(self, data: bytes) -> None:
        self.heard.append(data)
        if data[12:14] != b"\x08\x06" or not self.alive:
            return
        asked = Ether(data)[ARP]
        if asked.op == 1:
            self.tap.send(Ether(src=HONEYPOT_MAC, dst=asked.hwsrc) / ARP(
                op=2, hwsrc=HONEYPOT_MAC, psrc=asked.pdst, hwdst=asked.hwsrc, pdst=asked.psrc))

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.tap.socket.close()


class Site:
    """`settings`: records at the end of the configuration; `timeouts`: lines of that table."""

    def __init__(self, box: Box, name: str = "site", settings: str = "", timeouts: str = "",
                 environment: dict[str, str] | None = None, log: Path | None = None):
        self.box, self.configuration = box, box.configuration(name)
        text = self.configuration.read_text().replace('check = "none"', 'check = "arp"')
        self.configuration.write_text(text + settings + f'\n[timeouts]\nhealth_interval = "100ms"\n{timeouts}')
        self.log = log or self.configuration.with_suffix(".log")
        self.honeypot = Honeypot(box)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                box.here.command(str(default_build() / BINARY), "--config", str(self.configuration)),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=os.environ | (environment or {}))
        box.started.append(self.process)
        self.wait_to_say("forwarding with")
        self.traffic = Traffic(box)
        wait_for("it diverts", self.diverts, timeout=PATIENCE_S, evidence=self.said)
        self.before = self.losses()
        self.missing_before = self.traffic.missing()

    def close(self) -> None:
        self.traffic.close()
        self.honeypot.close()
        assert self.process.poll() is None, self.said()
        self.process.terminate()
        self.process.wait(timeout=PATIENCE_S)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_to_say(self, text: str, times: int = 1) -> None:
        wait_for(f"the log says '{text}'", lambda: self.process.poll() is not None or self.said().count(text) >= times,
                 timeout=PATIENCE_S, evidence=self.said)
        assert self.process.poll() is None, self.said()

    def honeyctl(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([default_build() / "tools/honeyctl", "--socket", self.configuration.with_suffix(".sock"),
                               *words], capture_output=True, text=True, check=False, timeout=PATIENCE_S)  # fmt: skip

    def stats(self) -> dict:
        answer = self.honeyctl("stats", "--json")
        assert answer.returncode == 0, answer.stderr + self.said()
        return json.loads(answer.stdout)["rows"][0]

    def counter(self, name: str) -> int:
        return next(row["value"] for row in self.stats()["counters"] if row["name"] == name)

    def losses(self) -> int:
        """Of the ports of the link, under whatever name."""
        return sum(port[loss] for port in self.stats()["ports"] if port["name"] != "honeypot" for loss in LOSSES)

    def attack(self, destination: str | None = None) -> bytes:
        """A new flow to this address, or to one of its own that nobody uses. Returns by what it is known again."""
        number = next(_numbers)
        address = destination or f"10.66.{100 + number // 250}.{1 + number % 250}"
        marker = struct.pack("!I", 0x48530000 + number)
        frame = Ether(src=UPSTREAM, dst=CORE) / IP(src=ATTACKER, dst=address) / TCP(
            sport=1024 + number, dport=22, seq=struct.unpack("!I", marker)[0])
        self.traffic.taps["outside"].send(frame)
        return bytes(frame)[26:42]  # addresses, ports and the number

    def diverts(self, destination: str | None = None) -> bool:
        """Whether a new flow to an address that nobody uses reaches the honeypot."""
        wanted = self.attack(destination)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            if any(wanted in data for data in self.honeypot.heard[-200:]):
                return True
            time.sleep(0.01)
        return False

    def lets_in(self, destination: str | None = None) -> bool:
        """Whether such a flow goes inside instead."""
        with Tap(self.box.there, "inside") as inside:
            wanted = self.attack(destination)
            return bool(inside.collect(lambda data: wanted in data, timeout=1))

    def becomes(self, what: str, condition) -> None:
        wait_for(what, condition, timeout=PATIENCE_S, evidence=self.said)

    def account(self) -> None:
        """Legitimate packets that did not come are counted at the ports of the link."""
        missing = self.traffic.missing() - self.missing_before
        assert missing <= self.losses() - self.before, f"{missing} legitimate packets are lost without a word"


@contextlib.contextmanager
def running(folder: Path, **options) -> Iterator[Site]:
    with Box(folder) as box:
        site = Site(box, **options)
        try:
            yield site
            site.account()
        finally:
            site.close()
