"""Sources on lists: attackers are diverted wherever they go, benign ones nowhere."""

import contextlib
import datetime
from pathlib import Path

import pytest
from cables import INSIDE, OUTSIDE, from_upstream
from farm import farm, new_decoy, new_source, ssh, two_pools, who_answers
from laboratory import addresses, view
from laboratory.conversation import web_title
from laboratory.wait import comes_true, wait_for
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

MAIL, WWW = addresses.HOSTS["mail"], addresses.HOSTS["www"]
ATTACKERS = {"name": "attackers", "kind": "attacker", "file": "attackers.list", "pool": "high"}
BENIGN = {"name": "crawlers", "kind": "benign", "file": "crawlers.list"}
pytestmark = pytest.mark.usefixtures("switch_survives")


@pytest.fixture(name="files")
def list_files(lab):
    """The folder of the lists, which are empty."""
    paths = [lab.directory / name for name in ("attackers.list", "crawlers.list", "auth.log")]
    for path in paths:
        path.write_text("")
    yield lab.directory
    for path in paths:
        path.unlink(missing_ok=True)


def listed(lab, name: str, source: str, origin: str | None = None) -> bool:
    origins = view.list_entries(lab, name).get(f"{source}/32")
    return origins is not None and (origin is None or origin in origins)


def append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(line + "\n")


def log_since(lab, offset: int) -> str:
    return lab.processes.log("honeyswitch").read_text()[offset:]


def log_size(lab) -> int:
    return len(lab.processes.log("honeyswitch").read_text())


def test_a_watched_file(lab, files) -> None:
    source = new_source()
    path = files / "attackers.list"
    with farm(lab, **two_pools(), list=[ATTACKERS]):
        assert ssh(lab, MAIL, source) == "this is the campus host mail"
        append(path, f"{source}  # guessed passwords")
        assert comes_true(lambda: listed(lab, "attackers", source, "file"), timeout=5)
        assert ssh(lab, MAIL, source) == "this is the honeypot sandbox", "diverted from an active host, to its pool"
        assert who_answers(lab, new_decoy(), source) == "sandbox"
        assert ssh(lab, MAIL, new_source()) == "this is the campus host mail", "another source is not concerned"
        replaced = path.with_suffix(".new")
        replaced.write_text("# nobody\n")
        replaced.replace(path)
        assert comes_true(lambda: not listed(lab, "attackers", source), timeout=5)
        assert who_answers(lab, new_decoy(), source) == "honeypot"
        assert web_title(lab.machine("attacker"), WWW) == "www"


def test_a_broken_file_changes_nothing(lab, files) -> None:
    source, other = new_source(), new_source()
    path = files / "attackers.list"
    path.write_text(f"{source}\n")
    with farm(lab, **two_pools(), list=[ATTACKERS]):
        assert listed(lab, "attackers", source)
        offset = log_size(lab)
        path.write_text(f"{other}\n\nnot an address\n")
        wait_for("the error is logged", lambda: f"{path.name}:3" in log_since(lab, offset), timeout=5,
                 evidence=lambda: log_since(lab, offset))
        assert " error: " in log_since(lab, offset)
        assert listed(lab, "attackers", source) and not listed(lab, "attackers", other)
        path.write_text(f"{other}\n")
        assert comes_true(lambda: listed(lab, "attackers", other) and not listed(lab, "attackers", source), timeout=5)


def test_a_file_that_disappears_and_returns(lab, files) -> None:
    source = new_source()
    path = files / "attackers.list"
    path.write_text(f"{source}\n")
    with farm(lab, **two_pools(), list=[ATTACKERS]):
        path.unlink()
        offset = log_size(lab)
        comes_true(lambda: "attackers.list" in log_since(lab, offset), timeout=3)
        assert listed(lab, "attackers", source), "what it said stays"
        path.write_text("")
        assert comes_true(lambda: not listed(lab, "attackers", source), timeout=5)


def test_the_operator_adds_and_removes(lab, files) -> None:
    source = new_source()
    with farm(lab, **two_pools(), list=[ATTACKERS]):
        lab.appliance.honeyctl("list", "add", "attackers", source)
        assert listed(lab, "attackers", source, "operator")
        assert who_answers(lab, new_decoy(), source) == "sandbox"
        lab.appliance.honeyctl("list", "remove", "attackers", source)
        assert not listed(lab, "attackers", source)
        assert who_answers(lab, new_decoy(), source) == "honeypot"
        lab.appliance.honeyctl("list", "add", "attackers", source, "--for", "1500ms")
        assert who_answers(lab, new_decoy(), source) == "sandbox"
        assert comes_true(lambda: not listed(lab, "attackers", source), timeout=10)
        assert who_answers(lab, new_decoy(), source) == "honeypot"


def test_a_prefix_that_the_operator_adds_outlives_a_reload(lab, files) -> None:
    source = new_source()
    prefix = f"{source.rpartition('.')[0]}.0/24"
    with farm(lab, **two_pools(), list=[ATTACKERS]):
        lab.appliance.honeyctl("list", "add", "attackers", prefix)
        assert who_answers(lab, new_decoy(), source) == "sandbox"
        lab.appliance.honeyctl("reload")
        assert prefix in view.list_entries(lab, "attackers")
        assert who_answers(lab, new_decoy(), source) == "sandbox"
        lab.appliance.honeyctl("list", "remove", "attackers", prefix)


@pytest.mark.parametrize("arguments, sentence", [
    (("add", "nobody", "198.18.0.1"), "there is no list 'nobody'"),
    (("remove", "attackers", "198.19.255.254"), "198.19.255.254"),
    (("add", "attackers", "198.18.0.1/16"), "198.18.0.1/16"),
    (("add", "attackers", "198.18.0.1", "--for", "5"), "--for")])
def test_what_the_operator_cannot_do(lab, files, arguments, sentence) -> None:
    with farm(lab, **two_pools(), list=[ATTACKERS]):
        result = lab.appliance.try_honeyctl("list", *arguments)
    assert result.returncode != 0 and sentence in result.stderr, result.stderr


def test_a_list_for_some_ports(lab, files) -> None:
    source = new_source()
    with farm(lab, **two_pools(), list=[{**ATTACKERS, "protocol": "tcp", "ports": [22, "7000-7010"]}]):
        lab.appliance.honeyctl("list", "add", "attackers", source)
        assert ssh(lab, MAIL, source) == "this is the honeypot sandbox"
        assert who_answers(lab, MAIL, source, 7005) == "sandbox"
        assert "refused" in who_answers(lab, MAIL, source, 7011)
        assert who_answers(lab, new_decoy(), source, 7011) == "honeypot", "the pool of everybody"


def test_a_benign_source_is_never_diverted(lab, files, cables) -> None:
    source = new_source()
    (files / "crawlers.list").write_text(f"{source}\n")
    with farm(lab, **two_pools(), list=[BENIGN]):
        before = view.counters(lab)
        cables.send(OUTSIDE, from_upstream() / IP(src=source, dst=new_decoy()) / UDP(dport=9) / Raw(b"of a crawler"))
        assert cables.with_marker(INSIDE, b"of a crawler")
        assert "reached" not in who_answers(lab, new_decoy(), source, timeout=1)
        grown = view.counter_growth(before, view.counters(lab))
        assert grown["outside_to_inside_benign"] >= 2 and view.sessions(lab, source) == []
        with lab.machine("attacker").connect(WWW, 80, source=source) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert b"<title>www" in b"".join(iter(lambda: connection.recv(65536), b""))


def test_benign_wins_over_attacker(lab, files) -> None:
    source = new_source()
    with farm(lab, **two_pools(), list=[ATTACKERS, BENIGN]):
        lab.appliance.honeyctl("list", "add", "attackers", source)
        lab.appliance.honeyctl("list", "add", "crawlers", source)
        assert ssh(lab, MAIL, source) == "this is the campus host mail"


def fail(path: Path, source: str, port: int, user: str = "root") -> None:
    now = datetime.datetime.now().strftime("%b %e %H:%M:%S")
    append(path, f"{now} mail sshd[4711]: Failed password for {user} from {source} port {port} ssh2")


def test_a_log_of_sshd(lab, files) -> None:
    source, innocent = new_source(), new_source()
    log = files / "auth.log"
    fail(log, source, 1)  # before anybody followed it
    auth = {"file": "auth.log", "list": "attackers", "failures": 3, "window": "1m", "lifetime": "4s"}
    with farm(lab, **two_pools(), list=[ATTACKERS], auth_log=[auth]):
        for port in (2, 3):
            fail(log, source, port)
            fail(log, innocent, port)
        append(log, f"Nov 25 01:02:03 mail sshd[1]: Failed password for invalid user from {innocent} port 9 from {source} "
                    "port 10 ssh2")  # the name is the attacker's choice: this is the source's third
        assert comes_true(lambda: listed(lab, "attackers", source, "auth_log"), timeout=5), view.list_entries(
            lab, "attackers")
        assert ssh(lab, MAIL, source) == "this is the honeypot sandbox"
        assert not listed(lab, "attackers", innocent)
        assert ssh(lab, MAIL, innocent) == "this is the campus host mail"
        assert comes_true(lambda: not listed(lab, "attackers", source), timeout=15)
        assert ssh(lab, MAIL, source) == "this is the campus host mail"


def test_a_log_that_is_rotated(lab, files) -> None:
    source = new_source()
    log = files / "auth.log"
    auth = {"file": "auth.log", "list": "attackers", "failures": 3, "window": "1m", "lifetime": "1m"}
    with farm(lab, **two_pools(), list=[ATTACKERS], auth_log=[auth]):
        fail(log, source, 1)
        with contextlib.ExitStack() as stack:
            stack.callback((files / "auth.log.1").unlink)
            log.rename(files / "auth.log.1")
            log.write_text("")
            fail(log, source, 2)
            fail(log, source, 3)
            assert comes_true(lambda: listed(lab, "attackers", source), timeout=5)
        lab.appliance.honeyctl("list", "remove", "attackers", source)
        assert not listed(lab, "attackers", source)


def test_real_failures_of_a_real_sshd(lab, files) -> None:
    """An ssh client without a key of the host; what the host's sshd says of it is followed, as syslog would write it."""
    source = new_source()
    auth = {"file": "auth.log", "list": "attackers", "failures": 3, "window": "1m", "lifetime": "1m"}
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-b", source,
               "-o", "IdentitiesOnly=yes", "-i", "/nonexistent"]
    says = lab.processes.log("mail-sshd")
    with farm(lab, **two_pools(), list=[ATTACKERS], auth_log=[auth]):
        offset = len(says.read_text())
        for _ in range(3):
            result = lab.machine("attacker").attempt("ssh", *options, f"root@{MAIL}")
            assert "Permission denied" in result.stderr, result.stderr
        wait_for("sshd has logged them", lambda: says.read_text()[offset:].count(source) >= 3, timeout=5)
        for line in says.read_text()[offset:].splitlines():
            append(files / "auth.log", f"Nov 25 01:02:03 mail sshd[4711]: {line.rstrip()}")
        assert comes_true(lambda: listed(lab, "attackers", source, "auth_log"), timeout=5), says.read_text()[offset:]
        assert ssh(lab, MAIL, source) == "this is the honeypot sandbox"
        lab.appliance.honeyctl("list", "remove", "attackers", source)


def test_a_reload_tells_of_a_file_that_cannot_be_used(lab, files) -> None:
    source = new_source()
    (files / "attackers.list").write_text(f"{source}\n")
    (files / "new.list").write_text("203.0.113.1\nfoo\n")
    with farm(lab, **two_pools(), list=[ATTACKERS]):
        assert comes_true(lambda: listed(lab, "attackers", source, "file"), timeout=5)
        text = lab.appliance.config.read_text()
        lab.appliance.config.write_text(text.replace("attackers.list", "new.list"))
        said = lab.appliance.honeyctl("reload")
        assert "new.list:2: 'foo' is not an IPv4 address" in said
        assert comes_true(lambda: not listed(lab, "attackers", source), timeout=5), "the old file is not the list's"
        lab.appliance.config.write_text(text)
    (files / "new.list").unlink()
