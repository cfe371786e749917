"""tools/setup: from a machine as /sys shows it to a configuration that honeyswitch accepts."""

import subprocess
import sys
from pathlib import Path

import pytest
from fake_pci import NEIGHBOUR, NIC, FakeKernel, with_two_cards_and_a_disk
from laboratory.paths import TOOLS, default_build

sys.path.insert(0, str(TOOLS))
# pylint: disable=wrong-import-position
from host_setup.machine import Machine, combined_queues, cpu_list, lldp_warnings
from host_setup.setup_answers import Answers, answers_text, ask
from host_setup.setup_configuration import configuration_body, is_ours, whole_text

pytestmark = pytest.mark.no_switch

POT = "0000:04:00.0"
ANSWERS = f"""outside = "{NIC}"
inside = "{NEIGHBOUR}"
honeypot = ["{POT}"]
campus = ["10.1.0.0/16"]
"""


class Bare:
    """A machine with three cards, and a honeyswitch that says of a configuration what the test wants."""

    def __init__(self, folder: Path):
        self.folder, self.kernel = folder, with_two_cards_and_a_disk(folder / "sys")
        self.kernel.add(POT, "0x020000", "ixgbe", "ens10f0", "14")
        self.etc, self.answers = self.kernel.etc, folder / "answers.toml"
        self.configuration = self.etc / "honeyswitch/honeyswitch.toml"
        node = self.kernel.root / "devices/system/node/node0"
        pool = node / "hugepages/hugepages-2048kB"
        pool.mkdir(parents=True)
        for path, text in ((pool / "nr_hugepages", "0"), (pool / "free_hugepages", "0"), (node / "cpulist", "0-3"),
                           (node / "meminfo", "Node 0 MemTotal: 16000000 kB\nNode 0 MemFree: 8000000 kB"),
                           (self.kernel.root / "devices/system/cpu/online", "0-3"),
                           (self.kernel.root / "devices/system/cpu/isolated", "2-3")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n")
        self.pages = pool / "nr_hugepages"
        self.program = folder / "honeyswitch"
        self.checker('echo "the configuration is valid"')

    def checker(self, script: str) -> None:
        self.program.write_text(f"#!/bin/sh\n{script}\n")
        self.program.chmod(0o755)

    def setup(self, *arguments: str, answers: str = ANSWERS) -> subprocess.CompletedProcess:
        self.answers.write_text(answers)
        named = [] if "--check" in arguments else ["--answers", str(self.answers)]
        return subprocess.run(
            [str(TOOLS / "setup"), *named, "--sysfs", str(self.kernel.root), "--etc", str(self.etc), "--state",
             str(self.kernel.state), "--honeyswitch", str(self.program), *arguments],
            capture_output=True, text=True, check=False, timeout=60)  # fmt: skip


@pytest.fixture(name="bare")
def bare_machine(tmp_path: Path) -> Bare:
    return Bare(tmp_path)


def test_goes_from_a_bare_machine_to_a_checked_configuration(bare: Bare) -> None:
    result = bare.setup()
    assert result.returncode == 0, result.stdout + result.stderr
    assert [bare.kernel.driver(card) for card in (NIC, NEIGHBOUR, POT)] == ["vfio-pci"] * 3
    assert int(bare.pages.read_text()) * 2 == 1024
    text = bare.configuration.read_text()
    assert f'outside = "{NIC}"' in text and 'mode = "observe"' in text, text
    assert 'lcores = "0,2"' in text, "the worker has a CPU that the kernel leaves alone"
    assert "Left to do:" in result.stdout and "--prefix 10.1.0.0/16" in result.stdout


def test_each_step_can_be_run_again(bare: Bare) -> None:
    assert bare.setup().returncode == 0
    before = bare.configuration.read_text()
    again = bare.setup()
    assert again.returncode == 0, again.stdout + again.stderr
    assert "says so already" in again.stdout and bare.configuration.read_text() == before
    changed = bare.setup(answers=ANSWERS + 'active = ["10.1.0.1"]\n')
    assert changed.returncode == 0 and 'active = ["10.1.0.1"]' in bare.configuration.read_text(), changed.stderr
    assert is_ours(bare.configuration.read_text())


def test_a_configuration_of_somebodys_own_is_left_alone(bare: Bare) -> None:
    assert bare.setup().returncode == 0
    own = bare.configuration.read_text() + "# mine\n"
    bare.configuration.write_text(own)
    refused = bare.setup()
    assert refused.returncode == 1 and "somebody's own work" in refused.stderr
    assert bare.configuration.read_text() == own
    assert bare.setup("--replace").returncode == 0
    assert bare.configuration.with_name("honeyswitch.toml.old").read_text() == own
    assert is_ours(bare.configuration.read_text())


def test_as_many_hugepages_are_reserved_as_the_check_asks_for(bare: Bare) -> None:
    bare.checker(f'[ "$(cat {bare.pages})" -ge 1000 ] && echo "the configuration is valid" && exit 0\n'
                 'echo "honeyswitch: on this machine: reserve 2000 MB in all (tools/setup-hugepages)" >&2; exit 1')
    result = bare.setup()
    assert result.returncode == 0, result.stdout + result.stderr
    assert int(bare.pages.read_text()) == 1000


def test_what_the_check_says_ends_it(bare: Bare) -> None:
    bare.checker('echo "honeyswitch: on this machine: CPU 2 cannot be had" >&2; exit 1')
    result = bare.setup()
    assert result.returncode == 1 and "CPU 2 cannot be had" in result.stderr and "Left to do" not in result.stdout


@pytest.mark.parametrize("answers, reasons", [
    (ANSWERS.replace("inside =", "insied ="), ["no answer 'insied'; did you mean 'inside'?", "inside is missing"]),
    (ANSWERS.replace(NEIGHBOUR, NIC), [f"{NIC} is named twice"]),
    (ANSWERS.replace(NEIGHBOUR, "0000:09:00.0"), ["there is no network card 0000:09:00.0; there are 0000:03:00.0"]),
    (ANSWERS.replace(NEIGHBOUR, "dev:nosuch"), ["there is no interface 'nosuch'"]),
    (ANSWERS + "workers = 4\n", ["need 5 CPUs, and there are 4"]),
    (ANSWERS + "workers = true\n", ["a number from 1 on is needed"]),
    (ANSWERS + 'active = ["10.2.0.1"]\n', ["active: 10.2.0.1 is not in the campus, 10.1.0.0/16"]),
    (ANSWERS.replace("10.1.0.0/16", "10.1.0.0/33"), ["'10.1.0.0/33' is no IPv4 prefix"]),
    (ANSWERS + 'listen_address = "10.1.0"\n', ["'10.1.0' is no IPv4 address"]),
    (ANSWERS.replace(f'["{POT}"]', "[]") + 'mode = "divert"\n', ["mode 'divert' needs a port towards honeypots"]),
    (ANSWERS + "mode = 7\n", ["'7' is neither observe nor divert"]),
    ("outside = ", ["answers.toml: Invalid value"]),
])
def test_bad_answers_are_named_before_anything_is_changed(bare: Bare, answers: str, reasons: list[str]) -> None:
    result = bare.setup(answers=answers)
    assert result.returncode == 2, result.stdout + result.stderr
    for reason in reasons:
        assert reason in result.stderr, result.stderr
    assert bare.kernel.driver(NIC) == "ixgbe" and bare.pages.read_text() == "0\n" and not bare.configuration.exists()


def test_check_only_looks(bare: Bare) -> None:
    result = bare.setup("--check")
    assert result.returncode == 0 and "nothing is in the way" in result.stdout, result.stdout + result.stderr
    assert "CPUs: 4, of which 2 are kept free" in result.stdout and "IOMMU: yes" in result.stdout
    assert bare.kernel.driver(NIC) == "ixgbe" and not bare.configuration.exists()


def test_check_says_what_is_in_the_way(bare: Bare) -> None:
    for group in (bare.kernel.root / "kernel/iommu_groups").iterdir():
        group.rename(bare.folder / group.name)
    (bare.kernel.root / "devices/system/cpu/online").write_text("0\n")
    result = bare.setup("--check")
    assert result.returncode == 1
    assert "in the way: one CPU is not enough" in result.stdout and "in the way: there is no IOMMU" in result.stdout


def test_questions_are_asked_again_until_they_can_be_answered(bare: Bare) -> None:
    machine, asked = Machine(bare.kernel.root), []
    lines = iter(["0000:09:00.0", NIC, NEIGHBOUR, "none", "", "10.1.0.0/16", "", "", "", "", ""])

    def read_line(question: str) -> str:
        asked.append(question)
        return next(lines)

    answers = ask(machine, Answers(), read_line)
    assert answers == Answers(outside=NIC, inside=NEIGHBOUR, campus=["10.1.0.0/16"])
    assert asked[0] == asked[1], "the first answer was none"


@pytest.mark.parametrize("answers", [
    Answers(outside=NIC, inside=NEIGHBOUR, campus=["10.1.0.0/16"]),
    Answers(outside="dev:a", inside="dev:b", honeypot=["dev:c", "dev:d"], campus=["10.1.0.0/16", "10.3.0.0/16"],
            active=["10.1.0.1", "10.3.0.0/24"], dark=["10.1.240.0/20"], workers=2, listen_address="127.0.0.1",
            mode="divert"),
])
def test_honeyswitch_accepts_what_is_written(bare: Bare, answers: Answers) -> None:
    """Whether this machine has the ports is another matter."""
    path = bare.folder / "written.toml"
    path.write_text(whole_text(configuration_body(answers, Machine(bare.kernel.root))))
    result = subprocess.run([default_build() / "control/honeyswitch", "--check", "--config", path], capture_output=True,
                            text=True, check=False, timeout=60)
    assert "the configuration is valid" in result.stdout, result.stderr


def test_a_file_of_answers_is_read_as_it_was_written(bare: Bare) -> None:
    shown = subprocess.run([TOOLS / "setup", "--print-answers"], capture_output=True, text=True, check=True).stdout
    result = bare.setup(answers=shown)
    assert result.returncode == 0, result.stderr
    kept = (bare.etc / "honeyswitch/setup-answers.toml").read_text()
    assert kept in shown and kept == answers_text(
        Answers(outside=NIC, inside=NEIGHBOUR, honeypot=[POT], campus=["10.1.0.0/16"]))


def test_what_ethtool_says_of_firmware_and_queues() -> None:
    assert lldp_warnings("0000:03:00.0", "eth0", "Private flags for eth0:\nMFP : off\ndisable-fw-lldp : off\n")
    assert lldp_warnings("0000:03:00.0", "eth0", "Private flags for eth0:\nfw-lldp-agent : on\n")
    let_through = "Private flags for eth0:\ndisable-fw-lldp : on\nfw-lldp-agent : off\n"
    assert not lldp_warnings("0000:03:00.0", "eth0", let_through)
    maxima = "Channel parameters for eth0:\nPre-set maximums:\nRX:\t\t0\nTX:\t\t0\nOther:\t\t1\nCombined:\t8\n"
    assert combined_queues(maxima + "Current hardware settings:\nRX:\t\t0\nCombined:\t63\n") == 8
    assert combined_queues("") is None
    assert cpu_list("0-2,7\n") == [0, 1, 2, 7]
