"""Compares honeyswitch with dpdk-testpmd (the limit) and OVS-DPDK (the peer) on one forwarding core."""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from bench import admission, report, restart
from bench.cases import ACTIVE_ADDRESSES, GROUPS, SCALING, WIRE, all_cases
from bench.context import Bench, Hugepages
from bench.process import Failure
from bench.runner import PROGRAMS, run_rounds, say

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PROGRAMS = ("rxonly", "testpmd", "honeyswitch", "ovs")
BUILT = ("control/honeyswitch", "tests/bench/load/libbench_load.so")
# Of honeyswitch alone: what the others send where is proved by the rest.
QUICK_SWITCH_CASES = ("replies-200k-capped", "active-rules-1000-all", "active-listed-100k", "scan-handshake")
# Of OVS-DPDK only what is up within seconds.
QUICK_OVS_CASES = ("active-0", "outbound", "new-sessions")
QUICK_WIRE_CASES = ("wire-idle", "wire-1m", "wire-scan-rules-1000")
QUICK_CASES = ("input", "active-0", "active-imix", "outbound", "active-200k", "sessions-200k", "mixed-200k",
               "replies-200k", "new-sessions", "under-scan", *QUICK_SWITCH_CASES, *QUICK_WIRE_CASES)  # fmt: skip


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every verdict, no figures to rely on: one short round")
    parser.add_argument("--case", action="append", choices=[case.name for case in all_cases()], metavar="NAME",
                        help="only this case; may be given again; --list names them")  # fmt: skip
    parser.add_argument("--program", action="append", choices=list(PROGRAMS), help="only this one; may be given again")
    parser.add_argument("--rounds", type=int, metavar="N", help="default 5, with --quick 1")
    parser.add_argument("--seconds", type=float, metavar="S", help="measured for each case; default 3, with --quick 0.3")
    parser.add_argument("--seed", type=int, default=20151201, help="of addresses and flows; default %(default)s")
    parser.add_argument("--output", type=Path, default=ROOT / "build-bench/results", metavar="DIR",
                        help="for results.json, table.md, wire.md and the plots; default build-bench/results")  # fmt: skip
    parser.add_argument("--build", type=Path, default=ROOT / "build-bench", metavar="DIR",
                        help="meson build directory with -Dbench=true; made when missing")  # fmt: skip
    parser.add_argument("--no-install", action="store_true", help="do not call tools/install")
    parser.add_argument("--scaling", action="store_true",
                        help="only honeyswitch: sessions from 10,000 to 10 million, memory, and two workers")  # fmt: skip
    parser.add_argument("--profile", action="store_true",
                        help="also write where the forwarding thread's time goes (perf), which slows it a little")  # fmt: skip
    parser.add_argument("--admission", action="store_true",
                        help="only honeyswitch: entries over time in a scan, for each rule of admission")  # fmt: skip
    parser.add_argument("--wire", action="store_true",
                        help="how long legitimate packets take, and how many are lost, beside the other programs")  # fmt: skip
    parser.add_argument("--restart", action="store_true",
                        help="only honeyswitch: for how long nothing passes at a restart (20 rounds)")  # fmt: skip
    parser.add_argument("--list", action="store_true", help="name the cases and end")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (1 if options.quick else 20 if options.restart else 5)
    options.seconds = options.seconds or (0.3 if options.quick else 3.0)
    return options


def install():
    script = ROOT / "tools/install"
    if script.exists():
        subprocess.run([script, "--for", "bench"], check=True)


def build(directory):
    if not (directory / "build.ninja").exists():
        subprocess.run(["meson", "setup", directory, ROOT, "-Dbench=true", "-Dparts=switch", "-Dtests=false"],
                       check=True, stdout=sys.stderr)  # fmt: skip
    subprocess.run(["ninja", "-C", directory, *BUILT], check=True, stdout=sys.stderr)


def chosen_groups(options):
    groups = SCALING if options.scaling else WIRE if options.wire else GROUPS
    if options.case:
        names = options.case
    elif options.quick:
        names = QUICK_WIRE_CASES if options.wire else QUICK_CASES
    else:
        all_of_them = options.scaling or options.wire
        names = [case.name for group in groups if all_of_them or not group.optional for case in group.cases]
    chosen = [(group, [case for case in group.cases if case.name in names]) for group in groups]
    return [(group, cases) for group, cases in chosen if cases and enough_cpus(group)]


def enough_cpus(group):
    enough = os.cpu_count() > group.workers
    if not enough:
        say(f"left out: {', '.join(case.name for case in group.cases)} (needs {group.workers + 1} CPUs)")
    return enough


def chosen_programs(options):
    if options.program:
        return options.program
    return ["honeyswitch"] if options.scaling else list(DEFAULT_PROGRAMS)


def needed_mebibytes(groups):
    """Hugepages: 768 MiB for mbufs and small tables, and 200 bytes for each session there is room for."""
    return 768 + max(max(group.capacity, group.sessions * 9 // 8) for group, _ in groups) * 200 // 2**20


def measure(options, failures):
    groups = chosen_groups(options)
    programs = chosen_programs(options)
    leave_out = quick_leaves_out() if options.quick and not options.case else {}
    with prepared(options, needed_mebibytes(groups), failures) as bench:
        return list(run_rounds(bench, groups, programs, options.rounds, options.seconds, leave_out, failures))


def quick_leaves_out():
    return {"ovs": set(QUICK_CASES) - set(QUICK_OVS_CASES), "testpmd": set(QUICK_SWITCH_CASES)}


@contextmanager
def prepared(options, mebibytes, failures):
    options.output.mkdir(parents=True, exist_ok=True)
    profiles = options.output if options.profile else None
    bench = Bench(options.build.resolve(), options.seed, ACTIVE_ADDRESSES, profiles)
    complete = False
    try:
        with Hugepages(mebibytes):
            yield bench
        complete = not failures
    finally:
        bench.close(keep_logs=not complete)
        if not complete:
            say(f"logs are in {bench.directory}")


def compare_admissions(options, failures):
    """Returns how many runs there were."""
    groups = [(admission.group(mode), None) for mode in admission.MODES]
    with prepared(options, needed_mebibytes(groups), failures) as bench:
        curves = list(admission.run(bench))
        failures += [complaint for curve in curves for complaint in admission.complaints(curve)]
    admission.write_json(options.output / "admission.json", curves)
    print(admission.table(curves))
    from bench import plots

    plots.draw_admission(curves, options.output)
    say(f"admission.json, admission.svg and admission.png are in {options.output}")
    return len(curves)


def measure_restarts(options, _failures):
    """Returns how many runs there were."""
    options.output.mkdir(parents=True, exist_ok=True)
    with Hugepages(768):
        ways = restart.run(options.build.resolve(), options.rounds)
    restart.write(options.output / "restart.json", ways)
    table = restart.table(ways)
    (options.output / "restart.md").write_text(table + "\n")
    print(table)
    return sum(len(way.gaps_ms) for way in ways)


def present(options, results):
    settings = {"rounds": options.rounds, "seconds": options.seconds, "seed": options.seed}
    report.write_json(options.output / "results.json", results, settings)
    if not options.wire:
        table = report.table(results)
        (options.output / "table.md").write_text(table + "\n")
        print(table)
    if any(result["times"] for result in results):
        table = report.wire_table(results)
        (options.output / "wire.md").write_text(table + "\n")
        print(table)
    if options.scaling:
        print("\n" + report.scaling_table(results))
    if not (options.quick or options.wire):
        from bench import plots  # only here: matplotlib takes a second

        plots.draw(results, options.output)
    say(f"results.json and the tables{'' if options.quick or options.wire else ' and plots'} are in {options.output}")


def compare(options, failures):
    """Returns how many runs there were."""
    results = measure(options, failures)
    present(options, results)
    return len(results)


def stop_in_order(*_):
    raise KeyboardInterrupt


def main():
    options = parse(sys.argv[1:])
    if options.list:
        for case in all_cases():
            print(f"{case.name:24} {case.title}")
        return 0
    signal.signal(signal.SIGTERM, stop_in_order)
    try:
        if os.cpu_count() < 2:
            raise Failure("two CPUs are needed: one forwards, one is for control")
        if not options.no_install:
            install()
        build(options.build)
        failures = []
        work = compare_admissions if options.admission else measure_restarts if options.restart else compare
        runs = work(options, failures)
    except Failure as failure:
        print(f"tools/bench: {failure}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failure:
        print(f"tools/bench: {' '.join(map(str, failure.cmd))} ended with {failure.returncode}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("tools/bench: stopped", file=sys.stderr)
        return 130
    if failures:
        print(f"{len(failures)} of the runs FAILED:", *failures, sep="\n  ")
        return 1
    if not options.restart:
        print(f"every packet of {runs} runs left where it should")
    return 0
