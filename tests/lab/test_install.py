"""What `meson install` brings: everything that the units and README.md name."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from laboratory.paths import SOURCE, default_build

PREFIX = Path("usr/local")
DOC = PREFIX / "share/doc/honeyswitch"
UNITS = PREFIX / "lib/systemd/system"
OURS = ("honeyswitch", "honeyctl", "honeyrecord", "honeyswitch-agent", "honeyswitch-setup", "bind-nics",
        "honeypot-setup", "setup-hugepages")
# What README.md names besides, of Debian and of the clone in which its steps are done.
OTHERS = ("apt", "meson", "ninja", "systemctl", "systemd-sysusers", "install", "tools/install", "ovs-ofctl",
          "read_group")


@pytest.fixture(scope="module", name="root")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    result = subprocess.run(["meson", "install", "-C", str(default_build()), "--no-rebuild", "--destdir", str(root)],
                            capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return root


def program(root: Path, name: str) -> Path | None:
    return next((path for path in (root / PREFIX / folder / name for folder in ("bin", "sbin")) if path.exists()), None)


def real_execution(root: Path, *command: str) -> subprocess.CompletedProcess:
    """With what was installed where it belongs: below this machine's /usr/local, for this command alone."""
    script = f'mount --bind "{root / PREFIX}" /{PREFIX} && exec "$@"'
    return subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", *command], capture_output=True, text=True,
                          check=False, timeout=60)


def units(root: Path) -> list[Path]:
    return sorted((root / UNITS).glob("*.service"))


def section(name: str) -> str:
    text = (SOURCE / "README.md").read_text()
    return text[text.index(f"## {name}"):].partition("\n## ")[0]


@pytest.mark.parametrize("name", OURS)
def test_every_program_is_there_and_runs(root, name) -> None:
    result = real_execution(root, name, "--help")
    assert result.returncode == 0 and "sage:" in result.stdout, result.stderr


def test_all_units_are_there_and_systemd_has_nothing_to_say(root) -> None:
    names = [path.name for path in units(root)]
    assert names == ["honeyrecord.service", "honeyswitch-agent.service", "honeyswitch.service"]
    result = real_execution(root, "systemd-analyze", "verify", *(f"/{UNITS}/{name}" for name in names))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_every_path_that_a_unit_names_is_there(root) -> None:
    """Those below /usr; what is below /etc and /run is the operator's, and systemd's."""
    for unit in units(root):
        named = re.findall(r"(/usr/[\w./-]+)", unit.read_text())
        assert len(named) >= 3
        for path in named:
            assert (root / path.lstrip("/")).exists(), f"{unit.name} names {path}"
        assert "@" not in re.sub(r"SystemCallFilter=.*", "", unit.read_text())


def test_no_unit_is_given_up(root) -> None:
    """The link is down as long as honeyswitch does not run: whatever it misses, it is started again."""
    for unit in units(root):
        text = unit.read_text()
        before_service = text.partition("[Service]")[0]
        assert "\nStartLimitIntervalSec=0\n" in before_service
        assert "\nRestart=" in text and "RestartPreventExitStatus" not in text


def test_the_link_does_not_wait_for_a_management_network(root) -> None:
    text = (root / UNITS / "honeyswitch.service").read_text()
    orders = [line for line in text.splitlines() if line.startswith(("After=", "Wants=", "Requires=", "Before="))]
    assert orders == ["After=network-pre.target systemd-tmpfiles-setup.service honeyswitch-nics.service"]


@pytest.mark.parametrize("service", ["honeyswitch-agent", "honeyrecord"])
def test_the_users_of_services_are_made(root, service) -> None:
    user = re.search(r"^User=(.*)$", (root / UNITS / f"{service}.service").read_text(), re.MULTILINE)[1]
    lines = (root / PREFIX / f"lib/sysusers.d/{service}.conf").read_text().splitlines()
    assert any(line.split()[:2] == ["u", user] for line in lines if not line.startswith("#"))
    (root / "etc").mkdir(exist_ok=True)
    made = subprocess.run(["systemd-sysusers", f"--root={root}"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert f"{user}:" in (root / "etc/passwd").read_text()


@pytest.mark.parametrize("page", [str(path.relative_to(SOURCE)) for path in sorted(SOURCE.rglob("*.md"))
                                  if not path.relative_to(SOURCE).parts[0].startswith(("build", "."))])
def test_every_page_is_there_with_what_it_links_to(root, page) -> None:
    assert (root / DOC / page).exists()
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (root / DOC / page).read_text()):
        target = os.path.normpath(DOC / Path(page).parent / link)
        assert (root / target).exists(), f"{page} links to {link}"


def test_every_file_that_the_installation_names_is_there(root) -> None:
    files = set(re.findall(r"(?<![\w/])((?:conf|docs|agent|control|dataplane)/[\w./-]+\.\w+)", section("On real NICs")))
    assert "conf/honeyswitch.toml" in files
    for name in files:
        assert (SOURCE / name).exists() and (root / DOC / name).exists(), name
    tools = set(re.findall(r"tools/[\w-]+(?!\w|-|\.md)", section("On real NICs")))
    assert tools and all((SOURCE / tool).exists() for tool in tools), tools


def commands(text: str) -> list[list[str]]:
    """What stands in backquotes and is more than a name: a command and its words."""
    quoted = re.findall(r"`([^`]+)`", text)
    return [part.split() for code in quoted for part in code.split(" && ") if " " in part]


def test_every_command_of_the_installation_can_be_typed(root) -> None:
    seen = set()
    for words in commands(section("On real NICs")):
        name = words[0]
        assert name in (*OURS, *OTHERS), f"README.md says '{' '.join(words)}'"
        if name in OURS:
            seen.add(name)
            options = {word.partition("=")[0] for word in words if word.startswith("--")}
            # honeyctl's and the agent's subcommands have a help of their own.
            subcommand = words[1:2] if name in ("honeyctl", "honeyswitch-agent") else []
            known = real_execution(root, name, *subcommand, "--help").stdout
            if name == "honeyctl" and len(words) > 2:
                known += real_execution(root, name, *words[1:3], "--help").stdout
            assert options <= set(re.findall(r"--[\w-]+", known)), words
    assert seen == set(OURS)


def test_the_example_is_installed_as_the_steps_say(root, tmp_path) -> None:
    words = next(words for words in commands(section("On real NICs")) if words[0] == "install")
    target = tmp_path / words[-1].lstrip("/")
    subprocess.run([*words[:-1], str(target)], check=True, cwd=SOURCE)
    check = next(words for words in commands(section("On real NICs")) if words[:2] == ["honeyswitch", "--check"])
    result = real_execution(root, *check[:-1], str(target))
    assert "the configuration is valid" in result.stdout, result.stderr
    # The example's NICs are not this machine's; of the configuration itself there is nothing to say.
    errors = [line for line in result.stderr.splitlines() if " warning: " not in line]
    assert all(line.startswith("honeyswitch: on this machine: ") for line in errors), result.stderr
    assert result.returncode == (1 if errors else 0)
