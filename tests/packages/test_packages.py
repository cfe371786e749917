"""The Debian packages: what lintian says of them, and install, upgrade, remove and purge in a clean Debian 12.

Needs root, and the packages in the folder that HONEYSWITCH_PACKAGES names (tools/package makes them)."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

NAMES = ("honeyswitch", "honeyswitch-agent", "honeyswitch-honeypot")
CONFFILES = {"honeyswitch": "etc/honeyswitch/honeyswitch.toml",
             "honeyswitch-agent": "etc/honeyswitch/honeyswitch-agent.toml"}
PROGRAMS = {"honeyswitch": ("honeyswitch", "honeyctl", "bind-nics", "setup-hugepages"),
            "honeyswitch-agent": ("honeyswitch-agent",), "honeyswitch-honeypot": ("honeypot-setup",)}
# What apt, dpkg and the system's own users write whatever package comes and goes.
NOT_OURS = re.compile(r"(var/(cache|log|lib/(apt|dpkg|systemd|ucf|python))|tmp|proc|run|root|packages|dev|sys)(/|$)"
                      r"|etc/(passwd|group|shadow|gshadow)-?$|etc/ld\.so\.cache$|etc/\.pwd\.lock$|.*__pycache__.*")


def run(*command: object, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=540,
                          **kwargs)


def packages() -> dict[str, Path]:
    folder = Path(os.environ["HONEYSWITCH_PACKAGES"])
    found = {name: sorted(folder.glob(f"{name}_*.deb"), key=lambda path: path.stat().st_mtime) for name in NAMES}
    assert all(found.values()), f"{folder} lacks packages: {found}"
    return {name: paths[-1] for name, paths in found.items()}


class Root:
    """A clean Debian 12 in a folder. No service starts in it, as nothing runs there but what a test calls."""

    def __init__(self, path: Path):
        self.path = path

    def call(self, *command: object) -> subprocess.CompletedProcess:
        script = f'mount -t proc proc "{self.path}/proc" && exec chroot "{self.path}" "$@"'
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
                       "LC_ALL": "C.UTF-8"}
        return run("unshare", "--mount", "--pid", "--fork", "sh", "-c", script, "sh", *command, env=environment)

    def does(self, *command: object) -> str:
        result = self.call(*command)
        assert result.returncode == 0, f"{command}: {result.stdout[-3000:]}{result.stderr[-3000:]}"
        return result.stdout

    def bring(self, package: Path) -> str:
        folder = self.path / "packages"
        folder.mkdir(exist_ok=True)
        shutil.copy(package, folder)
        return f"/packages/{package.name}"

    def install(self, *found: Path) -> str:
        return self.does("apt-get", "-q", "-y", "--no-install-recommends", "install", *map(self.bring, found))

    def files(self) -> set[str]:
        names = (str(path.relative_to(self.path)) for path in self.path.rglob("*"))
        return {name for name in names if not NOT_OURS.match(name)}


@pytest.fixture(scope="module", name="root")
def clean_debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Root]:
    path = tmp_path_factory.mktemp("debian")
    mirror = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
    result = run("debootstrap", "--variant=minbase", "--include=systemd", "bookworm", path, mirror)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    root = Root(path)
    root.does("apt-get", "-q", "update")
    yield root
    shutil.rmtree(path, ignore_errors=True)


def newer(package: Path, folder: Path) -> Path:
    """The same package in a later version."""
    tree = folder / package.stem
    assert run("dpkg-deb", "-R", package, tree).returncode == 0
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: (.*)$", r"Version: \1+later", control.read_text()))
    later = folder / f"later-{package.name}"
    result = run("dpkg-deb", "--root-owner-group", "-b", tree, later)
    assert result.returncode == 0, result.stderr
    return later


def test_lintian_has_nothing_to_say() -> None:
    result = run("lintian", "--fail-on", "error,warning", "--suppress-tags", "initial-upload-closes-no-bugs",
                 "--allow-root", *packages().values())
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_life_in_a_clean_debian(root, tmp_path) -> None:
    """Its steps depend on each other: before, installed, upgraded with a changed configuration, removed, purged."""
    found = packages()
    # What they depend on comes first and stays, so that what is new afterwards is theirs.
    depends = {word.split()[0] for package in found.values()
               for word in re.split(r"[,|]", run("dpkg-deb", "-f", package, "Depends").stdout) if word.strip()}
    root.does("apt-get", "-q", "-y", "--no-install-recommends", "install",
              *sorted(name.partition(":")[0] for name in depends))
    before = root.files()

    root.install(*found.values())
    for name in NAMES:
        for program in PROGRAMS[name]:
            assert "sage:" in root.does(program, "--help")
            manual = f"usr/share/man/man8/{program}.8.gz"
            assert manual in root.files() or (root.path / "etc/dpkg/dpkg.cfg.d").exists()
    assert root.does("id", "-un", "honeyswitch-agent").strip() == "honeyswitch-agent"
    for unit in ("honeyswitch.service", "honeyswitch-agent.service"):
        assert root.call("systemctl", "is-enabled", unit).stdout.strip() == "disabled"
        assert root.does("systemd-analyze", "verify", unit) == ""
    check = root.call("honeyswitch", "--check", "--config", "/etc/honeyswitch/honeyswitch.toml")
    assert check.returncode != 0 and "0000:03:00.0" in check.stdout + check.stderr

    changed = root.path / CONFFILES["honeyswitch"]
    changed.write_text(changed.read_text() + "\n# changed by the operator\n")
    root.install(*(newer(package, tmp_path) for package in found.values()))
    assert changed.read_text().endswith("# changed by the operator\n")
    assert root.does("dpkg-query", "-W", "-f", "${Version}", "honeyswitch").endswith("+later")

    root.does("apt-get", "-q", "-y", "remove", *NAMES)
    assert changed.exists() and not (root.path / "usr/bin/honeyswitch").exists()
    root.does("apt-get", "-q", "-y", "purge", *NAMES)
    left = {name for name in root.files() - before if "honeyswitch" in name or "honeypot" in name}
    assert left == set()
    assert before - root.files() == set()


def test_each_stands_alone(root) -> None:
    for name, package in packages().items():
        root.install(package)
        for program in PROGRAMS[name]:
            assert "sage:" in root.does(program, "--help")
        root.does("apt-get", "-q", "-y", "purge", name)
