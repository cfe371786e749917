"""Completion and the manual say what the programs say. Run in a build directory, HONEYSWITCH_BUILD."""
import os
import pathlib
import pty
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("HONEYSWITCH_BUILD", ROOT / "build"))
PAGES = BUILD / "tools" / "pages"
PROGRAMS = {"honeyswitch": BUILD / "control" / "honeyswitch", "honeyctl": BUILD / "tools" / "honeyctl",
            "honeyrecord": BUILD / "tools" / "honeyrecord" / "honeyrecord",
            "honeyswitch-agent": BUILD / "agent" / "honeyswitch-agent",
            **{name: ROOT / "tools" / name for name in ("bind-nics", "honeypot-setup", "setup-hugepages")},
            "honeyswitch-setup": ROOT / "tools/setup"}
# What bash does when the key is pressed, without readline, which alone has compopt.
COMPLETE = """source "$1"
compopt() { :; }
COMP_WORDS=("${@:2}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"$(complete -p "$2" | sed 's/.* -F \\([^ ]*\\) .*/\\1/')"
printf '%s\\n' "${COMPREPLY[@]}"
"""
ROWS = [
    ("honeyctl", ["list", "a"], ["add"]),
    ("honeyctl", ["link", ""], ["up"]),
    ("honeyctl", ["list", ""], ["show", "add", "remove"]),
    ("honeyctl", ["--socket", "/x", "li"], ["lists", "list", "link"]),
    ("honeyctl", ["progress", "--by", ""], ["port", "network"]),
    ("honeyctl", ["progress", "--by", "=", "n"], ["network"]),
    ("honeyctl", ["progress", "--by", "="], ["port", "network"]),
    ("honeyctl", ["report", "--by", ""], ["port", "network", "honeypot", "day", "hour"]),
    ("honeyctl", ["report", "--by", "=", "h"], ["honeypot", "hour"]),
    ("honeyctl", ["audit", "--verify", "/etc/hostn"], ["/etc/hostname"]),
    ("honeyctl", ["list", "add", "--fo"], ["--for"]),
    ("honeyctl", ["list", "add", "--so"], ["--socket"]),
    ("honeyctl", ["--limit", "list", "a"], ["active", "agents", "addresses", "audit"]),
    ("honeyctl", ["--fo"], []),
    ("honeyswitch", ["--admission-mode", "h"], ["handshake"]),
    ("honeyswitch", ["--idle-timeout", ""], []),
    ("honeyswitch", ["--config", "/etc/pass"], ["/etc/passwd", "/etc/passwd-"]),
    ("honeyswitch-agent", ["k"], ["keygen"]),
    ("honeyswitch-agent", ["keygen", "/etc/hostn"], ["/etc/hostname"]),
    ("honeyswitch-agent", ["keygen", "--ch"], []),
    ("honeyswitch-agent", ["--interface", "l"], ["lo"]),
    ("honeyswitch-agent", ["--status", "--che"], ["--check"]),
    ("honeyrecord", ["--log-level", "d"], ["debug"]),
    ("bind-nics", ["--bind", "0000:03:00.0", "--pers"], ["--persist"]),
    ("setup-hugepages", ["--etc", "/et"], ["/etc"]),
    ("honeypot-setup", ["--un"], ["--unpersist", "--undo"]),
]


def call(*command):
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


def complete(program, words):
    return call("bash", "--norc", "-c", COMPLETE, "bash", PAGES / program, program, *words).split()


def page(program):
    """As a reader sees it, without the marks of bold and underlined."""
    command = ["groff", "-man", "-ww", "-Tutf8", "-P-c", "-Kutf8", "-rLL=500n", PAGES / f"{program}.8"]
    formatted = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert formatted.stderr == ""
    return re.sub(".\b", "", formatted.stdout).replace("‐", "-").replace("−", "-")


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def helps(program, *before):
    """What --help says, of the program and of each of its commands."""
    text = call(PROGRAMS[program], *before, "--help")
    yield before, text
    commands = text.partition("\nSubcommands:\n")[2]
    for command in re.findall(r"(?m)^  (\S+)", commands):
        yield from helps(program, *before, command)


@pytest.mark.parametrize("program, words, expected", ROWS)
def test_bash_is_offered(program, words, expected):
    if expected[:1] == ["/etc/passwd"]:
        assert set(complete(program, words)) >= {"/etc/passwd"}
    else:
        assert complete(program, words) == expected


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_and_option_of_the_help_is_offered_and_in_the_manual(program):
    manual = page(program)
    seen = 0
    for before, text in helps(program):
        offered = set(complete(program, [*before, "--"]))
        listed = set(re.findall(r"(?m)^  (?:-\w, ?)?(--[a-z-]+)", text))
        assert listed - offered == set()
        assert listed - options_in(manual) == set()
        if before:
            assert f"{program} {' '.join(before)}" in manual
            assert before[-1] in complete(program, before)
        seen += 1
    assert seen >= {"honeyctl": 18, "honeyswitch-agent": 2}.get(program, 1)


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_is_offered_that_the_program_does_not_know(program):
    known = {option for _, text in helps(program) for option in options_in(text)}
    assert set(complete(program, ["--"])) - known == set()


def test_a_word_is_no_code(tmp_path):
    """What was typed before the key is text: nothing of it runs."""
    mark = tmp_path / "mark"
    words = [f"-$(touch {mark})", f"$(touch {mark})", f"--by=$(touch {mark})", "prog"]
    assert complete("honeyctl", words) == ["progress"]
    assert not mark.exists()


def test_in_a_shell_of_its_own():
    """The key itself, in a terminal."""
    here, there = pty.openpty()
    with subprocess.Popen(["bash", "--norc", "--noprofile", "-i"], stdin=there, stdout=there, stderr=there,
                          env={**os.environ, "PS1": "$ ", "TERM": "dumb"}) as shell:
        os.close(there)
        os.write(here, f"source {PAGES}/honeyctl; honeyctl() {{ echo \"asked: $*\"; }}\n".encode())
        os.write(here, b"honeyctl prog\t--js\t\nexit\n")
        said = b""
        while b"asked: progress --json" not in said:
            said += os.read(here, 4096)
        shell.wait(timeout=60)
    os.close(here)
