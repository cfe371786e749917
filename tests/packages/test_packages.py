"""The Debian packages: what lintian says of them, and install, upgrade, remove and purge in a clean Debian 12.

Needs root, and the packages in the folder that HONEYSWITCH_PACKAGES names (tools/package makes them)."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from clean_debian import CleanDebian, repacked, run

NAMES = ("honeyswitch", "honeyswitch-agent", "honeyswitch-honeypot", "honeyswitch-record")
CONFFILES = {"honeyswitch": "etc/honeyswitch/honeyswitch.toml",
             "honeyswitch-agent": "etc/honeyswitch/honeyswitch-agent.toml",
             "honeyswitch-record": "etc/honeyswitch/honeyrecord.toml"}
PROGRAMS = {"honeyswitch": ("honeyswitch", "honeyctl", "honeyswitch-setup", "bind-nics", "setup-hugepages"),
            "honeyswitch-agent": ("honeyswitch-agent",), "honeyswitch-honeypot": ("honeypot-setup",),
            "honeyswitch-record": ("honeyrecord",)}
UNITS = ("honeyswitch.service", "honeyswitch-agent.service", "honeyrecord.service")
USERS = ("honeyswitch-agent", "honeyrecord")
# What dpkg keeps of a package that is removed and not purged, and that the operator had enabled its units.
OF_DPKG = re.compile(r"var/lib/dpkg/info/|var/lib/systemd/deb-systemd-helper-"
                     r"|etc/systemd/system/(multi-user\.target\.wants/)?(honeyswitch(-agent)?|honeyrecord)\.service$")
OLD, CHANGED = "# as the version before wrote it\n", "# changed by the operator\n"
# What the tools and the programs write on a machine where they are used: whether a removal or a purge takes it away.
TRACES = {"etc/systemd/system/honeyswitch-nics.service": "remove",
          "etc/systemd/system/multi-user.target.wants/honeyswitch-nics.service": "remove",
          "etc/tmpfiles.d/honeyswitch-hugepages.conf": "remove",
          "etc/systemd/system/honeypot-setup.service": "remove",
          "etc/systemd/system/multi-user.target.wants/honeypot-setup.service": "remove",
          "etc/honeyswitch/setup-answers.toml": "purge", "etc/honeyswitch/honeyswitch.toml.old": "purge",
          "var/lib/honeyswitch/sessions": "purge", "var/lib/honeyswitch/operator-entries": "purge",
          "var/lib/honeyswitch/nics.json": "purge", "var/lib/honeyswitch/lists": "purge",
          "var/lib/honeyswitch/honeypot.lock": "purge", "var/lib/honeyrecord/sessions.db": "purge",
          "var/log/honeyrecord/events.jsonl": "purge"}


def packages() -> dict[str, Path]:
    folder = Path(os.environ["HONEYSWITCH_PACKAGES"])
    found = {name: sorted(folder.glob(f"{name}_*.deb"), key=lambda path: path.stat().st_mtime) for name in NAMES}
    assert all(found.values()), f"{folder} lacks packages: {found}"
    return {name: paths[-1] for name, paths in found.items()}


@pytest.fixture(scope="module", name="debian")
def debian_with_dependencies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CleanDebian]:
    """What the packages depend on is there and stays, so that what is new afterwards is theirs."""
    debian = CleanDebian.bootstrap(tmp_path_factory.mktemp("debian"))
    depends = {word.split()[0].partition(":")[0] for package in packages().values()
               for word in re.split(r"[,|]", run("dpkg-deb", "-f", package, "Depends").stdout) if word.strip()}
    debian.apt("install", *sorted(depends - {"systemd-standalone-sysusers", "systemd-sysusers"}))
    debian.does("systemctl", "--version")
    yield debian
    shutil.rmtree(debian.path, ignore_errors=True)


@pytest.fixture(name="installed")
def installed_packages(debian) -> Iterator[CleanDebian]:
    debian.install(*packages().values())
    yield debian
    debian.apt("purge", *NAMES)


def older(package: Path, folder: Path) -> Path:
    """The package as a version before would have been, whose configuration file was another one."""
    def change(tree: Path) -> None:
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"(?m)^Version: .*$", "Version: 0.0.1", control.read_text()))
        for conffile in tree.glob("etc/honeyswitch/*.toml"):
            conffile.write_text(conffile.read_text() + OLD)
    return repacked(package, folder, change)


def leave_traces(debian: CleanDebian) -> None:
    for name in TRACES:
        path = debian.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.name == "multi-user.target.wants":
            path.symlink_to(f"../{path.name}")
        else:
            path.write_text("{}\n")


def test_lintian_has_nothing_to_say() -> None:
    result = run("lintian", "--fail-on", "error,warning", "--suppress-tags", "initial-upload-closes-no-bugs",
                 "--allow-root", *packages().values())
    assert result.returncode == 0, result.stdout + result.stderr


def test_programs_are_hardened(tmp_path) -> None:
    """Position independent, with guarded stacks, checked copies, and tables that nobody writes once they are filled."""
    programs = []
    for name, package in packages().items():
        assert run("dpkg-deb", "-x", package, tmp_path / name).returncode == 0
        programs += [path for path in (tmp_path / name).rglob("*") if path.is_file() and not path.is_symlink()
                     and path.open("rb").read(4) == b"\x7fELF"]
    assert {path.name for path in programs} >= {"honeyswitch", "honeyctl", "honeyswitch-agent"}
    # Of control flow integrity Debian 12 has nothing in its libraries, without which a program's own is worth nothing.
    checked = run("hardening-check", "--quiet", "--nocfprotection", *programs)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_programs_and_their_pages_are_there(installed) -> None:
    for name in NAMES:
        for program in PROGRAMS[name]:
            assert "sage:" in installed.does(program, "--help")
            page = installed.path / f"usr/share/man/man8/{program}.8.gz"
            result = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", page)
            assert result.returncode == 0 and f"{program}(8)".upper() in result.stdout.upper() and not result.stderr


def test_bash_completes_commands_and_options(installed) -> None:
    for program, words, expected in (("honeyctl", "list ad", "add"), ("honeyswitch", "--chec", "--check"),
                                     ("honeyswitch-agent", "keyg", "keygen"), ("bind-nics", "--unb", "--unbind"),
                                     ("setup-hugepages", "--pers", "--persist"),
                                     ("honeypot-setup", "--und", "--undo")):
        assert installed.completions(program, words) == [expected]


def test_units_are_valid_and_wait_for_a_configuration(installed) -> None:
    for unit in UNITS:
        assert installed.call("systemctl", "is-enabled", unit).stdout.strip() == "disabled"
        verified = installed.call("systemd-analyze", "verify", unit)
        assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
    for user in USERS:
        assert installed.does("id", "-un", user).strip() == user
    check = installed.call("honeyswitch", "--check", "--config", "/etc/honeyswitch/honeyswitch.toml")
    assert check.returncode != 0 and "0000:03:00.0" in check.stdout + check.stderr


def test_configuration_files_are_conffiles(installed) -> None:
    for name in NAMES:
        listed = installed.does("dpkg-query", "-W", "-f", "${Conffiles}", name).split()
        assert listed[::2] == ([f"/{CONFFILES[name]}"] if name in CONFFILES else [])


def test_an_upgrade_keeps_what_the_operator_changed(debian, tmp_path) -> None:
    debian.install(*(older(package, tmp_path) for package in packages().values()))
    changed, unchanged = (debian.path / CONFFILES[name] for name in ("honeyswitch", "honeyswitch-agent"))
    changed.write_text(changed.read_text() + CHANGED)
    assert unchanged.read_text().endswith(OLD)
    debian.does("systemctl", "enable", *UNITS)
    calls = debian.calls_of_systemd("install", *packages().values())
    assert changed.read_text().endswith(CHANGED)
    assert not unchanged.read_text().endswith(OLD), "where nobody changed it, the new one takes its place"
    for unit in UNITS:
        assert debian.does("systemctl", "is-enabled", unit).strip() == "enabled"
    assert "systemctl --system daemon-reload" in calls
    for unit in ("honeyswitch-agent.service", "honeyrecord.service"):
        assert f"deb-systemd-invoke try-restart {unit}" in calls
    assert [call for call in calls if "honeyswitch.service" in call] == [], "its restart would interrupt the link"
    debian.apt("purge", *NAMES)


def test_an_installation_starts_nothing_and_a_removal_stops_all(debian) -> None:
    calls = debian.calls_of_systemd("install", *packages().values())
    assert [call for call in calls if re.search("(start|enable) ", call) and "try-restart" not in call] == []
    calls = debian.calls_of_systemd("remove", *NAMES)
    for unit in UNITS:
        assert f"deb-systemd-invoke stop {unit}" in calls
    debian.apt("purge", *NAMES)


def test_an_upgrade_leads_to_what_an_installation_brings(debian, tmp_path) -> None:
    debian.install(*packages().values())
    fresh = debian.state()
    debian.apt("purge", *NAMES)
    debian.install(*(older(package, tmp_path) for package in packages().values()))
    assert debian.state() != fresh
    debian.install(*packages().values())
    assert debian.state() == fresh
    debian.apt("purge", *NAMES)


def test_a_purge_leaves_nothing_behind_but_the_users(debian, tmp_path) -> None:
    """After an installation, an upgrade and use."""
    before, names, accounts = debian.state(), debian.names(), debian.accounts()
    debian.install(*(older(package, tmp_path) for package in packages().values()))
    debian.install(*packages().values())
    use(debian)
    debian.apt("remove", *NAMES)
    left = {name for name in debian.names() - names if not OF_DPKG.match(name)}
    kept = {*CONFFILES.values(), *(name for name, when in TRACES.items() if when == "purge")}
    assert left == kept | {str(parent) for name in kept for parent in Path(name).parents} - names - {"."}
    debian.apt("purge", *NAMES)
    assert debian.state() == before
    assert debian.names() ^ names == set(), "in places that are not compared by content, too"
    for file, lines in debian.accounts().items():
        assert lines >= accounts[file] and {line.split(":")[0] for line in lines - accounts[file]} <= {*USERS}
    assert debian.call("dpkg-query", "-W", *NAMES).stdout.strip() == "" and debian.does("dpkg", "--audit") == ""


def use(debian: CleanDebian) -> None:
    """As on a machine where they work."""
    for name in NAMES:
        for program in PROGRAMS[name]:
            debian.does(program, "--help")
    debian.does("systemctl", "enable", *UNITS)
    leave_traces(debian)


def test_a_purge_leaves_what_others_need(debian) -> None:
    """The operator's key and lists, and what the other package on the same machine has to undo."""
    debian.install(*packages().values())
    key, undo = debian.path / "etc/honeyswitch/east.key", debian.path / "var/lib/honeyswitch/honeypot.json"
    for path in (key, undo):
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}\n")
    debian.apt("purge", "honeyswitch", "honeyswitch-agent")
    assert key.exists() and undo.exists()
    debian.apt("purge", "honeyswitch-honeypot")
    assert key.exists() and not undo.parent.exists()
    key.unlink()
    key.parent.rmdir()


def test_each_stands_alone(debian) -> None:
    for name, package in packages().items():
        debian.install(package)
        for program in PROGRAMS[name]:
            assert "sage:" in debian.does(program, "--help")
        debian.apt("purge", name)
