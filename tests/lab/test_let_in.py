"""The first mistakes of an installation: an agent that the switch does not let in, and one that asks it at another
address than it would answer from. Both sides say in their logs what is wrong, and when it has ended."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import PATIENCE_S, Box
from laboratory import wiring
from laboratory.paths import default_build
from laboratory.wait import wait_for

AGENT = "agent/honeyswitch-agent"
ADDRESSES = ("192.0.2.1", "192.0.2.2")  # of the switch, for notices
DOMAIN = "10.66.1.0/24"


class Site:
    """A box that knows one agent, "east", and a cable of its own for notices."""

    def __init__(self, box: Box):
        self.box = box
        wiring.link(box.here, "notices", box.there, "notices")
        for address in ADDRESSES:
            box.here.ip("address", "add", f"{address}/24", "dev", "notices")
        box.there.ip("address", "add", "192.0.2.9/24", "dev", "notices")
        box.there.ip("address", "add", "10.66.1.9/24", "dev", "inside")
        self.configuration = box.configuration("switch")
        text = self.configuration.read_text().replace('listen_address = "127.0.0.1"', 'listen_address = "0.0.0.0"')
        self.configuration.write_text(text + f"""
[[agent]]
name = "east"
key_file = "{self.key("east")}"
grants = ["{DOMAIN}"]
""")

    def key(self, name: str) -> Path:
        path = self.box.folder / f"{name}.key"
        if not path.exists():
            subprocess.run([default_build() / AGENT, "keygen", path], check=True, capture_output=True)
        return path

    def agent(self, name: str, key: str, controller: str) -> Path:
        """Starts one; returns its log."""
        log = self.box.folder / f"{name}-{key}-{controller}.log"
        socket = log.with_suffix(".sock")
        with log.open("wb") as output:
            self.box.started.append(subprocess.Popen(
                self.box.there.command(str(default_build() / AGENT), "--name", name, "--key-file", str(self.key(key)),
                                       "--controller", controller, "--interface", "inside", "--prefix", DOMAIN,
                                       "--status-socket", str(socket)),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output))
        return log

    def stop_agent(self) -> None:
        self.box.started[-1].terminate()
        self.box.started[-1].wait(timeout=PATIENCE_S)

    def both_say(self, agent_log: Path, of_agent: str, of_switch: str) -> None:
        wait_for("the agent says what is wrong", lambda: of_agent in agent_log.read_text(), timeout=PATIENCE_S,
                 evidence=agent_log.read_text)
        wait_for("the switch says what is wrong", lambda: of_switch in self.box.log(self.configuration),
                 timeout=PATIENCE_S, evidence=lambda: self.box.log(self.configuration))


@pytest.fixture(name="site")
def running_site(tmp_path: Path) -> Iterator[Site]:
    with Box(tmp_path) as box:
        site = Site(box)
        box.forwarding(site.configuration)
        yield site


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_answer_comes_from_the_address_that_was_asked(site: Site, address: str) -> None:
    log = site.agent("east", "east", address)
    wait_for("the agent is let in", lambda: f"controller {address}: associated" in log.read_text(),
             timeout=PATIENCE_S, evidence=log.read_text)


def test_a_wrong_key_is_named_on_both_sides_until_it_is_right(site: Site) -> None:
    log = site.agent("east", "west", ADDRESSES[0])
    site.both_say(log, "does it know agent 'east' with this key?",
                  "notices of agent 'east' from 192.0.2.9")
    assert "not sealed with its key" in site.box.log(site.configuration)
    site.stop_agent()
    log = site.agent("east", "east", ADDRESSES[0])
    wait_for("the agent is let in", lambda: "associated" in log.read_text(), timeout=PATIENCE_S, evidence=log.read_text)
    wait_for("the switch says that it has ended",
             lambda: "of its notices were refused before" in site.box.log(site.configuration), timeout=PATIENCE_S,
             evidence=lambda: site.box.log(site.configuration))


def test_a_wrong_name_is_named_on_both_sides(site: Site) -> None:
    log = site.agent("est", "east", ADDRESSES[0])
    site.both_say(log, "does it know agent 'est' with this key?",
                  "no [[agent]] has the name that this agent gives itself")


def test_a_controller_that_is_not_there_is_named(site: Site) -> None:
    log = site.agent("east", "east", "192.0.2.77")
    wait_for("the agent says what is wrong",
             lambda: "controller 192.0.2.77 does not answer" in log.read_text(), timeout=PATIENCE_S,
             evidence=log.read_text)
