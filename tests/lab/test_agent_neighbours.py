"""The agent beside real programs that claim addresses, share them, or answer for others."""

import contextlib
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import PREFIX
from laboratory.wait import comes_true
from segment import Agent, Segment

ALWAYS_ASKING = ["--rate", "4000", "--sweep-interval", "1s", "--sweep-patience", "100ms", "--probes", "2",
                 "--probe-interval", "200ms", "--hold", "1s"]
HOSTS = range(1, 21)


@pytest.fixture(name="segment")
def small_segment() -> Iterator[Segment]:
    with Segment(PREFIX) as segment:
        yield segment


@contextlib.contextmanager
def process(command: list[str], log: Path) -> Iterator[None]:
    with log.open("w") as output:
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        running.terminate()
        running.wait()


def add_links(segment: Segment) -> None:
    for host in HOSTS:
        segment.hosts.ip("link", "add", "link", "eth0", "name", f"h{host}", "address", f"02:77:00:00:00:{host:02x}",
                         "type", "macvlan", "mode", "bridge")


def in_private(segment: Segment, folders: list[str], command: str) -> list[str]:
    """`command` among the hosts, where nothing that it writes to `folders` outlives it or is another's."""
    mounts = "".join(f"mkdir -p {folder} && mount -t tmpfs none {folder} && " for folder in folders)
    return segment.hosts.command("sh", "-c", f"{mounts}exec {command}")


def dhcpcd(segment: Segment, folder: Path) -> list[str]:
    configuration = folder / "dhcpcd.conf"
    configuration.write_text("nodev\nnoipv6\nnoipv4ll\nscript /bin/true\n" + "".join(
        f"interface h{host}\nstatic ip_address={segment.address(host)}/24\n" for host in HOSTS))
    return in_private(segment, ["/run/dhcpcd", "/var/lib/dhcpcd"],
                      f"dhcpcd --nobackground --config {configuration} --allowinterfaces 'h*'")


def networkd(segment: Segment, folder: Path) -> list[str]:
    for host in HOSTS:
        (folder / f"h{host}.network").write_text(
            f"[Match]\nName=h{host}\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n[Address]\n"
            f"Address={segment.address(host)}/24\nDuplicateAddressDetection=ipv4\n")
    # It takes its links for ready without udev where /sys cannot be written to.
    return in_private(segment, ["/run/systemd", "/etc/systemd/network"],
                      f"sh -c 'cp {folder}/*.network /etc/systemd/network/ && mkdir -p /run/systemd/netif && "
                      "chmod 755 /etc/systemd/network /run/systemd && mount -o remount,bind,ro /sys && "
                      "exec /lib/systemd/systemd-networkd'")


def with_address(segment: Segment) -> set[str]:
    return {line.split()[3].split("/")[0] for line in segment.hosts.ip("-4", "-o", "addr").splitlines()
            if line.split()[1].startswith("h")}


@pytest.mark.parametrize("claiming", [dhcpcd, networkd], ids=lambda program: program.__name__)
@pytest.mark.parametrize("own", ["interface", "sender", "none"])
def test_every_host_gets_its_address(segment: Segment, tmp_path: Path, own: str,
                                     claiming: Callable[[Segment, Path], list[str]]) -> None:
    """The agent sweeps all the time while hosts come up that look for conflicts (RFC 5227)."""
    arguments = ["--prefix", segment.prefix, "--min-answers", "0", "--dry-run", *ALWAYS_ASKING]
    if own == "interface":
        segment.agent.ip("addr", "add", f"{segment.address(250)}/24", "dev", "eth0")
    if own == "sender":
        arguments += ["--sender", segment.address(250)]
    add_links(segment)
    agent = Agent(segment.agent, tmp_path, *arguments)
    expected = {segment.address(host) for host in HOSTS}
    with agent, process(claiming(segment, tmp_path), log := tmp_path / "hosts.log"):
        if own == "sender":
            assert comes_true(lambda: (agent.status() or {"domains": [{}]})["domains"][0].get("asks_as"), timeout=30)
        chance = random.Random(5)
        for host in HOSTS:
            segment.hosts.ip("link", "set", f"h{host}", "up")
            time.sleep(chance.uniform(0, 0.5))
        assert comes_true(lambda: with_address(segment) == expected, timeout=40), log.read_text() + agent.log.read_text()
        status = agent.status()["domains"][0]
        assert (status["counters"]["requests"] > 1000) == (own != "none")
        assert status["swept"] == (own != "none")
        time.sleep(12)  # the defence of RFC 5227 lasts ten seconds
        assert with_address(segment) == expected, log.read_text()
