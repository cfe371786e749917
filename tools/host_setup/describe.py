"""How a tool tells what its command line takes, for those who write of it: completion of a shell, the manual."""

import argparse
import json


def describe_option(parser: argparse.ArgumentParser, action: argparse.Action) -> dict:
    takes_value = action.nargs != 0
    value = ""
    if takes_value:
        value = "|".join(map(str, action.choices)) if action.choices else action.metavar or action.dest.upper()
    needed = takes_value and action.nargs not in ("?", "*")
    text = (action.help or "") % {**vars(action), "prog": parser.prog}
    return {"names": action.option_strings, "value": value, "value_needed": needed, "initial": "", "group": "Options",
            "help": text}


class Describe(argparse.Action):
    """--describe, which the help does not show: prints what the help shows as one JSON document of the shape that
    tools/pages/README.md has, and exits, as the programs of C++ do."""

    def __init__(self, option_strings: list[str], dest: str):
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=argparse.SUPPRESS)

    def __call__(self, parser: argparse.ArgumentParser, *_) -> None:
        # argparse has no public list of what was added to a parser.
        shown = [action for action in parser._actions  # pylint: disable=protected-access
                 if action.help != argparse.SUPPRESS]
        print(json.dumps({
            "name": parser.prog, "help": parser.description,
            "options": [describe_option(parser, action) for action in shown if action.option_strings],
            "arguments": [describe_option(parser, action) for action in shown if not action.option_strings],
            "commands": [], "inherits": False}))
        parser.exit()
