"""What the rounds showed: medians, spread, ratios, in a table and as JSON."""

import json
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

from bench.cases import WIRE, all_cases

NAMES = {"rxonly": "input", "testpmd": "testpmd", "honeyswitch": "honeyswitch", "ovs": "OVS-DPDK",
         "ovs-untuned": "OVS-DPDK untuned"}  # fmt: skip
LIMIT, PEER = "testpmd", "ovs"


class Summary:
    """All results of one case and one program."""

    def __init__(self, results):
        self.results = results
        self.rates = [result["packets_per_second"] for result in results]
        self.rate = median(self.rates)
        self.low, self.high = min(self.rates), max(self.rates)

    def _median(self, values):
        values = [value for value in values if value is not None]
        return median(values) if values else None

    @property
    def sessions_per_second(self):
        return self._median([result["sessions_per_second"] for result in self.results])

    def lost(self, kind):
        """Share that came and did not arrive: refused by the full ring of a NIC, or dropped."""
        missed = self._median([result["missed_share"].get(kind) for result in self.results])
        dropped = max(result["lost_share"].get(kind, 0.0) for result in self.results)
        return dropped if missed is None else missed + (1 - missed) * dropped

    def missed_in_stalls(self, kind):
        return self._median([result["missed_in_stalls_share"].get(kind) for result in self.results])

    def by_class(self, kind):
        return self._median([result["by_class"].get(kind) for result in self.results])

    def times(self):
        """In microseconds: of half, 99 % and 99.9 % of the packets, and the longest."""
        rounds = [result["times"] for result in self.results if result.get("times")]
        if not rounds:
            return ["–"] * 4
        shares = [median(times[share] for times in rounds) for share in ("p50", "p99", "p99.9")]
        return [f"{value / 1000:.2f}" for value in (*shares, max(times["max"] for times in rounds))]

    @property
    def timed_packets(self):
        return sum(result["times"]["packets"] for result in self.results if result.get("times"))

    @property
    def waited_share(self):
        return median(result["waited_share"] for result in self.results)


def summaries(results):
    cells = {}
    for result in results:
        cells.setdefault((result["case"], result["key"]), []).append(result)
    return {cell: Summary(list_of_results) for cell, list_of_results in cells.items()}


def _ratio(cells, case, key, other):
    """Of packets, or, where both make sessions, of new sessions."""
    mine, its = cells.get((case, key)), cells.get((case, other))
    if mine is None or its is None:
        return None
    if mine.sessions_per_second and its.sessions_per_second:
        return mine.sessions_per_second / its.sessions_per_second
    return mine.rate / its.rate if its.rate else None


def _text(value, form):
    return "" if value is None else format(value, form)


def _own_nanoseconds(cells, case, key):
    """Time for a packet beyond what making and counting it takes, which is the same for all programs."""
    given = cells.get(("input", "rxonly"))
    if given is None or key == "rxonly" or case.stream.rate:
        return None
    return 1e9 / cells[case.name, key].rate - 1e9 / given.rate


def _row(cells, case, key):
    cell = cells[case.name, key]
    kinds = [flows.traffic for flows in case.stream.flows]
    reference = cells.get((case.reference, key))
    vouched = "active" if "active" in kinds else kinds[0]
    own = cell.by_class("active") if "active" in kinds and len(kinds) > 1 else None
    return [
        case.name, NAMES[key], f"{cell.rate / 1e6:.2f}", f"{cell.low / 1e6:.2f}–{cell.high / 1e6:.2f}",
        _text(_own_nanoseconds(cells, case, key), ".1f"),
        _text(_ratio(cells, case.name, key, LIMIT) if key != LIMIT else None, ".2f"),
        _text(_ratio(cells, case.name, key, PEER) if key == "honeyswitch" else None, ".1f"),
        _text(cell.rate / reference.rate if reference and not case.stream.rate else None, ".2f"),
        _text(own and own / 1e6, ".2f"),
        _text(cell.sessions_per_second and cell.sessions_per_second / 1e6, ".3f"),
        f"{cell.lost(vouched):.2%}",
        _text(cell.missed_in_stalls(vouched) if case.stream.rate else None, ".2%"), f"{cell.waited_share:.0%}",
    ]  # fmt: skip


HEAD = ["case", "program", "Mpps", "spread", "own ns", "/testpmd", "/OVS", "/none", "active Mpps", "M sessions/s", "lost",
        "in stalls", "CPU taken"]  # fmt: skip


def table(results):
    """As Markdown. `own ns`: for each packet, beyond the input. `/none`: against the same program's `active-0`. `lost`: of the active traffic where there is any,
    else of all; `in stalls`: as `lost`, but only what the ring of a paced case missed at a poll
    before which there had been none for half of the ring's time.
    `CPU taken`: share of the time that other processes had the forwarding CPU; rates leave it out."""
    cells = summaries(results)
    rows = [_row(cells, case, key) for case in all_cases() for key in NAMES if (case.name, key) in cells]
    return markdown(HEAD, rows)


WIRE_HEAD = ["load", "program", "p50 µs", "p99 µs", "p99.9 µs", "max µs", "lost", "in stalls", "CPU taken",
             "packets"]  # fmt: skip


def wire_table(results):
    """How long legitimate packets take, as Markdown: medians of the rounds; of the longest time, the longest of all."""
    cells = summaries(results)
    rows = []
    for cases in zip(*(group.cases for group in WIRE)):  # the same load, with few rules and with many
        for group, case in zip(WIRE, cases):
            rows += [_wire_row(cells[case.name, key], cases[0].title, key, group.setup.rules) for key in ("testpmd", "ovs", "honeyswitch")
                     if (case.name, key) in cells]  # fmt: skip
    return markdown(WIRE_HEAD, rows)


def _wire_row(cell, title, key, rules):
    program = f"honeyswitch, {rules:,} rule{'s' if rules > 1 else ''}" if key == "honeyswitch" else NAMES[key]
    return [title.removeprefix("times at "), program, *cell.times(), f"{cell.lost('active'):.4%}", _text(cell.missed_in_stalls("active"), ".4%"),
            f"{cell.waited_share:.1%}", f"{cell.timed_packets:,}"]  # fmt: skip


def markdown(head, rows):
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(row):
        left = [text.ljust(width) for text, width in zip(row[:2], widths)]
        return "| " + " | ".join(left + [text.rjust(width) for text, width in zip(row[2:], widths[2:])]) + " |"

    return "\n".join([line(head), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)])


def scaling_table(results):
    """Memory is all the process has, hugepages included; each session's share is what a table needs more than the
    smallest one, for each session more that it has room for."""
    sizes = {}
    for result in results:
        if result["key"] == "honeyswitch" and result["session_capacity"] and result["case"].startswith("sessions-"):
            sizes.setdefault(result["session_capacity"], []).append(result)
    smallest = min(sizes, default=0)
    rows = []
    for capacity in sorted(sizes):
        rate = median(result["packets_per_second"] for result in sizes[capacity])
        memory = [median(result["resident_bytes"] for result in sizes[size]) for size in (capacity, smallest)]
        each = (memory[0] - memory[1]) / (capacity - smallest) if capacity > smallest else None
        rows.append([sizes[capacity][0]["case"], f"{capacity:,}", f"{rate / 1e6:.2f}", f"{memory[0] / 2**20:,.0f}",
                     _text(each, ".0f")])  # fmt: skip
    return markdown(["case", "capacity", "Mpps", "MiB of the process", "bytes per session"], rows)


def machine():
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown")  # fmt: skip
    def version(package):
        result = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
        return result.stdout or None

    return {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"), "cpu": cpu, "kernel": platform.release(),
        "packages": {package: version(package) for package in ("dpdk", "openvswitch-switch-dpdk")},
    }  # fmt: skip


def write_json(path: Path, results, settings):
    path.write_text(json.dumps({"settings": settings, "machine": machine(), "results": results}, indent=1) + "\n")
