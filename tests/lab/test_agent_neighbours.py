"""The agent beside real programs that claim addresses, share them, or answer for others."""

import contextlib
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import PREFIX
from laboratory.namespace import Namespace
from laboratory.wait import comes_true
from segment import Agent, Controller, Segment

pytestmark = pytest.mark.no_switch

ALWAYS_ASKING = ["--sweep-rate", "4000", "--sweep-interval", "1s", "--sweep-patience", "100ms", "--probe-count", "2",
                 "--probe-interval", "200ms", "--probe-hold", "1s"]
AT_EASE = ["--sweep-rate", "1000", "--sweep-interval", "2s", "--sweep-patience", "1s", "--probe-count", "2",
           "--probe-interval", "200ms", "--probe-hold", "1s"]
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


def keepalived(segment: Segment, folder: Path, vips: list[int]) -> list[str]:
    configuration = folder / "keepalived.conf"
    configuration.write_text(
        "vrrp_instance server {\n  state MASTER\n  interface h100\n  virtual_router_id 7\n  priority 200\n"
        "  advert_int 1\n  virtual_ipaddress {\n" + "".join(
            f"    {segment.address(vip)}/32 dev h100\n" for vip in vips) + "  }\n}\n")
    return in_private(segment, ["/run/keepalived"],
                      f"keepalived --dont-fork --log-console --vrrp --use-file {configuration}")


def test_a_server_keeps_its_address_and_thirty_virtual_ones(segment: Segment, tmp_path: Path) -> None:
    """keepalived announces its addresses once; the agent that starts later only hears it answer."""
    segment.agent.ip("addr", "add", f"{segment.address(250)}/24", "dev", "eth0")
    segment.add_hosts([1, 100])
    vips = list(range(101, 131))
    expected = {segment.address(host) for host in [1, 100, *vips, 250]}
    agent = Agent(segment.agent, tmp_path, *AT_EASE)
    with process(keepalived(segment, tmp_path, vips), tmp_path / "keepalived.log"):
        assert comes_true(lambda: with_address(segment) >= expected - {segment.address(250)}, timeout=30), (
            tmp_path / "keepalived.log").read_text()
        with Controller(segment.agent, f"a={agent.key}={segment.prefix}") as controller, agent:
            agent.wait_until_in_step()
            for _ in range(30):  # far beyond the time that an address without evidence is kept
                assert controller.active() == expected, agent.log.read_text()
                time.sleep(0.3)
            status = agent.status()["domains"][0]
            assert status["proxies"] == []
            assert [(many["addresses"], many["proxy"]) for many in status["many_addresses"]] == [(31, False)]
            assert "proxy.ignored" in agent.log.read_text()


@contextlib.contextmanager
def router(segment: Segment) -> Iterator[Namespace]:
    """A machine on the segment with Linux' own proxy ARP, and a second link that it routes to."""
    machine = Namespace(f"{PREFIX}ag-router")
    if machine.exists():
        machine.delete()
    machine.create()
    try:
        segment.bridge.ip("link", "add", "router", "type", "veth", "peer", "name", "eth0", "netns", machine.name)
        segment.bridge.ip("link", "set", "router", "master", "br0", "up")
        machine.ip("link", "set", "eth0", "up")
        machine.ip("link", "add", "away", "type", "veth", "peer", "name", "far")
        for link in ("away", "far"):
            machine.ip("link", "set", link, "up")
        for key in ("all.rp_filter", "eth0.rp_filter", "default.rp_filter"):
            machine.sysctl(f"net.ipv4.conf.{key}", 0)
        machine.sysctl("net.ipv4.ip_forward", 1)
        machine.sysctl("net.ipv4.conf.eth0.proxy_arp", 1)
        yield machine
    finally:
        machine.delete()


@pytest.mark.parametrize("routes", [["0/24"], ["0/25", "128/25", "default"]], ids=["whole", "halves"])
def test_linux_that_answers_for_the_whole_domain_makes_nobody_active(segment: Segment, tmp_path: Path,
                                                                    routes: list[str]) -> None:
    segment.agent.ip("addr", "add", f"{segment.address(250)}/24", "dev", "eth0")
    segment.add_hosts([1, 2])
    with router(segment) as machine:
        machine.ip("addr", "add", f"{segment.address(254)}/{'32' if len(routes) == 1 else '24'}", "dev", "eth0")
        for route in routes:
            machine.ip("route", "add", route if route == "default" else f"{segment.network}.{route}", "dev", "away")
        agent = Agent(segment.agent, tmp_path, *AT_EASE)
        with Controller(segment.agent, f"a={agent.key}={segment.prefix}") as controller, agent:
            agent.wait_until_in_step()
            expected = {segment.address(host) for host in (1, 2, 250)}
            assert comes_true(lambda: controller.active() - {segment.address(254)} == expected, timeout=40), (
                agent.log.read_text())
            status = agent.status()["domains"][0]
            assert len(status["proxies"]) == 1 and status["counters"]["proxied"] > 50
            assert "proxy ARP" in agent.log.read_text()


def test_linux_that_answers_for_a_part_keeps_it_active(segment: Segment, tmp_path: Path) -> None:
    """It may have servers behind it: nothing tells the agent which of the addresses are theirs."""
    segment.agent.ip("addr", "add", f"{segment.address(250)}/24", "dev", "eth0")
    segment.add_hosts([1])
    with router(segment) as machine:
        machine.ip("route", "add", f"{segment.network}.64/27", "dev", "away")
        agent = Agent(segment.agent, tmp_path, *AT_EASE)
        with Controller(segment.agent, f"a={agent.key}={segment.prefix}") as controller, agent:
            agent.wait_until_in_step()
            expected = {segment.address(host) for host in [1, 250, *range(64, 96)]}
            assert comes_true(lambda: controller.active() == expected, timeout=40), agent.log.read_text()
            time.sleep(5)
            assert controller.active() == expected
