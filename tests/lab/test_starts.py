"""A second start beside a running switch, ports that are taken from it, and what a machine lacks for a start: on
three interfaces of the kernel, in namespaces of their own."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import BINARY, PATIENCE_S, SIDES, Box
from laboratory.paths import SOURCE, default_build
from laboratory.wait import wait_for


@pytest.fixture(name="box")
def made_box(tmp_path: Path) -> Iterator[Box]:
    if os.geteuid() != 0:
        pytest.fail("namespaces need root")
    with Box(tmp_path) as box:
        yield box


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same", "other-sockets"])
def test_a_second_start_leaves_the_first_alone(box: Box, elsewhere: bool) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    box.must_pass(first)
    programs = box.programs()
    assert all(programs.values()), programs
    second = box.run(box.configuration("second", port=6467) if elsewhere else first)
    assert second.returncode == 1, second.stderr
    assert f"port dev:outside: it is in use by honeyswitch, pid {running.pid}" in second.stderr
    assert box.programs() == programs
    assert box.passes()
    assert box.run(first, "--check").returncode == 0, "a check beside it is what an operator does before a reload"
    assert running.poll() is None


def test_sockets_are_exclusive_before_any_port_is_touched(box: Box) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    others = {side: f"vdev:net_null{index}" for index, side in enumerate(SIDES)}
    second = box.configuration("second", **others)
    refused = box.run(second)
    assert refused.returncode == 1
    assert "cannot listen for notices on 127.0.0.1:6466" in refused.stderr
    second.write_text(box.configuration("second", port=6467, **others).read_text().replace("second.sock", "first.sock"))
    refused = box.run(second)
    assert refused.returncode == 1
    assert f"honeyswitch, pid {running.pid} listens there" in refused.stderr
    assert "EAL" not in refused.stderr


def test_equal_names_in_another_namespace_are_other_ports(box: Box, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    box.forwarding(box.configuration("first"))
    with Box(folder, "bux") as other:
        first = other.configuration("first")
        other.forwarding(first)
        other.must_pass(first)


def test_after_a_kill_it_starts_again(box: Box) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    running.send_signal(signal.SIGKILL)
    running.wait()
    box.forwarding(first, times=2)
    box.must_pass(first)


def test_stray_signals_do_not_stop_the_link(box: Box) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGALRM, signal.SIGTSTP, signal.SIGRTMIN):
        running.send_signal(number)
    box.must_pass(first)
    assert running.poll() is None


def test_stray_signals_do_not_stop_an_agent(box: Box) -> None:
    agent = str(default_build() / "agent/honeyswitch-agent")
    key = box.folder / "agent.key"
    box.there.ip("address", "add", "10.66.0.9/24", "dev", "inside")
    subprocess.run([agent, "keygen", key], check=True, capture_output=True)
    log = box.folder / "agent.log"
    with log.open("wb") as output:
        running = subprocess.Popen(box.there.command(agent, "--name", "a", "--key-file", str(key),
                                                     "--controller", "10.66.0.8", "--interface", "inside", "--prefix", "10.66.0.0/24",
                                                     "--status-socket", str(box.folder / "agent.sock")),
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    box.started.append(running)
    wait_for("the agent has begun", (box.folder / "agent.sock").exists, timeout=PATIENCE_S, evidence=log.read_text)
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGALRM, signal.SIGHUP, signal.SIGTSTP):
        running.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(timeout=1)
    running.terminate()
    assert running.wait(timeout=PATIENCE_S) == 0, log.read_text()


def test_an_address_that_comes_later_is_listened_on(box: Box) -> None:
    first = box.configuration("first")
    first.write_text(first.read_text().replace('"127.0.0.1"', '"10.9.9.9"'))
    checked = box.run(first, "--check")
    assert checked.returncode == 0 and "listen_address 10.9.9.9 is no address of this machine" in checked.stdout
    box.forwarding(first)
    box.must_pass(first)
    wait_for("it says what it waits for", lambda: "listen_address 10.9.9.9 is no address" in box.log(first),
             timeout=PATIENCE_S)
    assert not box.hears("10.9.9.9")
    box.here.ip("address", "add", "10.9.9.9/32", "dev", "lo")
    wait_for("it says that it has come", lambda: "listen_address 10.9.9.9 has come" in box.log(first), timeout=PATIENCE_S)
    assert box.hears("10.9.9.9")


def test_a_program_that_is_taken_off_is_put_back(box: Box) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    box.must_pass(first)
    programs = box.programs()
    box.here.ip("link", "set", "inside", "xdp", "off")
    box.here.ip("link", "set", "outside", "xdp", "off")
    wait_for("the programs are back", lambda: box.programs() == programs, timeout=PATIENCE_S,
             evidence=lambda: box.log(first))
    assert box.passes()
    assert running.poll() is None
    assert re.search(r"port dev:inside: its XDP program was taken off; it was put back", box.log(first)), box.log(first)


def test_an_interface_that_is_gone_ends_it(box: Box) -> None:
    first = box.configuration("first")
    running = box.forwarding(first)
    box.here.ip("link", "delete", "inside")
    assert running.wait(timeout=PATIENCE_S) == 1
    assert "port dev:inside: its interface is gone" in box.log(first)


def test_a_honeypots_port_that_is_not_there_does_not_keep_the_link_down(box: Box) -> None:
    first = box.configuration("first", honeypot="dev:honeypott")
    checked = box.run(first, "--check")
    assert checked.returncode == 1 and "no interface 'honeypott'; did you mean 'honeypot'?" in checked.stderr
    running = box.forwarding(first)
    box.must_pass(first)
    log = box.log(first)
    assert "the switch starts without this port, and its honeypots are down" in log
    assert "port dev:honeypott: it was not there at the start; it is given up" in log
    running.terminate()
    assert running.wait(timeout=PATIENCE_S) == 0, box.log(first)


def test_a_check_says_in_a_line_that_all_is_well(box: Box) -> None:
    checked = box.run(box.configuration("first"), "--check")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout == "the configuration is valid: 3 ports, 1 worker, 1 honeypot, 0 agents\n"


@pytest.mark.parametrize("example", sorted(SOURCE.glob("conf/honeyswitch*.toml")), ids=lambda path: path.stem)
def test_an_example_lacks_nothing_but_the_machine(example: Path) -> None:
    if "agent" in example.stem:
        pytest.skip("the agent's own")
    checked = subprocess.run([default_build() / BINARY, "--check", "--config", example], capture_output=True, text=True,
                             check=False, timeout=PATIENCE_S)
    assert checked.returncode in (0, 1), checked.stderr
    said = [line for line in checked.stderr.splitlines() if " warning: " not in line]
    assert all(line.startswith("honeyswitch: on this machine: ") for line in said), said
    assert checked.stdout.startswith("the configuration is valid: ")


def test_errors_of_file_and_command_line_are_told_together(box: Box) -> None:
    first = box.configuration("first")
    first.write_text(first.read_text().replace("mbufs = 8192", "mbufs = 1").replace("no_huge = true", "no_huge = 7"))
    checked = box.run(first, "--check", "--workers", "0")
    assert checked.returncode == 2
    told = [line.split(": ")[1] for line in checked.stderr.splitlines()]
    assert [re.sub(r".*toml:\d+:", "", place) for place in told] == ["11", "9", "--workers"]


@pytest.mark.parametrize(("change", "code", "sentence"), [
    (('"dev:inside"', '"dev:insid"'), 1, "there is no interface 'insid'; did you mean 'inside'?"),
    (('"dev:inside"', '"0000:7f:00.0"'), 1, "there is no PCI device 0000:7f:00.0"),
    (("lcores = ", 'lcores = "0,999" #'), 2, "CPU 999 cannot be had; online are"),
    (("lcores = ", "workers = 4 #"), 2, "workers = 4 takes the CPUs 0 to 4, one for the control thread: CPU "),
    (("mbufs = 8192", "mbufs = 16777216"), None, "MB of memory, and of "),
    (("/first.sock", "/nowhere/first.sock"), 2, "/nowhere'; make it, or name another"),
])
def test_what_the_machine_lacks_is_said_before_anything_is_done(box: Box, change, code, sentence) -> None:
    first = box.configuration("first")
    first.write_text(first.read_text().replace(*change))
    checked = box.run(first, "--check")
    if checked.returncode == 0 and ("CPU " in sentence or "MB " in sentence):
        pytest.skip("this machine has so much")
    started = box.run(first)
    assert checked.returncode == 1 and "on this machine: " in checked.stderr, checked.stderr
    assert started.returncode == (code or started.returncode) and started.returncode
    for text in (checked.stderr, started.stderr):
        assert sentence in text, text
    assert "Usage:" not in started.stdout + started.stderr and "EAL" not in started.stderr
    assert not (box.folder / "nowhere").exists()
