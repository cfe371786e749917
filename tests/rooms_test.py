"""Includes go where the picture in docs/architecture.md has an arrow, and nowhere else."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ("base", "dataplane", "control", "agent", "tools/honeyctl", "tools/honeyrecord")


def arrows():
    """Pairs of rooms, as the picture draws them."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    picture = re.search(r"```mermaid\n(.*?)```", text, re.S).group(1)
    return set(re.findall(r"^\s*(\S+) --> (\S+)\s*$", picture, re.M))


def described():
    return set(re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / "architecture.md").read_text(), re.M))


def files():
    for top in SOURCES:
        yield from (path for path in (ROOT / top).rglob("*") if path.suffix in (".hpp", ".cpp"))


def room_of(path):
    return str(pathlib.PurePosixPath(path).parent)


def includes():
    """(room, room that it includes, where) for each include that leaves its room."""
    for path in files():
        place = path.relative_to(ROOT)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'#include "([^"]+)"', line)
            if found and room_of(found.group(1)) != room_of(place):
                yield room_of(place), room_of(found.group(1)), f"{place}:{number}"


def reachable(edges, start):
    seen, waiting = set(), [start]
    while waiting:
        room = waiting.pop()
        following = {to for of, to in edges if of == room} - seen
        seen |= following
        waiting.extend(following)
    return seen


def test_every_room_is_in_the_picture_and_in_the_table():
    rooms = {room_of(path.relative_to(ROOT)) for path in files()}
    drawn = {room for arrow in arrows() for room in arrow}
    assert len(rooms) > 15
    assert drawn == rooms
    assert described() == rooms


def test_no_circle():
    edges = arrows()
    assert [room for room, _ in edges if room in reachable(edges, room)] == []


def test_includes_follow_the_arrows():
    edges = arrows()
    found = list(includes())
    assert len(found) > 100
    assert [f"{where} includes {to}" for room, to, where in found if to not in reachable(edges, room)] == []


def test_every_arrow_has_an_include_behind_it():
    real = {(room, to) for room, to, _ in includes()}
    assert arrows() - real == set()


def test_workers_send_and_free_in_one_place():
    """Whatever leaves a worker is counted as it leaves, so nothing else may send or free a packet."""
    ways_out = re.compile(r"rte_(?:pktmbuf_free|eth_tx_b|mempool_put|mbuf_raw_free)\w*")
    stages = sorted((ROOT / "dataplane" / "stages").glob("*.?pp"))
    assert [path.name for path in stages if ways_out.search(path.read_text())] == ["transmitter.cpp"]
