"""The agent on a broadcast domain with real hosts and a controller without a switch."""

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import PREFIX
from laboratory.frames import Tap
from laboratory.namespace import run
from laboratory.wait import comes_true, wait_for
from scapy.layers.l2 import ARP, Dot1Q, Ether
from segment import CONTROLLER_PORT, LOCALHOST, RELAY_PORT, Agent, Controller, Relay, Segment, Weather

pytestmark = pytest.mark.no_switch

BROADCAST = "ff:ff:ff:ff:ff:ff"
TIMES = ["--sweep-interval", "1s", "--sweep-patience", "300ms", "--probe-count", "2",
         "--probe-interval", "200ms", "--probe-hold", "1s"]
QUICK = ["--sweep-rate", "4000", *TIMES]
UNHURRIED = ["--sweep-rate", "500", *TIMES]  # where answers come from Python


@pytest.fixture(name="segment")
def small_segment() -> Iterator[Segment]:
    with Segment(PREFIX) as segment:
        segment.agent.ip("addr", "add", f"{segment.address(250)}/24", "dev", "eth0")
        yield segment


@contextlib.contextmanager
def agent_and_controller(segment: Segment, folder: Path, *arguments: str, port: int = CONTROLLER_PORT,
                         grant: str | None = None) -> Iterator[tuple[Agent, Controller]]:
    agent = Agent(segment.agent, folder, *arguments, port=port)
    with Controller(segment.agent, f"a={agent.key}={grant or segment.prefix}") as controller, agent:
        yield agent, controller


def addresses(segment: Segment, hosts) -> set[str]:
    return {segment.address(host) for host in hosts}


def announce(segment: Segment, host: int, mac: str | None = None) -> Ether:
    mac = mac or f"02:77:00:00:{host >> 8:02x}:{host & 255:02x}"
    address = segment.address(host)
    return Ether(src=mac, dst=BROADCAST) / ARP(op=1, hwsrc=mac, psrc=address, pdst=address)


@pytest.fixture(name="large")
def large_segment() -> Iterator[Segment]:
    with Segment(PREFIX, "10.88", 16) as segment:
        yield segment


def test_500_hosts_are_found_by_a_sweep_alone_of_a_whole_16(large: Segment, tmp_path: Path) -> None:
    """The hosts are silent, the agent's interface has no address; it sweeps 65,534 addresses."""
    hosts = random.Random(1).sample(range(1, 65500), 500)
    large.add_many_hosts(hosts, machines=20)
    with agent_and_controller(large, tmp_path, "--prefix", large.prefix, "--sweep-rate", "4000", "--sweep-retries", "2",
                              "--sender", large.address(65500), "--sweep-interval", "10m", "--proxy-limit", "32") as (agent, controller):
        agent.wait_until_in_step(timeout=150)
        assert controller.active() == addresses(large, [*hosts, 65500])
        domain = agent.status()["domains"][0]
        print(f"a /16 was swept in {domain['last_sweep_us'] / 1e6:.1f} s with {domain['counters']['requests']} requests")
        assert agent.status()["interfaces"][0]["lost"] == 0


def test_500_hosts_with_as_many_mac_addresses_are_found_by_a_sweep(tmp_path: Path) -> None:
    with Segment(PREFIX, "10.89", 22) as segment:
        hosts = random.Random(3).sample(range(1, 1000), 500)
        segment.add_hosts(hosts)
        with agent_and_controller(segment, tmp_path, "--prefix", segment.prefix, "--sender", segment.address(1000),
                                  *UNHURRIED) as (agent, controller):
            agent.wait_until_in_step()
            assert controller.active() == addresses(segment, [*hosts, 1000])


def test_500_hosts_are_found_by_watching_alone(large: Segment, tmp_path: Path) -> None:
    """The agent has no address to ask with, so that it only listens; each host says one word."""
    hosts = random.Random(2).sample(range(1, 65535), 500)
    with agent_and_controller(large, tmp_path, "--prefix", large.prefix) as (agent, controller):
        wait_for("the association", lambda: agent.status() and agent.status()["controllers"][0]["associated"])
        with Tap(large.hosts, "eth0") as tap:
            tap.send(*(announce(large, host) for host in hosts))
        assert comes_true(lambda: controller.active(declared=False) == addresses(large, hosts))
        assert controller.active() == set(), "not swept: not declared"


def test_a_first_arp_is_acknowledged_at_once(segment: Segment, tmp_path: Path) -> None:
    """200 hosts come up one after another; the distribution is printed, not judged: the machine may be busy."""
    segment.add_hosts([1])
    with agent_and_controller(segment, tmp_path, "--sweep-interval", "10m") as (agent, controller):
        agent.wait_until_in_step()
        before = agent.status()["controllers"][0]["latency"]["count"]
        with Tap(segment.hosts, "eth0") as tap:
            for host in range(2, 202):
                tap.send(announce(segment, host))
                time.sleep(0.005)
        assert comes_true(lambda: len(controller.active()) == 202)
        assert comes_true(lambda: agent.status()["controllers"][0]["latency"]["count"] == before + 200)
        print("first ARP to acknowledgement:", agent.status()["controllers"][0]["latency"])


def test_the_full_state_of_a_whole_16_arrives(large: Segment, tmp_path: Path) -> None:
    """All of its 65,536 addresses are vouched for by a static list. The time is printed, not judged."""
    (tmp_path / "all.list").write_text(f"{large.prefix}\n")
    (tmp_path / "agent.toml").write_text('static_list = ["all.list"]\n')
    with agent_and_controller(large, tmp_path, "--config", str(tmp_path / "agent.toml"), "--prefix", large.prefix,
                              "--min-answers", "0", "--sender", large.address(65500), "--sweep-rate", "50000",
                              "--sweep-retries", "0") as (agent, controller):
        agent.wait_until_in_step()
        assert len(controller.active()) == 65536
        controller.kill()
        controller.start()
        start = time.monotonic()
        wait_for("the new association", lambda: agent.status()["controllers"][0]["associations"] == 2, interval=0.005)
        associated = time.monotonic()
        wait_for("step", agent.in_step, interval=0.005)
        print(f"a new controller had an association after {associated - start:.3f} s and the state of a full /16 "
              f"{time.monotonic() - associated:.3f} s later")
        assert len(controller.active()) == 65536


def test_two_controllers_are_told_the_same(segment: Segment, tmp_path: Path) -> None:
    """One of them is only there from time to time."""
    segment.add_hosts([1, 2])
    second = Controller(segment.agent, f"a={tmp_path / 'agent.key'}={segment.prefix}", port=CONTROLLER_PORT + 7)
    with agent_and_controller(segment, tmp_path, "--controller", f"{LOCALHOST}:{CONTROLLER_PORT + 7}", *QUICK) as (
            _, controller):
        expected = addresses(segment, [1, 2, 250])
        assert comes_true(lambda: controller.active() == expected)
        with second:
            assert comes_true(lambda: second.active() == expected)
        segment.add_hosts([3])
        assert comes_true(lambda: controller.active() == expected | addresses(segment, [3]))
        with second:
            assert comes_true(lambda: second.active() == expected | addresses(segment, [3]))


def test_two_agents_watch_one_domain(segment: Segment, tmp_path: Path) -> None:
    """Each asks in the name of an address that was set aside for it, and takes the other for a host."""
    segment.add_hosts([1, 2])
    segment.agent.ip("addr", "flush", "dev", "eth0")
    segment.hosts.ip("link", "set", "eth0", "up")
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    one = Agent(segment.agent, first, "--prefix", segment.prefix, "--sender", segment.address(240), *QUICK)
    other = Agent(segment.hosts, second, "--prefix", segment.prefix, "--sender", segment.address(241), "--dry-run",
                  *QUICK)
    expected = addresses(segment, [1, 2, 240, 241])
    with Controller(segment.agent, f"a={one.key}={segment.prefix}") as controller, one, other:
        one.wait_until_in_step()
        assert comes_true(lambda: controller.active() == expected, timeout=30)
        time.sleep(3)
        assert controller.active() == expected
        assert other.status()["domains"][0]["counters"]["requests"] > 0


def test_hosts_come_go_and_return(segment: Segment, tmp_path: Path) -> None:
    segment.add_hosts([1, 2, 3])
    own = {segment.address(250)}
    with agent_and_controller(segment, tmp_path, *QUICK) as (agent, controller):
        agent.wait_until_in_step()
        assert controller.active() == addresses(segment, [1, 2, 3]) | own
        segment.remove_hosts([3])
        assert comes_true(lambda: controller.active() == addresses(segment, [1, 2]) | own, timeout=30)
        segment.add_hosts([3, 4])
        assert comes_true(lambda: controller.active() == addresses(segment, [1, 2, 3, 4]) | own)


def test_an_interface_that_goes_down_withdraws_its_domain(segment: Segment, tmp_path: Path) -> None:
    segment.add_hosts([1, 2])
    with agent_and_controller(segment, tmp_path, *QUICK) as (agent, controller):
        agent.wait_until_in_step()
        segment.agent.ip("link", "set", "eth0", "down")
        assert comes_true(lambda: controller.active() == set())
        segment.agent.ip("link", "set", "eth0", "up")
        assert comes_true(lambda: controller.active() == addresses(segment, [1, 2, 250]), timeout=30)


class Answerer:
    """Answers ARP requests in the name of one MAC address: a router with proxy ARP, or a host of a VLAN."""

    def __init__(self, segment: Segment, mac: str, answered: Callable[[str], bool], vlan: int | None = None):
        self.tap, self.mac, self.answered, self.vlan = Tap(segment.hosts, "eth0"), mac, answered, vlan
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Answerer":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()
        self.tap.socket.close()

    def _run(self) -> None:
        while not self.stop.is_set():
            if received := self.tap.receive(0.1):
                self._answer(Ether(received[1]))

    def _answer(self, frame: Ether) -> None:
        vlan = frame[Dot1Q].vlan if Dot1Q in frame else None
        if ARP in frame and frame[ARP].op == 1 and vlan == self.vlan and self.answered(frame[ARP].pdst):
            asked = frame[ARP]
            ethernet = Ether(src=self.mac, dst=frame.src)
            self.tap.send((ethernet / Dot1Q(vlan=vlan) if vlan else ethernet) / ARP(
                op=2, hwsrc=self.mac, psrc=asked.pdst, hwdst=asked.hwsrc, pdst=asked.psrc))


def test_a_vlan_of_a_trunk_is_a_domain(segment: Segment, tmp_path: Path) -> None:
    """The agent asks there as an address that was set aside for it; the untagged host is none of the VLAN's."""
    segment.add_hosts([9])
    host = Answerer(segment, "02:00:00:00:00:05", lambda address: address == segment.address(5), vlan=20)
    with host, agent_and_controller(segment, tmp_path, "--vlan", "20", "--prefix", segment.prefix, "--sender",
                                    segment.address(240), *UNHURRIED) as (agent, controller):
        agent.wait_until_in_step()
        assert controller.active() == addresses(segment, [5, 240])
        with Tap(segment.hosts, "eth0") as tap:
            frame = announce(segment, 6)
            tap.send(Ether(src=frame.src, dst=BROADCAST) / Dot1Q(vlan=20) / frame[ARP])
            tap.send(Ether(src=frame.src, dst=BROADCAST) / Dot1Q(vlan=21) / announce(segment, 7)[ARP])
        assert comes_true(lambda: controller.active() == addresses(segment, [5, 6, 240]))


def test_proxy_arp_makes_no_address_active(segment: Segment, tmp_path: Path) -> None:
    segment.add_hosts([1, 2])
    router = Answerer(segment, "02:00:00:00:00:ee", lambda address: True)
    with router, agent_and_controller(segment, tmp_path, *UNHURRIED) as (agent, controller):
        agent.wait_until_in_step()
        assert comes_true(lambda: controller.active() == addresses(segment, [1, 2, 250]), timeout=30)
        assert agent.status()["domains"][0]["proxies"] == [router.mac]


@pytest.mark.parametrize("weather", [Weather(loss=0.3), Weather(duplication=0.5, delay=0.05),
                                     Weather(corruption=0.3, loss=0.1, delay=0.02),
                                     Weather(loss=0.3, duplication=0.3, corruption=0.1, delay=0.1)], ids=str)
def test_states_agree_after_any_weather(segment: Segment, tmp_path: Path, weather: Weather) -> None:
    hosts = set(range(1, 41))
    segment.add_hosts(sorted(hosts))
    chance = random.Random(3)
    with Relay(segment.agent, weather), agent_and_controller(segment, tmp_path, *QUICK, port=RELAY_PORT) as (
            agent, controller):
        agent.wait_until_in_step()
        for _ in range(6):
            gone = set(chance.sample(sorted(hosts), 3))
            segment.remove_hosts(sorted(gone))
            hosts -= gone
            new = set(chance.sample(range(41, 240), 3)) - hosts
            segment.add_hosts(sorted(new))
            hosts |= new
            time.sleep(0.5)
        assert comes_true(lambda: controller.active() == addresses(segment, hosts | {250}), timeout=60)


def test_replayed_forged_and_truncated_datagrams_change_nothing(segment: Segment, tmp_path: Path) -> None:
    segment.add_hosts([1, 2])
    with Relay(segment.agent, Weather()) as relay, agent_and_controller(
            segment, tmp_path, *QUICK, port=RELAY_PORT) as (agent, controller):
        agent.wait_until_in_step()
        segment.remove_hosts([2])
        expected = addresses(segment, [1, 250])
        assert comes_true(lambda: controller.active() == expected, timeout=30)
        agent.kill()
        before = controller.ask()
        attacker = segment.agent.socket(socket.AF_INET, socket.SOCK_DGRAM)
        captured = list(relay.from_agent)
        for datagram in captured:
            attacker.sendto(datagram, (LOCALHOST, CONTROLLER_PORT))
            attacker.sendto(datagram[:-1], (LOCALHOST, CONTROLLER_PORT))
            attacker.sendto(datagram[:-1] + bytes([datagram[-1] ^ 1]), (LOCALHOST, CONTROLLER_PORT))
        attacker.sendto(b"x" * 2000, (LOCALHOST, CONTROLLER_PORT))
        after = wait_for("the refusals", lambda: (state := controller.ask())["counters"][
            "notices_refused_malformed"] > 0 and state)
        attacker.close()
        assert after["domains"] == before["domains"]
        assert after["counters"]["notices_accepted"] == before["counters"]["notices_accepted"]
        assert after["counters"]["notice_associations"] == 1
        assert after["counters"]["notices_refused_replayed"] > 0
        assert after["counters"]["notices_refused_forged"] > 0


def test_a_domain_outside_the_grant_is_refused(segment: Segment, tmp_path: Path) -> None:
    segment.add_hosts([1])
    with agent_and_controller(segment, tmp_path, *QUICK, grant="10.78.0.0/16") as (agent, controller):
        assert comes_true(lambda: controller.refused("out_of_grant") > 0)
        assert controller.ask()["domains"] == []
        assert agent.status()["controllers"][0]["domains"] == {segment.prefix: "not granted"}


def test_states_agree_after_either_end_was_killed_50_times(segment: Segment, tmp_path: Path) -> None:
    hosts = list(range(1, 31))
    segment.add_hosts(hosts)
    chance = random.Random(4)
    with agent_and_controller(segment, tmp_path, *QUICK) as (agent, controller):
        for _ in range(50):
            victim = chance.choice((agent, controller))
            victim.kill()
            time.sleep(chance.uniform(0, 0.1))
            victim.start()
            time.sleep(chance.uniform(0, 0.6))
        assert comes_true(lambda: controller.active() == addresses(segment, [*hosts, 250]), timeout=60)
        assert comes_true(agent.in_step)


def test_a_controllers_name_is_looked_up_until_it_is_known_and_again_when_it_moves(segment: Segment,
                                                                                   tmp_path: Path) -> None:
    """As at boot, when there is no name service yet; later the controller gets another address."""
    segment.add_hosts([1])
    folder = Path("/etc/netns") / segment.agent.name  # `ip netns exec` puts its files over those of /etc
    folder.mkdir(parents=True)
    hosts = folder / "hosts"
    try:
        hosts.write_text("127.0.0.1 localhost\n")
        (folder / "resolv.conf").write_text(f"nameserver {segment.address(99)}\noptions timeout:1 attempts:1\n")
        agent = Agent(segment.agent, tmp_path, "--controller", "switch.test", *QUICK)
        names = [index for index, word in enumerate(agent.command) if word == "--controller"]
        del agent.command[names[0]:names[0] + 2]
        with Controller(segment.agent, f"a={agent.key}={segment.prefix}") as controller, agent:
            wait_for("the warning", lambda: "the agent tries again" in agent.log.read_text())
            assert agent.process.poll() is None
            hosts.write_text(f"{segment.address(98)} switch.test\n")
            wait_for("the first address", lambda: f"reports go to {segment.address(98)}" in agent.log.read_text(),
                     timeout=60, evidence=agent.log.read_text)
            hosts.write_text(f"{LOCALHOST} switch.test\n")
            agent.wait_until_in_step()
            assert controller.active() == addresses(segment, [1, 250])
            assert agent.status()["interfaces"][0]["lost"] == 0
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def test_dry_run_says_what_would_be_reported(segment: Segment, tmp_path: Path) -> None:
    segment.add_hosts([1])
    command = segment.agent.command(Agent(segment.agent, tmp_path).program, "--interface", "eth0", "--dry-run", *QUICK)
    result = run("timeout", "--preserve-status", "4", *command)
    assert f"{segment.address(1)} is active" in result
    assert "declared: swept, 2 active" in result
