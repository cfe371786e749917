"""How exposed the services are, by systemd's own figures: they are printed, and bounded. Needs HONEYSWITCH_BUILD."""
import os
import pathlib
import re
import subprocess

import pytest

UNITS = pathlib.Path(os.environ.get("HONEYSWITCH_BUILD", "build")) / "conf"
# 0 is the best, 10 no hardening at all. What is above it wants a reason in the unit; a lower one may be written here.
MOST = {"honeyswitch.service": 4.2, "honeyswitch-agent.service": 2.1}


def exposure(unit):
    """The figure, and all of what systemd-analyze says."""
    said = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", UNITS / unit],
                          capture_output=True, text=True, check=False)
    figure = re.search(r"Overall exposure level for \S+: ([\d.]+)", said.stdout)
    assert figure, said.stdout + said.stderr
    return float(figure.group(1)), said.stdout


@pytest.mark.parametrize("unit", sorted(MOST))
def test_services_are_no_more_exposed_than_they_have_to_be(unit, capsys):
    figure, said = exposure(unit)
    with capsys.disabled():
        print(f"\n{unit}: exposure {figure}, at most {MOST[unit]}")
    assert figure <= MOST[unit], said
