"""Two workers, where the card has a queue for each."""

from contextlib import ExitStack

from laboratory.conversation import Conversation
from laboratory.errors import LabError
from rack import traffic
from rack.machine import PORTS
from rack.nics import Heads, Nic
from rack.rack import Rack
from rack.report import Note, Report
from rack.switch import configuration
from rack.wires import DARK_ADDRESS, ECHO_PORT, HOST

WORKERS = 2
# Of each of two addresses. That all of them are for the same queue by chance happens never.
SESSIONS, BYTES = 16, 5_000
GREETINGS = {HOST: "campus: ", DARK_ADDRESS: "honeypot: "}
ONE_GETS_ALL = "cannot spread its traffic over the workers"
Moved = dict[str, list[tuple[int, int]]]


def both(rack: Rack, report: Report) -> None:
    name = f"two workers, {expected(rack.nic)}: sessions pass in both directions"
    if rack.nic.queues < WORKERS:
        report.left_out(name, f"{rack.nic.name} has {rack.nic.queues} queue here")
        return
    with report.check(name) as note:
        rack.switch.restart(configuration(workers=WORKERS))
        traffic.until_answered(rack.wires)
        warned = [line for line in rack.switch.log().splitlines() if ONE_GETS_ALL in line]
        heads = rack.nic.heads
        before = positions(rack, heads) if heads else {}
        note(talk(rack))
        if heads:
            judge(note, moved(before, positions(rack, heads), heads), warned, rack.nic.spreads)
        else:
            note(f"which worker had them cannot be seen: the model of {rack.nic.name} shows no position of its queues")
            note("\n".join(warned))
    rack.switch.restart(configuration())
    traffic.until_answered(rack.wires)


def expected(nic: Nic) -> str:
    if not nic.heads:
        return "of which cannot be seen who gets what"
    return "of which both get packets" if nic.spreads else "of which the first gets all, and the log says so"


def talk(rack: Rack) -> str:
    """All sessions are open at the same time; each echoes byte for byte."""
    with ExitStack() as stack:
        for address, greeting in GREETINGS.items():
            for _ in range(SESSIONS):
                session = stack.enter_context(Conversation(rack.wires.attacker, address, ECHO_PORT, timeout=60))
                assert session.greeting.startswith(greeting), f"{address} greets: {session.greeting}"
                if not session.echoes(BYTES):
                    raise LabError(f"the session of {session.local} with {address} is broken: {rack.switch.ports()}")
    return f"{SESSIONS} sessions each with {HOST} and with the honeypot as {DARK_ADDRESS} echoed byte for byte"


def positions(rack: Rack, heads: Heads) -> Moved:
    """How far the card is in each receive and transmit ring, read from its registers as the driver would."""
    def of(side: str) -> list[tuple[int, int]]:
        base = rack.guest.does(f"cut -d' ' -f1 /sys/bus/pci/devices/{PORTS[side]}/resource | head -1")
        address = int(base, 16)
        return [(rack.machine.monitor.word_at(address + heads.receive + heads.stride * queue),
                 rack.machine.monitor.word_at(address + heads.transmit + heads.stride * queue))
                for queue in range(WORKERS)]  # fmt: skip
    return {side: of(side) for side in PORTS}


def moved(before: Moved, after: Moved, heads: Heads) -> Moved:
    return {side: [((now[0] - then[0]) % heads.ring, (now[1] - then[1]) % heads.ring)
                   for then, now in zip(before[side], after[side])] for side in before}  # fmt: skip


def judge(note: Note, seen: Moved, warned: list[str], spreads: bool) -> None:
    for side, queues in seen.items():
        note(f"{side}: " + ", ".join(f"worker {worker} received {received} and sent {sent}"
                                     for worker, (received, sent) in enumerate(queues, 1)))  # fmt: skip
    if spreads:
        assert not warned, warned
        assert all(received and sent for queues in seen.values() for received, sent in queues), "a queue got nothing"
        return
    note(f"{warned[0]}" if warned else "")
    assert len(warned) == len(seen), f"the log says of {len(warned)} ports that they cannot spread"
    assert all(queues[0][0] and not queues[1][0] for queues in seen.values()), "worker 2 received something"
