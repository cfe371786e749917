"""How large the rooms of the source, its files and its functions are. Without arguments this prints the figures; pytest
runs the tests in it, which hold every file and function to a bound.

    tests/house_figures.py [DIR]    the tree to measure; default: the one that this file is in

clang-format puts the brace that ends a function under the first letter of its header, so that no compiler is needed to
see how long it is."""
import pathlib
import re
import statistics
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ("base", "dataplane", "control", "agent", "tools/honeyctl", "tools/honeyrecord")
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60

NO_FUNCTION = re.compile(
    r"(namespace|class|struct|union|enum|extern|if|for|while|switch|else|do|try|case|return)\b|[{}\[]")
TEST = re.compile(r"^TEST(_F|_P)?\(", re.MULTILINE)


class Function(NamedTuple):
    place: str
    name: str
    lines: int


def files_of(root, folders, suffixes=(".cpp", ".hpp")):
    for folder in folders:
        yield from sorted(path for path in (root / folder).rglob("*") if path.suffix in suffixes)


def code_of(line):
    """The line without a comment at its end."""
    return line.split("//")[0].rstrip()


def header_before(lines, last):
    """Number of the line with which the declaration begins that reaches its brace in the line `last`."""
    first = last
    while first > 0:
        before = code_of(lines[first - 1])
        if not before or before[-1] in ";{}" or before.lstrip().startswith("#") or re.search(r"\w:$", before):
            break
        first -= 1
    return first


def is_function(header):
    header = re.sub(r"template <.*?>(?= ?[\w\[:])|\[\[\w+\]\]", "", header).strip()
    begin = re.sub(r"operator.+?(?=\()", "operator", header).split("(")[0].strip()
    return "(" in header and "=" not in begin and not NO_FUNCTION.match(header) and re.search(r"\w$", begin) is not None


def name_of(header):
    return re.sub(r"\s+", " ", header.split("(")[0]).split(" ")[-1]


def functions_of(path, root):
    lines = path.read_text().splitlines()
    number = 0
    while number < len(lines):
        code = code_of(lines[number])
        one_line = re.search(r"\) ?(const|noexcept|override|&| |->.*)*\{.*\}$", code)
        if not code.endswith("{") and not one_line:
            number += 1
            continue
        first = header_before(lines, number)
        header = " ".join(code_of(line).strip() for line in lines[first:number + 1])
        if not is_function(header):
            number += 1
            continue
        last = number
        indent = re.match(r" *", lines[first]).group()
        while not one_line and last + 1 < len(lines) and not lines[last].startswith(indent + "}"):
            last += 1
        yield Function(f"{path.relative_to(root)}:{first + 1}", name_of(header), last - first + 1)
        number = last + 1


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def comment_share(paths):
    lines = [line.strip() for path in paths for line in path.read_text().splitlines()]
    return sum(line.startswith("//") for line in lines) / len(lines)


def rooms_of(paths, root):
    return sorted({str(path.parent.relative_to(root)) for path in paths})


def unit_tests_of(root, room):
    folder = root / "tests/unit" / room
    return sum(len(TEST.findall(path.read_text())) for path in folder.glob("*.cpp")) if folder.is_dir() else 0


def row(name, values, shares):
    shown = "".join(f"{percentile(values, share):7}" for share in shares)
    print(f"{name:28}{len(values):7}{statistics.median(values):9.0f}{shown}{max(values):7}")


def print_figures(root):
    paths = list(files_of(root, SOURCES))
    functions = [function for path in paths for function in functions_of(path, root)]
    lines = [len(path.read_text().splitlines()) for path in paths]
    print(f"{'':28}{'number':>7}{'median':>9}{'p90':>7}{'p99':>7}{'most':>7}")
    row("files, in lines", lines, (0.9, 0.99))
    row("functions, in lines", [function.lines for function in functions], (0.9, 0.99))
    for bound in (40, MOST_LINES_OF_A_FUNCTION):
        print(f"functions over {bound} lines: {sum(function.lines > bound for function in functions)}")
    print(f"lines in all: {sum(lines)}, of which comments: {comment_share(paths):.1%}")
    print("longest functions: " + ", ".join(f"{function.name} {function.lines} ({function.place})"
                                            for function in sorted(functions, key=lambda one: -one.lines)[:5]))
    print(f"\n{'room':28}{'files':>7}{'lines':>9}{'unit tests':>12}")
    for room in rooms_of(paths, root):
        inside = [path for path in paths if str(path.parent.relative_to(root)) == room]
        length = sum(len(path.read_text().splitlines()) for path in inside)
        print(f"{room:28}{len(inside):7}{length:9}{unit_tests_of(root, room):12}")
    elsewhere = sum(len(TEST.findall(path.read_text())) for path in (root / "tests/unit").rglob("*.cpp"))
    print(f"unit tests in all: {elsewhere}")


def test_no_file_is_longer_than_allowed():
    paths = [*files_of(ROOT, (*SOURCES, "tests")), *files_of(ROOT, ("tests", "tools"), (".py",))]
    assert len(paths) > 300
    too_long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in paths}
    assert {place: lines for place, lines in too_long.items() if lines > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_allowed():
    functions = [function for path in files_of(ROOT, SOURCES) for function in functions_of(path, ROOT)]
    assert len(functions) > 1500
    assert [function for function in functions if function.lines > MOST_LINES_OF_A_FUNCTION] == []


def test_functions_are_seen(tmp_path):
    (tmp_path / "x.cpp").write_text("""\
namespace x {
int one() { return 1; }

template <typename T = int>
[[nodiscard]] static bool two(const T& value,
                              int other = 3) {
    if (value) {
        return false;
    }
    return true;
}

constexpr std::array numbers{
    1, 2};

class Three {
  public:
    explicit Three(int a)
        : a_(a) {
        grow();
    }
    bool operator==(const Three& other) const {
        return a_ == other.a_;
    }
};
}  // namespace x
""")
    assert [(function.name, function.lines) for function in functions_of(tmp_path / "x.cpp", tmp_path)] == [
        ("one", 1), ("two", 8), ("Three", 4), ("operator==", 3)]


if __name__ == "__main__":
    print_figures(pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT)
