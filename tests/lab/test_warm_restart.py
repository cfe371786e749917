"""A restart of the switch, with and without a chance to say goodbye: what was with a honeypot stays there, and hosts
stay hosts."""

import contextlib
import datetime
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cables import INSIDE, Cables, from_core
from farm import PORT, new_decoy, new_source
from laboratory import addresses, appliance, view
from laboratory.conversation import Conversation, greeting
from laboratory.lab import Lab
from laboratory.wait import wait_for
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

WATCHED = "10.66.1.222"  # in the agent's domain, and nobody's


def start_again(lab: Lab, **changes: dict) -> None:
    lab.appliance.write_config(**changes)
    lab.appliance.start()


@pytest.fixture(name="folder")
def folder_of_state(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    """The switch keeps what it knows there, and saves it all the time."""
    lab.appliance.stop()
    start_again(lab, state=state_in(tmp_path))
    all_known(lab)
    yield tmp_path
    lab.appliance.stop()
    start_again(lab)
    all_known(lab)


def state_in(folder: Path) -> dict:
    return {"folder": str(folder), "save_interval": "100ms"}


def all_known(lab: Lab) -> None:
    wait_for("the domain is known", lambda: lab.domain_state() == "known", timeout=40)
    wait_for("the honeypot is up", lambda: view.honeypot_states(lab)["honeypot"] == "up", timeout=10)


def saved_from_now_on(folder: Path) -> None:
    """Until a file was begun and ended after this moment."""
    for _ in range(2):
        before = (folder / "sessions").stat().st_mtime_ns
        wait_for("sessions are saved", lambda: (folder / "sessions").stat().st_mtime_ns != before, timeout=20)


def end(lab: Lab, folder: Path, how: signal.Signals) -> None:
    if how == signal.SIGKILL:
        saved_from_now_on(folder)
    lab.processes.signal(appliance.PROCESS, how)
    wait_for("the switch has ended", lambda: not lab.processes.running(appliance.PROCESS), timeout=20)


@contextlib.contextmanager
def host_on(lab: Lab, address: str) -> Iterator[None]:
    host = lab.add_host("newcomer", address)
    try:
        host.namespace.attempt("ping", "-n", "-c", "1", "-W", "2", addresses.CORE_CAMPUS)
        assert view.becomes_active(lab, address)
        yield
    finally:
        lab.remove_host("newcomer")


def of_before(lab: Lab, source: str, moment: datetime.datetime) -> bool:
    """There is a session of this source, and it is older than that."""
    rows = view.sessions(lab, source)
    return len(rows) == 1 and datetime.datetime.fromisoformat(rows[0]["since"].replace("Z", "+00:00")) < moment


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_session_stays_with_its_honeypot_although_its_address_has_a_host_by_now(lab, folder, how) -> None:
    attacker, source = lab.machine("attacker"), new_source()
    with Conversation(attacker, WATCHED, PORT, source=source, timeout=30) as attack:
        assert attack.greeting.startswith("honeypot: ")
        assert attack.echoes(20_000)
        with host_on(lab, WATCHED):
            assert attack.echoes(20_000)
            end(lab, folder, how)
            down = datetime.datetime.now(datetime.timezone.utc)
            lab.appliance.start()
            assert attack.echoes(200_000), lab.processes.tail(appliance.PROCESS, 40)
            assert of_before(lab, source, down)
            assert "reached" not in greeting(attacker, WATCHED, PORT, source=new_source()), "others reach the host"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_session_with_a_dark_address_goes_on(lab, folder, how) -> None:
    source = new_source()
    with Conversation(lab.machine("attacker"), new_decoy(), PORT, source=source, timeout=30) as attack:
        assert attack.echoes(20_000)
        end(lab, folder, how)
        down = datetime.datetime.now(datetime.timezone.utc)
        lab.appliance.start()
        assert attack.echoes(200_000), lab.processes.tail(appliance.PROCESS, 40)
        assert of_before(lab, source, down)


def test_a_host_that_was_seen_to_speak_stays_active(lab, folder) -> None:
    host = new_decoy()
    with Cables(lab) as cables:
        cables.send(INSIDE, from_core() / IP(src=host, dst=addresses.ATTACKERS[0]) / UDP(sport=9, dport=9) / Raw(b"x"))
    assert view.becomes_active(lab, host, "sighting")
    end(lab, folder, signal.SIGTERM)
    lab.appliance.start()
    assert view.active(lab)[host] == ["sighting"]


def test_what_the_agent_said_last_stays_active_while_it_is_away(lab, folder) -> None:
    wanted = set(addresses.HOSTS.values())
    assert wanted <= set(view.active(lab))
    lab.explorer.stop()
    try:
        end(lab, folder, signal.SIGTERM)
        lab.appliance.start()
        assert wanted <= set(view.active(lab))
        assert lab.domain_state() == "unknown", "nothing new is diverted before the agent has reported"
    finally:
        lab.explorer.start()
    all_known(lab)


def test_a_damaged_file_is_set_aside_and_the_start_goes_on(lab, folder) -> None:
    end(lab, folder, signal.SIGTERM)
    file = folder / "sessions"
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 0x40
    file.write_bytes(damaged)
    log = lab.processes.log(appliance.PROCESS)
    before = len(log.read_text())
    lab.appliance.start()
    assert f"{file}: " in log.read_text()[before:]
    assert f"it is set aside as {file}.broken" in log.read_text()[before:]
    assert (folder / "sessions.broken").read_bytes() == bytes(damaged)
    events = [json.loads(line) for line in lab.appliance.honeyctl("events", "--json").splitlines()]
    assert [event["state"] for event in events if event["event_type"] == "state"] == ["set_aside"]


def test_what_was_idle_for_its_timeout_is_not_put_back(lab, folder) -> None:
    source = new_source()
    with Conversation(lab.machine("attacker"), new_decoy(), PORT, source=source) as attack:
        assert attack.echoes(100)
        end(lab, folder, signal.SIGTERM)
        lab.appliance.write_config(state=state_in(folder), timeouts={"idle_timeout": "1s"})
        time.sleep(1.1)
        log = lab.processes.log(appliance.PROCESS)
        before = len(log.read_text())
        lab.appliance.start()
        assert "were idle for too long" in log.read_text()[before:]
        assert not of_before(lab, source, datetime.datetime.now(datetime.timezone.utc))
