"""What the operator put on a list is still on it when the switch was restarted, if it has a state directory."""

from farm import farm, new_source, two_pools
from laboratory import view
from laboratory.lab import Lab

ATTACKERS = {"name": "attackers", "kind": "attacker", "pool": "high"}


def origins(lab: Lab, source: str) -> list[str]:
    return view.list_entries(lab, "attackers").get(f"{source}/32", [])


def test_what_the_operator_added_outlives_a_restart(lab, monkeypatch, tmp_path) -> None:
    kept, removed = new_source(), new_source()
    with farm(lab, **two_pools(), list=[ATTACKERS]):
        assert "forgets it" in lab.appliance.honeyctl("list", "add", "attackers", kept), "no state directory"
        monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
        lab.appliance.stop()
        lab.appliance.start()
        assert not origins(lab, kept)
        log = lab.processes.log("honeyswitch")
        before = len(log.read_text())
        assert "forgets" not in lab.appliance.honeyctl("list", "add", "attackers", kept, "--for", "1h")
        lab.appliance.honeyctl("list", "add", "attackers", removed)
        lab.appliance.honeyctl("list", "remove", "attackers", removed)
        assert f"{kept}/32 added by the operator (uid 0, pid " in log.read_text()[before:]
        lab.appliance.stop()
        lab.appliance.start()
        assert origins(lab, kept) == ["operator"]
        assert not origins(lab, removed)
        assert lab.appliance.ask("list", "show", "attackers")[0]["remaining_ms"] <= 3_600_000
        monkeypatch.delenv("STATE_DIRECTORY")
        lab.appliance.stop()
        lab.appliance.start()
