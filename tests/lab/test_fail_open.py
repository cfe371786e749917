"""Whatever fails beside the link, legitimate traffic passes, and what is lost is counted and told. Each test has a
switch of its own between three cables, with traffic in both directions while something breaks."""

import contextlib
import os
import resource
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fail_open_site import Site, running
from laboratory import wiring
from laboratory.paths import default_build
from test_service import standing_still

DOMAIN, IN_DOMAIN, AGENTS_ADDRESS = "10.67.1.0/24", "10.67.1.77", "10.67.1.9"
DAY_S = 86_400


@pytest.fixture(scope="module", autouse=True)
def only_root() -> None:
    if os.geteuid() != 0:
        pytest.fail("namespaces need root")


@pytest.fixture(name="site")
def plain_site(tmp_path: Path) -> Iterator[Site]:
    with running(tmp_path, timeouts='heartbeat_timeout = "300ms"') as site:
        yield site


def test_a_control_thread_that_stands_still(site: Site) -> None:
    with standing_still(site.process.pid):
        site.traffic.pass_for(0.6)
        site.becomes("what is dark goes inside", site.lets_in)
        site.traffic.pass_for(0.3)
    site.becomes("it diverts again", site.diverts)
    site.wait_to_say("without a heartbeat (heartbeat_timeout)")


@pytest.fixture(name="agents_site")
def site_with_an_agent(tmp_path: Path) -> Iterator[Site]:
    key = tmp_path / "east.key"
    subprocess.run([default_build() / "agent/honeyswitch-agent", "keygen", key], check=True, capture_output=True)
    record = f'\n[[agent]]\nname = "east"\nkey_file = "{key}"\ngrants = ["{DOMAIN}"]\n'
    with running(tmp_path, settings=record, timeouts='agent_timeout = "1s"') as site:
        wiring.link(site.box.here, "segment", site.box.there, "segment")
        site.box.here.ip("address", "add", f"{AGENTS_ADDRESS}/24", "dev", "segment")
        site.box.there.ip("address", "add", "10.67.1.1/24", "dev", "segment")
        yield site


def start_agent(site: Site) -> subprocess.Popen:
    folder = site.box.folder
    with (folder / "agent.log").open("ab") as log:
        agent = subprocess.Popen(site.box.here.command(
            str(default_build() / "agent/honeyswitch-agent"), "--name", "east", "--key-file", str(folder / "east.key"),
            "--controller", "127.0.0.1", "--interface", "segment", "--prefix", DOMAIN, "--sweep-retries", "1",
            "--sweep-patience", "200ms", "--status-socket", str(folder / "agent.sock")),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # fmt: skip
    site.box.started.append(agent)
    return agent


def test_agents_are_gone(agents_site: Site) -> None:
    site = agents_site
    agent = start_agent(site)
    site.becomes("the agent's domain is diverted", lambda: site.diverts(IN_DOMAIN))
    agent.kill()
    agent.wait()
    site.becomes("its domain goes inside", lambda: site.lets_in(IN_DOMAIN))
    assert site.diverts(), "what the configuration calls dark needs no agent"
    site.wait_to_say("its domains become unknown")
    site.traffic.pass_for(0.2)
    start_agent(site)
    site.becomes("it is diverted again", lambda: site.diverts(IN_DOMAIN))


@contextlib.contextmanager
def small_disk(folder: Path, kibibytes: int = 256) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "none", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def on_disk(disk: Path) -> str:
    return (f'\n[state]\nfolder = "{disk}"\nsave_interval = "100ms"\n'
            '[[list]]\nname = "attackers"\nkind = "attacker"\n')  # fmt: skip


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return ballast


def saved_anew(site: Site, disk: Path) -> None:
    before = (disk / "sessions").stat().st_mtime_ns
    site.becomes("sessions are saved again", lambda: (disk / "sessions").stat().st_mtime_ns != before)


def test_the_disk_of_state_and_history_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk, running(tmp_path, settings=on_disk(disk)) as site:
        site.becomes("sessions are saved", (disk / "sessions").exists)
        ballast = fill(disk)
        site.wait_to_say("sessions cannot be saved")
        for number in range(1, 40):
            assert site.honeyctl("list", "add", "attackers", f"203.0.113.{number}").returncode == 0
        site.wait_to_say("changes go on, and are written once they can be")
        assert site.diverts()
        site.traffic.pass_for(0.2)
        ballast.unlink()
        saved_anew(site, disk)
        assert site.honeyctl("list", "remove", "attackers", "203.0.113.1").returncode == 0  # it tries at once
        site.becomes("so is the history", lambda: "203.0.113.39" in (disk / "history").read_text())


def test_the_disk_of_the_log_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk, running(tmp_path, log=disk / "log") as site:
        fill(disk)
        for _ in range(5):
            assert site.honeyctl("maintenance", "on").returncode == 0
            assert site.honeyctl("maintenance", "off").returncode == 0
        assert site.diverts()
        site.traffic.pass_for(0.2)


def test_the_folder_of_state_cannot_be_written(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk, running(tmp_path, settings=on_disk(disk)) as site:
        site.becomes("sessions are saved", (disk / "sessions").exists)
        site.becomes("it is read-only", lambda: subprocess.run(  # not while a file is being written
            ["mount", "-o", "remount,ro", disk], check=False, capture_output=True).returncode == 0)
        site.wait_to_say("Read-only file system")
        assert site.honeyctl("list", "add", "attackers", "203.0.113.1").returncode == 0
        assert site.diverts()
        site.traffic.pass_for(0.2)
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        saved_anew(site, disk)


def test_the_clock_is_stepped_both_ways(tmp_path: Path) -> None:
    """The wall clock, in the switch's process alone: no other clock can be stepped."""
    step = tmp_path / "step"
    step.write_bytes(struct.pack("q", 0))
    shim = default_build() / "tests/lab/libclock-step.so"
    environment = {"LD_PRELOAD": str(shim), "CLOCK_STEP": str(step)}
    with small_disk(tmp_path) as disk, running(tmp_path, settings=on_disk(disk), environment=environment) as site:
        for ahead in (400 * DAY_S, -400 * DAY_S, 1, 0):
            with step.open("r+b") as file:
                file.write(struct.pack("q", ahead))
            site.traffic.pass_for(0.2)
            assert site.diverts(), f"{ahead} s"
            sessions = site.stats()["sessions"]
            saved_anew(site, disk)
            assert site.honeyctl("maintenance", "on").returncode == site.honeyctl("maintenance", "off").returncode == 0
            assert site.stats()["sessions"] >= sessions > 0, "no session ends for it"
        years = {line[:4] for line in site.said().splitlines() if "maintenance" in line}
        assert len(years) >= 3, f"the clock that it reads was stepped: {years}"


def test_the_honeypot_is_gone(site: Site) -> None:
    site.honeypot.alive = False
    site.becomes("what is dark goes inside", site.lets_in)
    site.wait_to_say("honeypot pot is not up", site.said().count("honeypot pot is up"))
    site.traffic.pass_for(0.2)
    site.honeypot.alive = True
    site.becomes("it diverts again", site.diverts)


def test_the_honeypots_port_is_down(site: Site) -> None:
    site.box.there.ip("link", "set", "honeypot", "down")
    site.wait_to_say("port honeypot (dev:honeypot): its link is down")
    site.becomes("what is dark goes inside", site.lets_in)
    site.traffic.pass_for(0.2)
    site.box.there.ip("link", "set", "honeypot", "up")
    site.becomes("it diverts again", site.diverts)


@pytest.mark.parametrize("side", ["outside", "inside"])
def test_a_port_of_the_link_flaps(site: Site, side: str) -> None:
    """What is sent while it is down cannot come; all else does."""
    for _ in range(5):
        site.box.there.ip("link", "set", side, "down")
        time.sleep(0.05)
        site.box.there.ip("link", "set", side, "up")
        time.sleep(0.05)
    site.wait_to_say(f"port {side} (dev:{side}): its link")
    site.traffic.pass_for(0.3)
    site.becomes("it diverts", site.diverts)
    site.before, site.missing_before = site.losses(), site.traffic.missing()
    site.traffic.pass_for(0.3)


def test_a_reload_of_a_broken_file(site: Site) -> None:
    good = site.configuration.read_text()
    for broken in ("this is no TOML", good.replace("10.66.0.0/16", "10.66.0.1/16"), ""):
        site.configuration.write_text(broken)
        assert site.honeyctl("reload").returncode != 0
        site.process.send_signal(signal.SIGHUP)
        assert site.diverts()
    site.traffic.pass_for(0.2)
    site.configuration.unlink()
    assert site.honeyctl("reload").returncode != 0
    site.configuration.write_text(good)
    assert site.honeyctl("reload").returncode == 0
    site.wait_to_say("refused")


def test_a_flood_at_the_notice_port(site: Site) -> None:
    end = time.monotonic() + 2
    sent = 0
    with site.box.here.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        forger.connect(("127.0.0.1", 6466))
        while time.monotonic() < end:
            for _ in range(100):
                with contextlib.suppress(OSError):
                    forger.send(b"hswn\x01\x01\0\0" + os.urandom(16) + bytes(56))
                    sent += 1
    assert sent > 1000
    assert site.diverts()
    site.traffic.pass_for(0.2)
    assert site.counter("notices_refused_unknown_agent") > 0
    assert site.said().count("notices of agent") < 20, "and the log is not flooded"


def test_a_thousand_clients_at_the_operators_socket(site: Site) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))
    clients = []
    with contextlib.ExitStack() as stack:
        while len(clients) < 1000:
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            try:
                client.connect(str(site.configuration.with_suffix(".sock")))
            except BlockingIOError:
                time.sleep(0.001)  # those who wait to be let in are as many as may
                continue
            with contextlib.suppress(OSError):
                client.send(b'{"command":"sessions"}\n{"command":')
            clients.append(client)
        assert site.diverts()
        site.traffic.pass_for(0.2)
        assert site.stats()["uptime_ms"] > 0, "an operator is served all the same"


def test_a_large_list_that_changes_all_the_time(tmp_path: Path) -> None:
    listed = tmp_path / "attackers.list"

    def write(turn: int) -> None:
        fresh = listed.with_suffix(".new")
        fresh.write_text("".join(f"{100 + turn}.{number >> 8 & 255}.{number & 255}.1\n" for number in range(50_000)))
        fresh.rename(listed)

    write(0)
    record = f'\n[[list]]\nname = "attackers"\nkind = "attacker"\nfile = "{listed}"\n'
    with running(tmp_path, settings=record, timeouts='heartbeat_timeout = "300ms"') as site:
        for turn in range(1, 5):
            write(turn)
            site.traffic.pass_for(0.5)
            assert site.diverts()
        site.becomes("the latest is in force", lambda: "104.0.7.1" in site.honeyctl(
            "list", "show", "attackers").stdout)
