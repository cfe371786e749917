"""A reload that takes itself back unless it is confirmed, what a reload would change, and who changed what."""

import json
import signal

import pytest
from farm import HONEYPOT, SANDBOX, new_source, one_pool
from laboratory import view
from laboratory.appliance import PROCESS
from laboratory.wait import wait_for

survives = pytest.mark.usefixtures("switch_survives")
BEFORE, AFTER = {"honeypot": "up"}, {"sandbox": "up"}


@pytest.fixture(name="restored", autouse=True)
def configuration_afterwards(lab):
    yield
    lab.appliance.try_honeyctl("confirm")
    lab.appliance.write_config()
    lab.appliance.honeyctl("reload")


def comes(lab, states: dict[str, str], timeout: float = 20) -> None:
    wait_for(f"honeypots are {states}", lambda: view.honeypot_states(lab) == states, timeout=timeout)


@survives
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


@survives
def test_what_is_confirmed_stays(lab) -> None:
    lab.appliance.write_config(**one_pool(SANDBOX))
    lab.appliance.honeyctl("reload", "--confirm", "3s")
    assert "is confirmed" in lab.appliance.honeyctl("confirm")
    lab.appliance.write_config(**one_pool(SANDBOX, HONEYPOT))
    assert lab.appliance.ask("stats")["unconfirmed"] is None
    assert list(view.honeypot_states(lab)) == ["sandbox"]


@survives
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


def compared(lab) -> tuple[int, list[dict], dict]:
    """Of honeyctl diff: its exit code, its rows, and the whole document."""
    result = lab.appliance.try_honeyctl("diff", "--json")
    document = json.loads(result.stdout) if result.stdout else {"rows": []}
    return result.returncode, document["rows"], document


@survives
def test_diff_says_what_a_reload_would_change_and_changes_nothing(lab) -> None:
    assert compared(lab)[:2] == (0, [])
    lab.appliance.write_config(**one_pool(SANDBOX), timeouts={"idle_timeout": "77s", "heartbeat_timeout": "5s"})
    code, rows, document = compared(lab)
    assert code == 1 and document["refused"]
    assert ("[timeouts] idle_timeout", "77s") in {(row["what"], row["after"]) for row in rows}
    assert [row["what"] for row in rows if row["restart"]] == ["[timeouts] heartbeat_timeout"]
    assert {(row["what"], row["change"]) for row in rows} >= {("[[honeypot]] 'honeypot'", "removed"),
                                                              ("[[honeypot]] 'sandbox'", "added")}
    assert view.honeypot_states(lab) == BEFORE
    lab.appliance.config.write_text("this is no TOML\n")
    result = lab.appliance.try_honeyctl("diff")
    assert result.returncode == 2 and f"{lab.appliance.config}:1:" in result.stderr, result.stderr


def test_history_says_who_changed_what_over_a_restart(lab, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    lab.appliance.stop()
    lab.appliance.start()
    source = new_source()
    changes = {"list": [{"name": "attackers", "kind": "attacker"}]}
    lab.appliance.write_config(**changes)
    lab.appliance.honeyctl("reload")
    lab.appliance.honeyctl("list", "add", "attackers", source)
    lab.appliance.write_config(**changes, timeouts={"idle_timeout": "77s"})
    lab.processes.signal(PROCESS, signal.SIGHUP)
    wait_for("the signal's reload is in the history", lambda: len(lab.appliance.ask("history")) == 3)
    hup, added, reload = lab.appliance.ask("history")
    assert reload["command"] == "reload 1" and reload["uid"] == 0 and reload["user"] == "root" and reload["pid"] > 0
    assert any("[[list]] 'attackers' added" in change for change in reload["changes"]), reload
    assert added["command"] == "list_add" and f"prefix {source}/32" in added["changes"], added
    assert hup["uid"] == 0 and any("idle_timeout: " in change for change in hup["changes"]), hup
    assert len((tmp_path / "history").read_text().splitlines()) == 3
    lab.appliance.stop()
    lab.appliance.start()
    assert len(lab.appliance.ask("history")) == 3
    assert len(lab.appliance.ask("history", "--last", "1")) == 1
    monkeypatch.delenv("STATE_DIRECTORY")
    lab.appliance.stop()
    lab.appliance.start()
