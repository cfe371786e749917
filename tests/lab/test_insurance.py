"""A reload that takes itself back unless it is confirmed, what a reload would change, and who changed what."""

import json
import signal

import pytest
from farm import HONEYPOT, SANDBOX, new_source, one_pool
from laboratory import view
from laboratory.appliance import PROCESS
from laboratory.wait import wait_for

pytestmark = pytest.mark.usefixtures("switch_survives")
BEFORE, AFTER = {"honeypot": "up"}, {"sandbox": "up"}


@pytest.fixture(name="restored", autouse=True)
def configuration_afterwards(lab):
    yield
    lab.appliance.try_honeyctl("confirm")
    lab.appliance.write_config()
    lab.appliance.honeyctl("reload")


def comes(lab, states: dict[str, str], timeout: float = 20) -> None:
    wait_for(f"honeypots are {states}", lambda: view.honeypot_states(lab) == states, timeout=timeout)


def test_what_nobody_confirms_is_taken_back_whatever_the_file_says(lab) -> None:
    lab.appliance.write_config(**one_pool(SANDBOX))
    said = lab.appliance.honeyctl("reload", "--confirm", "5s")
    assert "not confirmed: in 5s the configuration from before reload" in said, said
    assert list(view.honeypot_states(lab)) == ["sandbox"]
    assert lab.appliance.ask("stats")["confirm_within_ms"] <= 5000
    lab.appliance.config.unlink()
    comes(lab, BEFORE)
    refused = lab.appliance.try_honeyctl("confirm")
    assert refused.returncode == 1 and "was taken back" in refused.stderr, refused.stderr


def test_what_is_confirmed_stays(lab) -> None:
    lab.appliance.write_config(**one_pool(SANDBOX))
    lab.appliance.honeyctl("reload", "--confirm", "3s")
    assert "is confirmed" in lab.appliance.honeyctl("confirm")
    lab.appliance.write_config(**one_pool(SANDBOX, HONEYPOT))
    assert lab.appliance.ask("stats")["unconfirmed"] is None
    assert list(view.honeypot_states(lab)) == ["sandbox"]


def test_sighup_does_not_confirm(lab) -> None:
    lab.appliance.write_config(**one_pool(SANDBOX))
    lab.appliance.honeyctl("reload", "--confirm", "6s")
    lab.appliance.write_config(**one_pool(SANDBOX, HONEYPOT))
    lab.processes.signal(PROCESS, signal.SIGHUP)
    wait_for("both are there", lambda: len(view.honeypot_states(lab)) == 2)
    comes(lab, BEFORE)


def test_a_restart_takes_what_the_file_says(lab) -> None:
    lab.appliance.write_config(**one_pool(SANDBOX))
    lab.appliance.honeyctl("reload", "--confirm", "10m")
    log = lab.processes.log("honeyswitch")
    before = len(log.read_text())
    lab.appliance.stop()
    assert "was not confirmed: the next start takes what the file says" in log.read_text()[before:]
    lab.appliance.start()
    comes(lab, AFTER)
    assert lab.appliance.ask("stats")["unconfirmed"] is None
