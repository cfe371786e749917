"""The switch as it is, between three ports whose other ends a test holds, and an agent."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from agent import Agent
from memif import MemifPort
from world import HONEYPOT_PORT_MAC, Settings, toml

PATIENCE_S = 20.0
KEY = bytes(range(32))
SIDES = {"outside": "02:00:00:00:00:91", "inside": "02:00:00:00:00:92", "honeypot": HONEYPOT_PORT_MAC}


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Unsettled(Exception):
    """What came in did not become what went out and what was dropped, within the patience."""


class Machine:
    """A process of honeyswitch. `build`: where it was built."""

    def __init__(self, build: Path, folder: Path, settings: Settings):
        self.build, self.folder = build, folder
        self.notice_port = free_port()
        self.sent = 0
        self.ports = {side: MemifPort(folder, side, mac) for side, mac in SIDES.items()}
        key_file = folder / "east.key"
        key_file.write_text(KEY.hex() + "\n")
        key_file.chmod(0o600)
        self.configure(settings)
        self._operator: socket.socket | None = None
        self._answers = None
        self._agent: Agent | None = None
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [build / "control/honeyswitch", "--config", folder / "oracle.toml", "--no-huge"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            for port in self.ports.values():
                port.connect()
        except TimeoutError:
            self.close()
            raise AssertionError(self.log.read_text()) from None
        self._wait_until_it_forwards()
        self._before = self.counters()

    def configure(self, settings: Settings) -> None:
        devices = {side: port.device for side, port in self.ports.items()}
        (self.folder / "oracle.toml").write_text(toml(settings, devices, str(self.folder), self.notice_port))

    def _wait_until_it_forwards(self) -> None:
        end = time.monotonic() + PATIENCE_S
        probe = b"\xff" * 12 + b"\x88\xb5" + b"oracle".ljust(46, b"\0")
        while True:
            assert self.process.poll() is None, self.log.read_text()
            try:
                self._connect()
                break
            except OSError:
                assert time.monotonic() < end, self.log.read_text()
                time.sleep(0.02)
        self.ports["inside"].send([probe])
        self.sent += 1
        while self.ports["outside"].receive() != [probe]:
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.002)

    def _connect(self) -> None:
        self._operator = socket.socket(socket.AF_UNIX)
        self._operator.settimeout(PATIENCE_S)
        self._operator.connect(str(self.folder / "control.sock"))
        self._answers = self._operator.makefile("rb")

    # The operator

    def ask(self, **request: object) -> dict:
        self._operator.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self._answers.readline())
        assert "error" not in answer, (request, answer)
        return answer

    def rows(self, command: str, **request: object) -> list[dict]:
        rows, cursor = [], 0
        while cursor is not None:
            page = self.ask(command=command, cursor=cursor, **request)
            rows += page["rows"]
            cursor = page["next"]
        return rows

    def counters(self) -> dict[str, int]:
        return {row["name"]: row["value"] for row in self.ask(command="stats")["rows"][0]["counters"]}

    def reload(self, settings: Settings) -> None:
        self.configure(settings)
        wanted = self.ask(command="reload")["rows"][0]["id"]
        end = time.monotonic() + PATIENCE_S
        while (state := self.ask(command="reload_state")["rows"][0])["phase"] == "running" or state["id"] != wanted:
            assert time.monotonic() < end, state
            time.sleep(0.002)
        assert state["phase"] == "done", state

    def check(self) -> str:
        """What `honeyctl check` finds wrong; empty: nothing."""
        done = subprocess.run([self.build / "tools/honeyctl", "--socket", self.folder / "control.sock", "check"],
                              capture_output=True, text=True, check=False)  # fmt: skip
        return "" if done.returncode == 0 else done.stdout + done.stderr

    @property
    def agent(self) -> Agent:
        if self._agent is None:
            self._agent = Agent("east", KEY, self.notice_port)
        return self._agent

    # Frames

    def carry(self, side: str, frames: list[bytes], expected: int) -> tuple[dict[str, list[bytes]], dict[str, int]]:
        """What went out of each port by these frames, and by how much each counter has risen. Ends when all of them
        are accounted for; `expected`: how many will probably leave."""
        out: dict[str, list[bytes]] = {name: [] for name in self.ports}
        self.ports[side].send(frames)
        self.sent += len(frames)
        end = time.monotonic() + PATIENCE_S
        while True:
            for name, port in self.ports.items():
                out[name] += port.receive()
            if sum(map(len, out.values())) >= expected or time.monotonic() > end - PATIENCE_S + 0.2:
                counters = self._settled()
                if counters is not None:
                    break
            else:
                os.sched_yield()
            if time.monotonic() > end:
                raise Unsettled(f"{len(frames)} frames from {side}: {out}")
        for name, port in self.ports.items():
            out[name] += port.receive()
        risen = {name: value - self._before[name] for name, value in counters.items()}
        self._before = counters
        return out, risen

    def _settled(self) -> dict[str, int] | None:
        """None: something is on its way still."""
        assert self.process.poll() is None, self.log.read_text()
        stats = self.ask(command="stats")["rows"][0]
        fates: dict[str, int] = {}
        for row in stats["counters"]:
            fates[row["fate"]] = fates.get(row["fate"], 0) + row["value"]
        came = sum(port["rx_packets"] for port in stats["ports"])
        went = sum(port["tx_packets"] for port in stats["ports"])
        if came != self.sent or came + fates["generated"] != went + fates["dropped"] + fates["unsent"]:
            return None
        return {row["name"]: row["value"] for row in stats["counters"]}

    def close(self) -> None:
        if self._agent is not None:
            self._agent.close()
        for place in (self._answers, self._operator):
            if place is not None:
                place.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for port in self.ports.values():
            port.close()
