"""What the programs give up once they run, that they run within what their units allow, and who can reach them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import PATIENCE_S, SIDES, Box
from laboratory.paths import default_build
from laboratory.wait import wait_for
from test_service import Manager

AS_UNIT = Path(__file__).resolve().parent / "as_unit.py"
ALWAYS, NETWORKS, BPF = {1, 14}, {12, 13}, {39}  # <linux/capability.h>: DAC_OVERRIDE, IPC_LOCK; NET_ADMIN, NET_RAW; BPF


@pytest.fixture(name="box")
def made_box(tmp_path: Path) -> Iterator[Box]:
    if os.geteuid() != 0:
        pytest.fail("namespaces need root")
    with Box(tmp_path) as box:
        yield box


def within_unit(unit: str, command: list[str]) -> list[str]:
    """`command`, which begins with four words of `ip netns exec`, in the limits of the unit."""
    return [*command[:4], sys.executable, str(AS_UNIT), str(default_build() / "conf" / unit), *command[4:]]


def threads_of(process: subprocess.Popen) -> dict[str, dict[str, str]]:
    """What the kernel says of each thread, by its name and number."""
    found = {}
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        status = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
        found[f"{status['Name']} {task.name}"] = status
    return found


def numbers(mask: str) -> set[int]:
    return {bit for bit in range(64) if int(mask, 16) >> bit & 1}


@pytest.mark.parametrize(("kernel_io", "kept"), [("af_xdp", ALWAYS | NETWORKS | BPF), ("af_packet", ALWAYS | NETWORKS)])
def test_what_is_not_needed_is_given_up_by_all_threads(box: Box, kernel_io: str, kept: set[int]) -> None:
    configuration = box.configuration("switch")
    configuration.write_text(configuration.read_text().replace("[ports]\n", f'[ports]\nkernel_io = "{kernel_io}"\n'))
    process = box.forwarding(configuration)
    threads = threads_of(process)
    assert len(threads) >= 4, threads.keys()
    for name, status in threads.items():
        assert numbers(status["CapPrm"]) <= kept and numbers(status["CapEff"]) <= kept, name
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", name
    assert "the switch goes on with the privileges that it has" not in box.log(configuration)
    box.must_pass(configuration)


def test_who_wants_them_keeps_all(box: Box, monkeypatch) -> None:
    monkeypatch.setenv("HONEYSWITCH_UNCONFINED", "1")
    configuration = box.configuration("switch")
    process = box.forwarding(configuration)
    assert {status["Seccomp"] for status in threads_of(process).values()} == {"0"}
    assert 21 in numbers(threads_of(process).popitem()[1]["CapEff"]), "CAP_SYS_ADMIN"


@pytest.mark.parametrize("kernel_io", ["af_xdp", "af_packet"])
def test_the_switch_runs_and_ends_within_its_unit(box: Box, kernel_io: str) -> None:
    configuration = box.configuration("switch")
    state = box.folder / "state"
    state.mkdir()
    text = configuration.read_text().replace("[ports]\n", f'[ports]\nkernel_io = "{kernel_io}"\n')
    text += f'\n[state]\nfolder = "{state}"\nsave_interval = "100ms"\n[[list]]\nname = "bad"\nkind = "attacker"\n'
    configuration.write_text(text)
    log = configuration.with_suffix(".log")
    with log.open("ab") as output:
        process = subprocess.Popen(within_unit("honeyswitch.service", box.command(configuration)),
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    box.started.append(process)
    wait_for("it forwards", lambda: process.poll() is not None or "forwarding with" in box.log(configuration),
             timeout=PATIENCE_S, evidence=lambda: box.log(configuration))
    box.must_pass(configuration)
    configuration.write_text(text.replace("10.66.0.0/16", "10.66.0.0/17"))
    for words in (["reload"], ["list", "add", "bad", "203.0.113.1"], ["diff"], ["history"]):
        said = subprocess.run([default_build() / "tools/honeyctl", "--socket", configuration.with_suffix(".sock"),
                               *words], capture_output=True, text=True, check=False, timeout=PATIENCE_S)  # fmt: skip
        assert said.returncode == 0, said.stderr + box.log(configuration)
    box.must_pass(configuration)
    process.terminate()
    assert process.wait(timeout=PATIENCE_S) == 0, box.log(configuration)
    assert (state / "sessions").exists() and "203.0.113.1" in (state / "history").read_text()
    assert box.programs() == dict.fromkeys(SIDES), "no program stays on an interface"
    assert not re.search(r" error: |privileges that it has", box.log(configuration)), box.log(configuration)


def agents_command(box: Box) -> list[str]:
    return box.there.command(str(default_build() / "agent/honeyswitch-agent"), "--dry-run", "--interface", "inside",
                             "--prefix", "192.0.2.0/24", "--sender", "192.0.2.9", "--status-socket",
                             str(box.folder / "agent.sock"))


def start_agent(box: Box, tmp_path: Path, monkeypatch, command: list[str]) -> subprocess.Popen:
    """Returns when it says that it hears its domain."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    manager = Manager(tmp_path / "notify")
    with (tmp_path / "agent.log").open("wb") as log:
        agent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    box.started.append(agent)
    assert manager.next() == "READY=1"
    return agent


def test_an_agent_runs_and_ends_within_its_unit(box: Box, tmp_path: Path, monkeypatch) -> None:
    agent = start_agent(box, tmp_path, monkeypatch, within_unit("honeyswitch-agent.service", agents_command(box)))
    for name, status in threads_of(agent).items():
        assert numbers(status["CapPrm"]) <= {13} and status["Seccomp"] == "2", name
    agent.terminate()
    assert agent.wait(timeout=PATIENCE_S) == 0, (tmp_path / "agent.log").read_text()


def listeners(box: Box, process: subprocess.Popen) -> set[tuple[str, str]]:
    """(protocol, address and port) of all on which this process can be reached over a network."""
    namespace = box.here if process is box.started[0] else box.there
    lines = namespace.run("ss", "-H", "-lntup").splitlines()
    return {(line.split()[0], line.split()[4]) for line in lines if f"pid={process.pid}," in line}


def test_nothing_listens_but_for_what_is_sealed(box: Box, tmp_path: Path, monkeypatch) -> None:
    """The switch hears notices where the configuration says, and the agent nobody; all else is a Unix socket."""
    configuration = box.configuration("switch")
    switch = box.forwarding(configuration)
    assert listeners(box, switch) == {("udp", "127.0.0.1:6466")}
    agent = start_agent(box, tmp_path, monkeypatch, agents_command(box))
    assert listeners(box, agent) == set()
    for path, mode in ((configuration.with_suffix(".sock"), 0o660), (box.folder / "agent.sock", 0o600)):
        assert path.stat().st_mode & 0o777 == mode, path
