"""docs/threat-model.md keeps to what is tested: each row names tests that exist, or says that nothing holds."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "threat-model.md"
HEADING = "| can try | what holds it | shown by |"
UNHELD = "nothing holds it"


def rows():
    """(attacker, what it can try, what holds it, what shows it) of each row of the page."""
    attacker, within, found = "", False, []
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            attacker = line[3:]
        within = line == HEADING or (within and line.startswith("|"))
        if within and line != HEADING and not line.startswith("| ---"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            assert len(cells) == 3, f"not three cells: {line}"
            found.append((attacker, *cells))
    return found


def python_tests():
    for path in (ROOT / "tests").rglob("*.py"):
        yield from re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE)


def unit_tests():
    for path in (ROOT / "tests" / "unit").rglob("*_test.cpp"):
        for suite, name in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", path.read_text(), re.MULTILINE):
            yield f"{suite}.{name}"


def named(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_every_attacker_has_rows():
    attackers = [line[3:] for line in PAGE.read_text().splitlines() if line.startswith("## Who ")]
    assert len(attackers) >= 6
    assert [attacker for attacker in attackers if attacker not in {row[0] for row in rows()}] == []


def test_every_test_that_the_page_names_exists():
    tests = {*python_tests(), *unit_tests()}
    assert len(tests) > 500
    missing = [f"{row[1]}: {name}" for row in rows() for name in named(row[3]) if name not in tests]
    assert missing == []


def test_every_row_names_a_test_or_says_that_nothing_holds():
    silent = [row[1] for row in rows() if not named(row[3]) and UNHELD not in row[2]]
    assert silent == []
    assert len(rows()) > 30
