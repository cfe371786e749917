"""A page of the manual, of what a program says of its command line. groff_man(7) has the requests."""

import re


def plain(text: str) -> str:
    """Text as it is: a dash is one that can be copied into a shell, and no line is a request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"(?m)^(?=[.'])", r"\\&", escaped)


def paragraphs(text: str) -> list[str]:
    """Paragraphs are filled; lines that begin with a space are examples, and stay as they are."""
    lines: list[str] = []
    for block in text.strip().split("\n\n"):
        lines.append(".PP")
        example = False
        for line in block.split("\n"):
            if line.startswith(" ") != example:
                example = not example
                lines += [".RS", ".nf"] if example else [".fi", ".RE"]
            lines.append(plain(line.strip()))
        if example:
            lines += [".fi", ".RE"]
    return lines


def value_text(option: dict) -> str:
    value = f"\\fI{plain(option['value'])}\\fR"
    return value if option["value_needed"] else f"[{value}]"


def option_lines(option: dict) -> list[str]:
    names = ", ".join(f"\\fB{plain(name)}\\fR" for name in option["names"])
    value = f" {value_text(option)}" if option["value"] else ""
    initial = f" [{option['initial']}]" if option["initial"] else ""
    return [".TP", names + value, plain(option["help"] + initial)]


def argument_lines(argument: dict) -> list[str]:
    return [".TP", value_text(argument), plain(argument["help"])]


def option_groups(options: list[dict]) -> list[str]:
    """The options under the headings of their groups, as --help shows them; the first group needs none."""
    lines: list[str] = []
    group = options[0]["group"] if options else ""
    for option in options:
        if option["group"] != group:
            group = option["group"]
            lines.append(f'.SS "{plain(group)}"')
        lines += option_lines(option)
    return lines


def synopsis(command: dict, path: str) -> str:
    words = [f"\\fB{plain(path)}\\fR"]
    words += ["[\\fIOPTION\\fR ...]"] if command["options"] else []
    words += [value_text(argument) for argument in command["arguments"]]
    words += ["\\fICOMMAND\\fR ..."] if command["commands"] else []
    return " ".join(words)


def command_lines(commands: list[dict], before: str) -> list[str]:
    lines: list[str] = []
    for command in commands:
        path = f"{before} {command['name']}"
        lines += [f'.SS "{plain(path)}"', synopsis(command, path), *paragraphs(command["help"])]
        for argument in command["arguments"]:
            lines += argument_lines(argument)
        lines += option_groups([option for option in command["options"] if "--help" not in option["names"]])
        lines += command_lines(command["commands"], path)
    return lines


def title_of(described: dict) -> tuple[str, str]:
    """The first sentence, as a page's title is written, and the rest."""
    sentence, rest = re.fullmatch(r"(.+?)\.(?:\n+| |$)(.*)", described["help"], re.S).groups()
    return " ".join((sentence[0].lower() + sentence[1:]).split()), rest


def manual(described: dict, version: str, documents: str) -> str:
    name = described["name"]
    title, description = title_of(described)
    lines = [f'.TH {plain(name.upper())} 8 "" "honeyswitch {plain(version)}" "honeyswitch"',
             ".SH NAME", f"{plain(name)} \\- {plain(title)}", ".SH SYNOPSIS", synopsis(described, name)]
    if description:
        lines += [".SH DESCRIPTION", *paragraphs(description)]
    for argument in described["arguments"]:
        lines += argument_lines(argument)
    lines += [".SH OPTIONS", *option_groups(described["options"])]
    if described["commands"]:
        lines += [".SH COMMANDS", *command_lines(described["commands"], name)]
    lines += [".SH SEE ALSO", f"The pages below \\fI{plain(documents)}\\fR."]
    return "\n".join(lines) + "\n"
