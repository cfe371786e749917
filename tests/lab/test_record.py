"""honeyrecord beside a real switch: what attackers do is in its lines and in its store."""

import contextlib
import grp
import json
import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from box import Box, stop_in_turn
from farm import PORT, farm, new_decoy, new_source
from laboratory.lab import Lab
from laboratory.namespace import Namespace
from laboratory.paths import default_build
from laboratory.wait import comes_true, wait_for

SOURCE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests"))
from verify_chain import verified  # pylint: disable=wrong-import-position,wrong-import-order

pytestmark = pytest.mark.usefixtures("switch_survives")

SHORT = {"timeouts": {"idle_timeout": "2s"}}
SCHEMA = json.loads((SOURCE / "conf/honeyrecord.schema.json").read_text())


class Recorder:
    """honeyrecord in the switch's namespace, with its files in a folder."""

    def __init__(self, lab: Lab, folder: Path, lines: Path | None = None, more: str = ""):
        self.lab, self.folder = lab, folder
        self.lines, self.store, self.log = lines or folder / "events.jsonl", folder / "sessions.db", folder / "log"
        self.config = folder / "honeyrecord.toml"
        self.config.write_text(f'socket = "{lab.appliance.socket}"\n[lines]\nfile = "{self.lines}"\n'
                               f'[store]\nfile = "{self.store}"\n{more}')
        self.process: subprocess.Popen | None = None

    def command(self, *options: str) -> list[str]:
        return self.lab.appliance.namespace.command(
            self.lab.settings.binary("tools/honeyrecord/honeyrecord"), "--config", str(self.config), *options)

    def start(self) -> None:
        before = self.text().count("tells its events")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for("the switch tells honeyrecord", lambda: self.text().count("tells its events") > before,
                 evidence=self.text)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0, self.text()

    def text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def events(self, **members: object) -> list[dict]:
        lines = self.lines.read_bytes().split(b"\n")[:-1] if self.lines.exists() else []
        return [event for event in map(json.loads, lines)
                if all(event.get(name) == value for name, value in members.items())]

    def asked(self, *words: str) -> list[dict]:
        return json.loads(self.lab.appliance.honeyctl(*words, "--json", "--store", str(self.store)))["rows"]


@contextlib.contextmanager
def recorder(lab: Lab, folder: Path, **more: object) -> Iterator[Recorder]:
    recording = Recorder(lab, folder, **more)
    recording.start()
    try:
        yield recording
    finally:
        if recording.process.poll() is None:
            recording.process.kill()
            recording.process.wait()


def converse(lab: Lab, decoy: str, source: str) -> None:
    with lab.machine("attacker").connect(decoy, PORT, source=source) as attack:
        attack.sendall(b"exploit")
        attack.recv(100)


def jq(program: str, path: Path) -> list[str]:
    return subprocess.run(["jq", "-r", program, path], capture_output=True, text=True, check=True,
                          timeout=60).stdout.splitlines()


def test_an_attack_is_in_the_lines_and_in_the_store(lab, tmp_path) -> None:
    source, decoy, scanned = new_source(), new_decoy(), new_decoy()
    with farm(lab, **SHORT), recorder(lab, tmp_path) as recording:
        converse(lab, decoy, source)
        lab.machine("attacker").run("nmap", "-n", "-Pn", "-sS", "-p", "22,23,80", "--max-retries", "1", scanned)
        assert comes_true(lambda: recording.events(event_type="session_end", src_ip=source)
                          and len(recording.events(event_type="session_end", dest_ip=scanned)) >= 3), recording.text()
        recording.stop()
        for event in recording.events():
            jsonschema.validate(event, SCHEMA)
        (begin,) = recording.events(event_type="session_begin", src_ip=source)
        (end,) = recording.events(event_type="session_end", src_ip=source)
        assert (begin["dest_ip"], begin["dest_port"], begin["proto"]) == (decoy, PORT, "TCP")
        assert begin["flow_id"] == end["flow_id"] and begin["community_id"] == end["community_id"]
        chosen = f'select(.event_type == "session_end" and .src_ip == "{source}")'
        assert jq(f"{chosen} | .step", recording.lines) == ["payload"]
        assert recording.events()[0]["cause"] == "not_running"

        (row,) = recording.asked("sessions", "--since", "1h", "--source", source)
        assert (row["dest_ip"], row["stage"], row["flow_id"]) == (decoy, "payload", end["flow_id"])
        assert row["bytes_toserver"] == end["bytes_toserver"]
        assert {row["dest_port"] for row in recording.asked("sessions", "--since", "1h", "--destination", scanned)} \
            == {22, 23, 80}
        assert recording.asked("session", str(end["flow_id"])) == [row]
        ports = {row["port"]: row for row in recording.asked("report", "--by", "port")}
        assert ports[f"tcp/{PORT}"]["payload"] >= 1 and ports["tcp/23"]["sessions"] >= 1
        said = lab.appliance.honeyctl("audit", "--verify", str(recording.lines))
        count, head = verified([recording.lines])
        assert said.startswith(f"{count} lines follow from each other; the hash of the last is {head}\n")


def test_what_was_changed_in_the_lines_shows(lab, tmp_path) -> None:
    with recorder(lab, tmp_path) as recording:
        converse(lab, new_decoy(), new_source())
        assert comes_true(lambda: len(recording.events(event_type="session_begin")) == 1)
        converse(lab, new_decoy(), new_source())
        assert comes_true(lambda: len(recording.events(event_type="session_begin")) == 2)
        recording.stop()
    forged = recording.lines.read_text().replace('"proto":"TCP"', '"proto":"UDP"', 1)
    recording.lines.write_text(forged)
    refused = lab.appliance.try_honeyctl("audit", "--verify", str(recording.lines))
    assert refused.returncode == 1 and f"{recording.lines}:" in refused.stderr
    with pytest.raises(ValueError, match="the line before it"):
        verified([recording.lines])


def test_time_without_a_recorder_is_a_gap_and_the_chain_goes_on(lab, tmp_path) -> None:
    with recorder(lab, tmp_path) as recording:
        recording.stop()
        recording.start()
        assert comes_true(lambda: len(recording.events(event_type="gap", cause="not_running")) == 2)
        recording.process.send_signal(signal.SIGHUP)
        assert comes_true(lambda: "files are opened by their names again" in recording.text())
        recording.stop()
        assert verified([recording.lines])[0] == len(recording.events())


def test_a_full_disk_is_a_gap_and_the_store_goes_on(lab, tmp_path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", small], check=True)
    try:
        with recorder(lab, tmp_path, lines=small / "events.jsonl") as recording:
            assert comes_true(recording.events)
            filler = small / "filler"
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                while file.write(b"x" * 512):
                    pass
            sources = [new_source() for _ in range(30)]
            for source in sources:
                converse(lab, new_decoy(), source)
            assert comes_true(lambda: recording.asked("sessions", "--since", "1h", "--source", sources[-1]))
            assert comes_true(lambda: "No space left on device" in recording.text()), recording.text()
            filler.unlink()
            last = new_source()
            converse(lab, new_decoy(), last)
            assert comes_true(lambda: recording.events(event_type="session_begin", src_ip=last))
            recording.stop()
            gaps = recording.events(event_type="gap", cause="unwritten")
            assert gaps and sum(gap["events"] for gap in gaps) >= 1
            verified([recording.lines])
    finally:
        subprocess.run(["umount", "--lazy", small], check=True)


def test_without_a_switch_it_waits_and_says_so(lab, tmp_path) -> None:
    recording = Recorder(lab, tmp_path)
    recording.config.write_text(recording.config.read_text().replace(str(lab.appliance.socket),
                                                                     str(tmp_path / "none.sock")))
    checked = subprocess.run(recording.command("--check"), capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "the configuration is valid\n"), checked.stderr
    with recording.log.open("wb") as log, subprocess.Popen(recording.command(), stdout=log, stderr=log) as process:
        try:
            assert comes_true(lambda: "it is tried again every second" in recording.text()), recording.text()
            assert process.poll() is None
        finally:
            process.terminate()
    assert process.returncode == 0


def test_it_needs_no_privileges_but_the_group_that_may_ask() -> None:
    """As its unit has it: a user without capabilities, whom the switch knows by his group."""
    nobody, group = pwd.getpwnam("nobody"), grp.getgrnam("nogroup")
    with tempfile.TemporaryDirectory() as name, Box(Path(name), "record") as box:
        box.folder.chmod(0o755)
        own, log = box.folder / "own", box.folder / "log"
        own.mkdir()
        os.chown(own, nobody.pw_uid, group.gr_gid)
        switch = box.configuration("switch")
        command = box.here.command(
            "setpriv", f"--reuid={nobody.pw_uid}", f"--regid={group.gr_gid}", "--clear-groups", "--inh-caps=-all",
            "--bounding-set=-all", "--no-new-privs", str(default_build() / "tools/honeyrecord/honeyrecord"),
            "--socket", str(box.folder / "switch.sock"), "--lines-file", str(own / "events.jsonl"),
            "--store-file", str(own / "sessions.db"))
        first = box.forwarding(switch)
        with log.open("wb") as output:
            recording = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        box.started.append(recording)
        assert comes_true(lambda: "Permission denied" in log.read_text()), log.read_text()
        stop_in_turn([first])
        switch.write_text(switch.read_text().replace("[operator]", f'[operator]\nread_group = "{group.gr_name}"'))
        box.forwarding(switch, times=2)
        assert comes_true(lambda: "tells its events" in log.read_text()), log.read_text()
        stop_in_turn([recording])
        assert recording.returncode == 0 and '"cause":"not_running"' in (own / "events.jsonl").read_text()


READERS = {"ipset": ("ipset -exist restore < {0}", "ipset list honeyrecord"),
           "nft": ("nft -c -f {0} && nft -f {0}", "nft list set inet honeyrecord sources")}


@pytest.mark.parametrize("form", READERS)
def test_a_firewall_reads_who_came_with_data(lab, tmp_path, form) -> None:
    source, scanner, friend = new_source(), new_source(), new_source()
    feed = tmp_path / "feed"
    more = f'[feed]\nfile = "{feed}"\nformat = "{form}"\nstage = "payload"\nlifetime = "1h"\nnever = ["{friend}"]\n'
    firewall = Namespace(f"{lab.prefix}firewall")
    if firewall.exists():
        firewall.delete()
    firewall.create()
    try:
        with farm(lab, **SHORT), recorder(lab, tmp_path, more=more) as recording:
            for attacker in (source, friend):
                converse(lab, new_decoy(), attacker)
            lab.machine("attacker").connect(new_decoy(), PORT, source=scanner).close()
            ended = (source, scanner, friend)
            assert comes_true(lambda: all(recording.events(event_type="session_end", src_ip=who) for who in ended))
            assert comes_true(lambda: source in feed.read_text()), recording.text()
            reads, shows = READERS[form]
            for _ in range(2):  # again, over what is there
                firewall.run("sh", "-c", reads.format(feed))
            listed = firewall.run("sh", "-c", shows)
            assert source in listed and scanner not in listed and friend not in listed
            recording.stop()
            feed.unlink()
            recording.start()
            assert source in feed.read_text(), "it is made of the store"
    finally:
        firewall.delete()
