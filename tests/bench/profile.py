"""Where a forwarding thread's time goes: perf, for as long as a case is measured. Virtual machines often have no
hardware counters, so samples are taken by the clock; perf costs the thread some of its speed."""

import subprocess
from contextlib import contextmanager
from pathlib import Path

FREQUENCY = 4999  # samples per second
LEAST_SHARE = 1.0  # percent; what is below is left out


@contextmanager
def profiled(directory: Path | None, name: str, threads):
    """Writes DIRECTORY/profile-NAME.txt. No directory: does nothing."""
    if directory is None:
        yield
        return
    data = directory / f"profile-{name}.data"
    listed = ",".join(str(thread) for thread in threads)
    command = ["perf", "record", "-q", "-e", "cpu-clock", "-F", FREQUENCY, "-t", listed, "-o", data]
    recording = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        recording.terminate()
        recording.wait()
    # Debian's DPDK has no symbols: by function its share falls apart into addresses, so first each library as a whole.
    lines = [*_report(data, "dso"), "", *_report(data, "dso,symbol")]
    (directory / f"profile-{name}.txt").write_text("\n".join(lines) + "\n")
    data.unlink()


def _report(data: Path, order: str) -> list[str]:
    report = subprocess.run(
        ["perf", "report", "-i", data, "--stdio", "--percent-limit", str(LEAST_SHARE), "--sort", order],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line.rstrip() for line in report.stdout.splitlines() if line.strip() and not line.startswith("#")]
