"""What every program under test is started with: the load generator, its page, the ports, a place for logs."""

import os
import shutil
import tempfile
from pathlib import Path

from bench.process import Failure, wait_until
from bench.shared_page import PORTS, SharedPage

HUGEPAGES = Path("/sys/kernel/mm/hugepages/hugepages-2048kB")


class Bench:
    def __init__(self, build: Path, seed: int, active_count: int, profile_directory: Path | None = None):
        self.build, self.seed, self.active_count = build, seed, active_count
        self.profile_directory = profile_directory
        self.directory = Path(tempfile.mkdtemp(prefix="honeyswitch-bench-", dir="/run"))
        # EAL loads nothing from below a folder that everybody may write to, as /tmp is, and a clone may lie there.
        self.load_library = Path(shutil.copy(build / "tests/bench/load/libbench_load.so", self.directory))
        self.page = None

    def close(self, keep_logs=False):
        self.renew_page(None)
        if not keep_logs:
            shutil.rmtree(self.directory, ignore_errors=True)

    def renew_page(self, name="page"):
        """A page for the next program. Two programs never share one."""
        if self.page:
            self.page.close()
        self.page = SharedPage(self.directory / name) if name else None

    @property
    def environment(self):
        return {"HONEYSWITCH_BENCH_PAGE": self.page.path}

    def log(self, name):
        return self.directory / f"{name}.log"

    def devices(self, sources):
        """Arguments of DPDK's null device for each port: those of `sources` hand out mbufs, the others do not."""
        return [f"net_null{number}" + (",size=64,copy=0" if port in sources else ",no-rx=1")
                for number, port in enumerate(PORTS)]  # fmt: skip

    def vdevs(self, sources):
        return [word for device in self.devices(sources) for word in ("--vdev", device)]

    def wait_for_ports(self, process, receive_queues, transmit_queues):
        def attached():
            process.check()
            return self.page.sources >= receive_queues and self.page.sinks >= transmit_queues

        wait_until(attached, 60, f"{process.name} brings up its ports")


class Hugepages:
    """Reserves at least `mebibytes` of 2 MiB pages that are free, and puts the number back at the end."""

    def __init__(self, mebibytes):
        self.wanted = -(-mebibytes // 2)
        self.before = self.reserved = None

    @staticmethod
    def _read(name):
        return int((HUGEPAGES / name).read_text())

    def __enter__(self):
        self.before = self._read("nr_hugepages")
        missing = self.wanted - self._read("free_hugepages")
        if missing > 0:
            if os.geteuid() != 0:
                raise Failure(f"{missing} more hugepages of 2 MiB are needed, and only root can reserve them")
            (HUGEPAGES / "nr_hugepages").write_text(str(self.before + missing))
            self.reserved = self._read("nr_hugepages")
            if self.reserved < self.before + missing:
                raise Failure(f"of {self.wanted} hugepages of 2 MiB only {self._read('free_hugepages')} can be had")
        return self

    def __exit__(self, *_):
        # Only if nobody else has changed it meanwhile.
        if self.reserved is not None and self._read("nr_hugepages") == self.reserved:
            (HUGEPAGES / "nr_hugepages").write_text(str(self.before))
