"""Either end of the notices is killed at a random moment, without a chance to say goodbye; the states agree after."""

import datetime
import json
import random
import signal

import pytest
from laboratory import addresses, appliance, explorer, view
from laboratory.lab import Lab
from laboratory.wait import comes_true, wait_for

TRIALS = 6
PATIENCE_S = 40


def kill(lab: Lab, victim: str) -> None:
    lab.processes.signal(victim, signal.SIGKILL)
    wait_for(f"{victim} is dead", lambda: not lab.processes.running(victim))
    (lab.appliance if victim == appliance.PROCESS else lab.explorer).start()


@pytest.mark.parametrize("victim", [appliance.PROCESS, explorer.PROCESS])
def test_states_agree_after_a_kill(lab: Lab, victim: str) -> None:
    wanted = set(addresses.HOSTS.values())
    moments = random.Random(20151201)
    for trial in range(TRIALS):
        comes_true(lambda: False, timeout=moments.uniform(0, 1.5))
        kill(lab, victim)
        agree = comes_true(
            lambda: lab.domain_state() == "known" and wanted <= set(view.active(lab)), timeout=PATIENCE_S, interval=0.2
        )
        assert agree, f"trial {trial}: {lab.domain_state()}, {view.active(lab)}\n{lab.processes.tail(victim, 20)}"


def test_what_happens_at_the_start_has_its_time_and_its_names(lab: Lab) -> None:
    before = datetime.datetime.now(datetime.timezone.utc).isoformat()
    kill(lab, appliance.PROCESS)
    assert comes_true(lambda: lab.domain_state() == "known", timeout=20)
    events = [json.loads(line) for line in lab.appliance.honeyctl("events", "--json").splitlines()]
    assert any(event["event_type"] == "honeypot" for event in events)
    for event in events:
        assert event["timestamp"] >= before[:19]
        assert event.get("honeypot", "unasked") != "" and event.get("pool", "unasked") != ""
