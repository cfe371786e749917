"""The disk of the guest: a Debian 12 with what our package depends on, and on top of it the package. Either is made
once for what goes into it, and found again by a hash of that."""

import hashlib
import inspect
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from laboratory.errors import LabError
from laboratory.namespace import run
from packages.clean_debian import CleanDebian
from rack import guest_files, places

RELEASE = "bookworm"
# debootstrap starts no service of these.
BROUGHT = ("systemd", "systemd-sysv", "udev", "dbus", "kmod", "python3", "iproute2", "iputils-ping", "ethtool",
           "procps", "pciutils", "openssh-server")  # fmt: skip
KERNEL = "linux-image-amd64"
DISK_BYTES = 4 << 30
KEY = "key"


@dataclass(frozen=True)
class Image:
    """A folder with a disk, a kernel and its initial RAM disk."""

    folder: Path
    version: str  # of the package in it
    made: bool  # just now, not found

    @property
    def disk(self) -> Path:
        return self.folder / "disk.img"

    @property
    def kernel(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd"


def digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def mirror() -> str:
    """DEBIAN_MIRROR, or where this machine's apt has this release from."""
    if named := os.environ.get("DEBIAN_MIRROR"):
        return named
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"],
                            capture_output=True, text=True, check=False)  # fmt: skip
    for line in listed.stdout.splitlines():
        release, _, uri = line.partition(" ")
        if release == RELEASE and "security" not in uri:
            return uri
    return "http://deb.debian.org/debian"


def dependencies(package: Path) -> list[str]:
    """The first of each alternative, without versions."""
    depends = run("dpkg-deb", "-f", str(package), "Depends")
    return sorted({re.split(r"[ (:|]", word.strip())[0] for word in depends.split(",") if word.strip()})


def unmount_below(folder: Path) -> None:
    """A debootstrap that was killed leaves its /proc and /sys, which are not to be emptied."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for point in sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True):
        run("umount", point)


@contextmanager
def partial(folder: Path) -> Iterator[Path]:
    """A folder that gets its name when it is whole."""
    unfinished = folder.with_suffix(".partial")
    unmount_below(unfinished)
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    yield unfinished
    unfinished.rename(folder)


def key() -> Path:
    """Of root in the guest; made once."""
    path = places.cache() / KEY
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "rack", "-f", str(path))
    return path


def base(needs: list[str]) -> Path:
    """A Debian without our package; its kernel boots from the disk of the rack."""
    folder = places.cache() / f"base-{digest(RELEASE, BROUGHT, KERNEL, needs, guest_files.INITRAMFS)}"
    if folder.exists():
        return folder
    os.environ.setdefault("DEBIAN_MIRROR", mirror())
    print(f"tools/rack: fetching a Debian from {os.environ['DEBIAN_MIRROR']}, which takes minutes …", flush=True)
    with partial(folder) as root:
        debian = CleanDebian.bootstrap(root, BROUGHT)
        guest_files.write(root, guest_files.INITRAMFS)
        debian.apt("install", KERNEL, *needs)
        debian.does("apt-get", "clean")
    return folder


def boot_files(root: Path) -> tuple[Path, Path]:
    kernels, disks = sorted(root.glob("boot/vmlinuz-*")), sorted(root.glob("boot/initrd.img-*"))
    if not kernels or not disks:
        raise LabError(f"{root}/boot has no kernel with an initial RAM disk")
    return kernels[-1], disks[-1]


def make_disk(root: Path, disk: Path) -> None:
    with disk.open("wb") as file:
        file.truncate(DISK_BYTES)
    run("mkfs.ext4", "-q", "-F", "-d", str(root), str(disk))


def image(package: Path) -> Image:
    """With this package installed, and nothing done with it yet."""
    needs = dependencies(package)
    public_key = key().with_suffix(".pub").read_text()
    name = digest(base(needs).name, sha256(package), public_key, inspect.getsource(guest_files))
    folder, version = places.cache() / f"image-{name}", places.version_of(package)
    if folder.exists():
        return Image(folder, version, made=False)
    with partial(folder) as unfinished:
        root = unfinished / "root"
        unfinished.mkdir()
        run("cp", "-a", "--reflink=auto", str(base(needs)), str(root))
        debian = CleanDebian(root)
        guest_files.write(root, guest_files.FILES)
        guest_files.let_in(root, public_key)
        debian.install(package)
        debian.does("systemctl", "enable", *guest_files.ENABLED)
        debian.does("systemctl", "mask", *guest_files.MASKED)
        shutil.rmtree(root / "packages")
        kernel, initrd = boot_files(root)
        shutil.copy(kernel, unfinished / "vmlinuz")
        shutil.copy(initrd, unfinished / "initrd")
        make_disk(root, unfinished / "disk.img")
        shutil.rmtree(root)
    return Image(folder, version, made=True)
