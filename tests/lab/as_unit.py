"""Runs a program within the limits that its unit sets, as far as a process can set them for itself: capabilities,
no_new_privs, system calls, address families, and memory that is written and executed.

    as_unit.py UNIT PROGRAM ARGUMENT...

systemd makes filters of the unit's lines in the same way, by libseccomp. What a unit says of the file system and of
namespaces is not looked at."""

import ctypes
import ctypes.util
import errno
import os
import re
import subprocess
import sys
from pathlib import Path

CAPABILITIES = Path("/usr/include/linux/capability.h")
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_MDWE, PR_CAP_AMBIENT = 24, 38, 65, 47
PR_CAP_AMBIENT_RAISE = 2
ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
COMPARE_EQUAL = 4

libc = ctypes.CDLL(None, use_errno=True)
seccomp = ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
seccomp.seccomp_init.argtypes = [ctypes.c_uint32]
seccomp.seccomp_load.argtypes = seccomp.seccomp_release.argtypes = [ctypes.c_void_p]


class Compare(ctypes.Structure):
    """struct scmp_arg_cmp"""
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


seccomp.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint,
                                           ctypes.POINTER(Compare)]


def lines_of(unit: Path) -> dict[str, list[str]]:
    """What its lines say, by their names."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def calls_of(words: list[str]) -> set[str]:
    """Names of system calls, without the names of groups."""
    found: set[str] = set()
    for word in words:
        if not word.startswith("@"):
            found.add(word)
            continue
        shown = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True)
        members = [line.strip() for line in shown.stdout.splitlines()[1:]]
        found |= calls_of([member for member in members if member and not member.startswith("#")])
    return found


def allowed_calls(lines: list[str]) -> set[str]:
    """The first line says that what follows is allowed; later ones take some away or add to it."""
    found = calls_of(["@default"])
    for line in lines:
        if line.startswith("~"):
            found -= calls_of(line[1:].split())
        else:
            found |= calls_of(line.split())
    return found


def checked(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno() or -result, what)


def load(filter_: int) -> None:
    checked(seccomp.seccomp_load(filter_), "seccomp_load")
    seccomp.seccomp_release(filter_)


def restrict_calls(unit: dict[str, list[str]]) -> None:
    refuse = KILL_PROCESS
    for number in unit.get("SystemCallErrorNumber", []):
        refuse = 0x00050000 | getattr(errno, number)
    filter_ = seccomp.seccomp_init(refuse)
    for call in allowed_calls(unit["SystemCallFilter"]):
        known = seccomp.seccomp_syscall_resolve_name(call.encode())
        if known >= 0:
            checked(seccomp.seccomp_rule_add_array(filter_, ALLOW, known, 0, None), call)
    load(filter_)


def restrict_families(unit: dict[str, list[str]]) -> None:
    # <sys/socket.h>; Python does not name them all.
    numbers = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16, "AF_PACKET": 17, "AF_XDP": 44}
    allowed = {numbers[word] for word in " ".join(unit["RestrictAddressFamilies"]).split()}
    filter_ = seccomp.seccomp_init(ALLOW)
    call = seccomp.seccomp_syscall_resolve_name(b"socket")
    for family in set(range(64)) - allowed:
        compare = Compare(0, COMPARE_EQUAL, family, 0)
        checked(seccomp.seccomp_rule_add_array(filter_, 0x00050000 | errno.EAFNOSUPPORT, call, 1,
                                               ctypes.byref(compare)), str(family))
    load(filter_)


def capabilities() -> dict[str, int]:
    return {name: int(number) for name, number in re.findall(r"^#define (CAP_\w+)\s+(\d+)$", CAPABILITIES.read_text(),
                                                             re.MULTILINE)}


def restrict_capabilities(unit: dict[str, list[str]]) -> None:
    kept = set(" ".join(unit["CapabilityBoundingSet"]).split())
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for name, number in capabilities().items():
        if name not in kept and number <= last:
            checked(libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0), name)


def limit(unit: dict[str, list[str]]) -> None:
    restrict_capabilities(unit)
    if unit.get("NoNewPrivileges") == ["yes"]:
        checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    if unit.get("MemoryDenyWriteExecute") == ["yes"]:
        libc.prctl(PR_SET_MDWE, 1, 0, 0, 0)  # kernels before 6.3 lack it
    restrict_families(unit)
    restrict_calls(unit)


if __name__ == "__main__":
    limit(lines_of(Path(sys.argv[1])))
    os.execvp(sys.argv[2], sys.argv[2:])
