"""A Debian 12 in a folder, in which packages come and go."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

# What apt, dpkg and whoever makes users write whatever package comes and goes. Users stay, as Debian's policy has it:
# a file that one of them left would be another's when the number is given again.
NOT_OURS = re.compile(r"(dev|packages|proc|root|run|sys|tmp|var/(cache|log)|var/lib/(apt|dpkg|ucf))(/|$)"
                      r"|etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|etc/(ld\.so\.cache|\.pwd\.lock)$")
# Of these, what is written there anew when a package comes or goes.
OF_APT = re.compile(r"(dev|packages|proc|sys|var/(cache|lib|log)/apt)(/|$)|var/lib/dpkg/[a-z]+-old$")
ACCOUNTS = ("passwd", "group", "shadow", "gshadow")
PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SYSTEMD = ("systemctl", "deb-systemd-invoke")
COMPLETE = """source "/usr/share/bash-completion/completions/$1"
compopt() { :; }  # readline alone has it
read -ra COMP_WORDS <<<"$1 $2"
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"$(complete -p "$1" | sed 's/.* -F \\([^ ]*\\) .*/\\1/')"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def run(*command: object, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=540,
                          **kwargs)


def repacked(package: Path, folder: Path, change: Callable[[Path], None]) -> Path:
    """The package with what `change` does to its unpacked tree."""
    tree = folder / package.stem
    assert run("dpkg-deb", "-R", package, tree).returncode == 0
    change(tree)
    made = folder / package.name
    result = run("dpkg-deb", "--root-owner-group", "-b", tree, made)
    assert result.returncode == 0, result.stderr
    return made


class CleanDebian:
    """No service starts in it, as nothing runs there but what a test calls."""

    def __init__(self, path: Path):
        self.path = path

    @classmethod
    def bootstrap(cls, path: Path, packages: tuple[str, ...] = ("systemd",)) -> "CleanDebian":
        mirror = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
        result = run("debootstrap", "--variant=minbase", f"--include={','.join(packages)}", "bookworm", path, mirror)
        assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
        debian = cls(path)
        debian.does("apt-get", "-q", "update")
        return debian

    def call(self, *command: object) -> subprocess.CompletedProcess:
        script = f'mount -t proc proc "{self.path}/proc" && exec chroot "{self.path}" "$@"'
        environment = {"PATH": PATH, "DEBIAN_FRONTEND": "noninteractive",
                       "LC_ALL": "C.UTF-8"}
        return run("unshare", "--mount", "--pid", "--fork", "sh", "-c", script, "sh", *command, env=environment)

    def does(self, *command: object) -> str:
        result = self.call(*command)
        assert result.returncode == 0, f"{command}: {result.stdout[-3000:]}{result.stderr[-3000:]}"
        return result.stdout

    def apt(self, *command: object) -> str:
        """Where a package and the operator changed the same file, the operator's stays, as in an upgrade at night."""
        options = (f"DPkg::Path={PATH}", "Dpkg::Options::=--force-confdef", "Dpkg::Options::=--force-confold")
        return self.does("apt-get", "-q", "-y", "--no-install-recommends",
                         *(word for option in options for word in ("-o", option)), *command)

    def bring(self, package: Path) -> str:
        folder = self.path / "packages"
        folder.mkdir(exist_ok=True)
        shutil.copy(package, folder)
        return f"/packages/{package.name}"

    def install(self, *found: Path) -> str:
        return self.apt("install", *map(self.bring, found))

    def calls_of_systemd(self, command: str, *found: object) -> list[str]:
        """What apt's command would have said to a systemd that runs."""
        told = self.path / "run/told"
        told.unlink(missing_ok=True)
        (self.path / "run/systemd/system").mkdir(parents=True)
        recorders = [self.path / "usr/local/bin" / name for name in SYSTEMD]
        for recorder in recorders:
            recorder.write_text('#!/bin/sh\necho "$(basename "$0") $*" >>/run/told\n')
            recorder.chmod(0o755)
        try:
            self.apt(command, *(self.bring(word) if isinstance(word, Path) else word for word in found))
        finally:
            for recorder in recorders:
                recorder.unlink()
            (self.path / "run/systemd/system").rmdir()
        return told.read_text().splitlines() if told.exists() else []

    def completions(self, program: str, words: str) -> list[str]:
        """What bash offers at the end of the words."""
        return self.does("bash", "-c", COMPLETE, "bash", program, words).split()

    def names(self) -> set[str]:
        """Every file and folder, but for those that apt and dpkg write themselves."""
        tops = [path for path in self.path.iterdir() if not OF_APT.match(path.name)]
        below = (path for top in tops if not top.is_symlink() for path in top.rglob("*"))
        names = {str(path.relative_to(self.path)) for path in (*tops, *below)}
        return {name for name in names if not OF_APT.match(name)}

    def accounts(self) -> dict[str, set[str]]:
        """Lines of the files of users and groups, by file."""
        return {name: set((self.path / "etc" / name).read_text().splitlines()) for name in ACCOUNTS}

    def state(self) -> dict[str, tuple]:
        """Every file by its name: kind and mode, owner, and what is in it."""
        found = {}
        for path in self.path.rglob("*"):
            name = str(path.relative_to(self.path))
            if NOT_OURS.match(name):
                continue
            status = path.lstat()
            content = os.readlink(path) if path.is_symlink() else ""
            if stat.S_ISREG(status.st_mode):
                content = hashlib.sha1(path.read_bytes()).hexdigest()
            found[name] = (stat.filemode(status.st_mode), status.st_uid, status.st_gid, content)
        return found
