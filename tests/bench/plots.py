"""The table as pictures."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from bench.admission import CAPACITY, IDLE_TIMEOUT, RATE, SCAN_SECONDS  # noqa: E402
from bench.cases import all_cases  # noqa: E402
from bench.report import NAMES, summaries  # noqa: E402

COLOURS = {"rxonly": "#bbbbbb", "testpmd": "#888888", "honeyswitch": "#d18f00", "ovs": "#2f6fa7",
           "ovs-untuned": "#93b9d9"}  # fmt: skip


def _save(figure, directory: Path, name):
    figure.tight_layout()
    for ending in ("svg", "png"):
        figure.savefig(directory / f"{name}.{ending}", dpi=150)
    plt.close(figure)


def _bars(cells, cases, value, label, title, directory, name, log=False):
    cases = [case for case in cases if any((case.name, key) in cells for key in NAMES)]
    keys = [key for key in NAMES if any((case.name, key) in cells for case in cases)]
    if not cases:
        return
    figure, axes = plt.subplots(figsize=(2 + 1.2 * len(cases), 4.5))
    width = 0.8 / len(keys)
    for number, key in enumerate(keys):
        shown = [(place, cells[case.name, key]) for place, case in enumerate(cases) if (case.name, key) in cells]
        shown = [(place, cell) for place, cell in shown if value(cell) is not None]
        at = [place + (number - (len(keys) - 1) / 2) * width for place, _ in shown]
        heights = [value(cell) for _, cell in shown]
        bars = axes.bar(at, heights, width, label=NAMES[key], color=COLOURS[key])
        axes.bar_label(bars, [f"{height:.3g}" for height in heights], fontsize=7)
    axes.set_xticks(range(len(cases)), [case.name for case in cases], rotation=30, ha="right")
    axes.set_ylabel(label)
    axes.set_title(title)
    if log:
        axes.set_yscale("log")
    axes.legend(fontsize=8)
    _save(figure, directory, name)


def draw(results, directory: Path):
    cells = summaries(results)
    cases = all_cases()
    steady = [case for case in cases if not case.creates_sessions and not case.stream.rate]
    _bars(cells, steady, lambda cell: cell.rate / 1e6, "million packets per second", "One forwarding core",
          directory, "rates")  # fmt: skip
    scanned = [case for case in cases if case.name in ("active-0", "under-scan", "paced", "paced-scan")]
    _bars(cells, scanned, lambda cell: (cell.by_class("active") or 0) / 1e6, "million active packets per second",
          "Legitimate traffic within a scan", directory, "scan", log=True)  # fmt: skip
    made = [case for case in cases if case.creates_sessions]
    _bars(cells, made, lambda cell: cell.sessions_per_second and cell.sessions_per_second / 1e6,
          "million new sessions per second", "New sessions", directory, "new-sessions", log=True)  # fmt: skip


def draw_admission(curves, directory: Path):
    """`curves`: of admission.py."""
    figure, axes = plt.subplots(figsize=(8, 4.5))
    for curve, colour in zip(curves, ("#2f6fa7", "#444444", "#d18f00")):
        axes.plot(curve.seconds, [entries / 1e6 for entries in curve.entries], color=colour, label=curve.mode)
    axes.axhline(CAPACITY / 1e6, color="#bbbbbb", linestyle="--", linewidth=1)
    axes.annotate("capacity", (0, CAPACITY / 1e6), fontsize=8, va="bottom")
    axes.axvspan(0, SCAN_SECONDS, color="#f0f0f0", zorder=0)
    axes.set_xlabel(f"seconds; a scan of {RATE:,} new flows a second until {SCAN_SECONDS}; idle timeout {IDLE_TIMEOUT}")
    axes.set_ylabel("million entries in the session table")
    axes.set_title("A scan, by the rule of how a session begins")
    axes.legend(fontsize=8)
    _save(figure, directory, "admission")
