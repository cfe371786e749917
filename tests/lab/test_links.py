"""Several links through one switch: one set of tables decides for all of them, and each packet keeps to its link."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from laboratory.paths import default_build
from laboratory.wait import wait_for
from linked_box import CLIENT, DARK, LINKS, NEWCOMER, SERVER, LinkedBox
from userspace_bridge import UserspaceBridge

FIRST, SECOND = LINKS


@pytest.fixture(name="linked")
def linked_box(tmp_path: Path) -> Iterator[LinkedBox]:
    with LinkedBox(tmp_path) as box:
        yield box


@pytest.fixture(name="box")
def busy_box(linked: LinkedBox) -> LinkedBox:
    """With machines that serve pages, and the switch between them."""
    linked.give_addresses()
    linked.start()
    linked.serve_pages(linked.inside, "server")
    linked.serve_pages(linked.pot, "honeypot")
    return linked


def test_requests_by_one_link_and_answers_by_the_other(box: LinkedBox):
    """The path is asymmetric, as it is between two routers that choose for themselves."""
    box.leave_by(box.inside, SECOND)
    before = box.packets()
    assert box.who_serves(SERVER) == "server", box.told()
    grown = box.grown(before)
    assert grown["outside", FIRST] > 5 and grown["inside", SECOND] > 5, grown
    assert grown["outside", SECOND] + grown["inside", FIRST] == 0, grown


@pytest.mark.parametrize("link", LINKS)
def test_a_honeypot_answers_by_the_link_that_it_was_asked_by(box: LinkedBox, link: str):
    box.leave_by(box.outside, link)
    sent = {each: box.port("outside", each)["tx_packets"] for each in LINKS}
    assert box.who_serves(DARK) == "honeypot", box.told()
    grown = {each: box.port("outside", each)["tx_packets"] - sent[each] for each in LINKS}
    other = SECOND if link == FIRST else FIRST
    assert grown[link] > 5 and grown[other] == 0, grown


def test_a_session_whose_packets_come_by_turns_on_two_links_goes_on(box: LinkedBox):
    box.leave_by_turns(box.outside)
    before = box.packets()
    assert box.who_serves(DARK) == "honeypot", box.told()
    grown = box.grown(before)
    assert min(grown["outside", link] for link in LINKS) > 3, grown
    assert len([row for row in box.rows("sessions") if row["destination"] == DARK]) == 1, box.rows("sessions")


def test_what_a_host_sends_by_one_inside_makes_it_active_on_all_links(box: LinkedBox):
    assert box.who_serves(NEWCOMER) == "honeypot", box.told()
    box.inside.ip("address", "add", f"{NEWCOMER}/32", "dev", "lo")
    box.leave_by(box.inside, SECOND)
    box.inside.attempt("ping", "-c", "1", "-W", "1", "-I", NEWCOMER, CLIENT)
    assert NEWCOMER in [row["address"] for row in box.rows("active")], box.told()
    assert box.who_serves(NEWCOMER) == "server", "the host itself answers now, to what comes by the first link"


def test_a_flow_over_both_links_at_once(box: LinkedBox):
    box.leave_by_turns(box.outside)
    box.leave_by_turns(box.inside)
    box.started.append(subprocess.Popen(box.inside.command("iperf3", "--server", "--one-off"),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
    wait_for("iperf3 listens", lambda: ":5201 " in box.inside.run("ss", "-ltn"))
    before = box.packets()
    told = box.outside.attempt("iperf3", "--client", SERVER, "--bind", CLIENT, "--time", "3", "--json", timeout=60)
    assert json.loads(told.stdout)["end"]["sum_received"]["bytes"] > 500_000, told.stdout
    grown = box.grown(before)
    assert min(grown[side, link] for side in ("outside", "inside") for link in LINKS) > 100, grown


@pytest.mark.parametrize("side", ["outside", "inside"])
def test_a_link_goes_on_when_another_has_lost_a_port(box: LinkedBox, side: str):
    assert box.who_serves(SERVER) == "server"
    box.box.ip("link", "delete", f"{side}-{FIRST}")
    wait_for("it is said", lambda: f"nothing passes on link {FIRST}" in box.told(), 30, evidence=box.told)
    assert f"{SECOND} goes on" in box.told()
    for machine in (box.outside, box.inside):
        box.leave_by(machine, SECOND)
    assert box.who_serves(SERVER) == "server", box.told()
    assert box.who_serves(DARK) == "honeypot", box.told()
    wait_for("the port is down", lambda: not box.port(side, FIRST)["link_up"], evidence=box.told)
    assert box.port(side, SECOND)["link_up"]
    assert box.process.poll() is None, box.told()
    box.box.ip("link", "delete", f"{side}-{SECOND}")
    wait_for("it ends, as no link is whole", lambda: box.process.poll() is not None, 30, evidence=box.told)


def test_a_reload_says_that_links_wait_for_a_restart(box: LinkedBox):
    box.configuration(links=(FIRST,))
    answer = box.honeyctl("reload")
    assert answer.returncode != 0
    assert f"[[link]] '{SECOND}' cannot change while running" in answer.stderr, answer
    box.leave_by(box.outside, SECOND)
    assert box.who_serves(SERVER) == "server", "all goes on as it was"


def test_a_bond_with_lacp_over_both_links(linked: LinkedBox):
    """Each member of the bundle is a link: LACP passes on each, and what one member loses the other carries."""
    linked.start()
    with UserspaceBridge(linked.outside, linked.folder / "ovs-out", "192.0.2.101/24", LINKS) as left, \
            UserspaceBridge(linked.inside, linked.folder / "ovs-in", "192.0.2.102/24", LINKS) as right:
        for end in (left, right):
            wait_for("both members are in the bundle", lambda end=end: end.members() == dict.fromkeys(LINKS, True), 60,
                     evidence=lambda end=end: end.shown() + linked.told())
            assert end.shown().count("current attached") == len(LINKS), end.shown()
            assert "lacp_status: negotiated" in end.shown(), end.shown()

        def passes() -> bool:
            return linked.outside.attempt("ping", "-c", "1", "-W", "1", "192.0.2.102").returncode == 0

        wait_for("a ping passes", passes, 30, evidence=left.shown)
        linked.box.ip("link", "delete", f"inside-{FIRST}")
        for end in (left, right):
            wait_for("the bundle is one member less", lambda end=end: end.members() == {FIRST: False, SECOND: True}, 60,
                     evidence=lambda end=end: end.shown() + linked.told())
        wait_for("a ping passes", passes, 30, evidence=left.shown)


def test_a_link_whose_port_is_not_there_keeps_no_other_from_starting(linked: LinkedBox):
    """And its neighbour on the other side is told by its link, if that is wanted."""
    linked.box.ip("link", "set", "inside-west", "down")
    linked.box.ip("link", "set", "inside-west", "name", "elsewhere")
    linked.give_addresses()
    linked.start('link_state = "wire"\n')
    linked.serve_pages(linked.inside, "server")
    told = linked.told()
    assert "port dev:inside-west: there is no interface 'inside-west'" in told, told
    assert "the switch starts without this port, and nothing passes on link west" in told, told
    for machine in (linked.outside, linked.inside):
        linked.leave_by(machine, SECOND)
    assert linked.who_serves(SERVER) == "server", linked.told()
    wait_for("the other port of the link is down", lambda: not linked.port("outside", FIRST)["link_up"], timeout=20,
             evidence=linked.told)
    assert "port outside of link west (dev:outside-west) is taken down, as inside is given up" in linked.told()
    assert linked.port("outside", SECOND)["link_up"] and linked.port("inside", SECOND)["link_up"]


def test_a_start_without_one_whole_link_is_refused(linked: LinkedBox):
    for link in LINKS:
        linked.box.ip("link", "delete", f"inside-{link}")
    refused = subprocess.run(linked.box.command(str(default_build() / "control/honeyswitch"), "--config",
                                                str(linked.configuration())),
                             capture_output=True, text=True, check=False, timeout=60)  # fmt: skip
    assert refused.returncode == 1, refused.stderr
    for link in LINKS:
        assert f"cannot start: port dev:inside-{link}: there is no interface" in refused.stderr + refused.stdout
