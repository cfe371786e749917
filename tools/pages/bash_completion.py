"""Completion for bash, of what a program says of its command line."""

import re
import shlex

WORDS = re.compile(r"[\w-]+(\|[\w-]+)+")
SOURCES = {"FILE": "@files", "PATH": "@files", "DIR": "@folders", "INTERFACE": "@interfaces"}

# Commands are found by the words before the one that is completed. "=" is a word of its own there, between an option
# and its value.
SCRIPT = """# Completion of {name} for bash, made of what '{name} --describe' says.
_{function}() {{
    local -A commands=({commands})
    local -A options=({options})
    local -A arguments=({arguments})
    local -A values=({values})
    local current=${{COMP_WORDS[COMP_CWORD]}} command='{name}' option='' offered word i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${{COMP_WORDS[i]}}
        if [[ $word == = ]]; then
            continue
        elif [[ $word == -* ]]; then
            option=
            if [[ -n ${{values[$word]+takes}} ]]; then option=$word; fi
        elif [[ -n $option ]]; then
            option=
        elif [[ " ${{commands[$command]}} " == *" $word "* ]]; then
            command+=" $word"
        fi
    done
    if [[ $current == = ]]; then current=; fi

    if [[ $current == -* ]]; then
        offered=${{options[$command]}}
    elif [[ -n $option ]]; then
        offered=${{values["$command $option"]-${{values[$option]}}}}
    else
        offered=${{commands[$command]:-${{arguments[$command]:-${{options[$command]}}}}}}
    fi
    case $offered in
        @files) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        @folders) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
        @interfaces) mapfile -t COMPREPLY < <(cd /sys/class/net && compgen -f -- "$current") ;;
        *) mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$current") ;;
    esac
    if [[ $offered == @f* ]]; then compopt -o filenames; fi
}}
complete -F _{function} {name}
"""


def offered_for(value: str) -> str:
    """The words that a value may be, or from where they come; nothing for one that only its writer knows."""
    return value.replace("|", " ") if WORDS.fullmatch(value) else SOURCES.get(value, "")


def commands_of(described: dict, before: str = "", inherited: tuple[dict, ...] = ()) -> list[tuple[str, dict, list]]:
    """Each command by all its words, with the options that it takes."""
    path = f"{before} {described['name']}".strip()
    own = [*described["options"], *(inherited if described["inherits"] else ())]
    found = [(path, described, own)]
    for command in described["commands"]:
        found += commands_of(command, path, tuple(own))
    return found


def values_of(found: list[tuple[str, dict, list]]) -> dict[str, str]:
    """By the option, and by command and option where another command's option of that name takes another value."""
    values: dict[str, str] = {}
    for path, _, own in found:
        for option in own:
            for name in option["names"] if option["value"] else ():
                offered = offered_for(option["value"])
                if values.setdefault(name, offered) != offered:
                    values[f"{path} {name}"] = offered
    return values


def table(entries: dict[str, str]) -> str:
    lines = "".join(f"        [{shlex.quote(key)}]={shlex.quote(text)}\n" for key, text in entries.items())
    return f"\n{lines}    "


def completion(described: dict) -> str:
    found = commands_of(described)
    # Of several names the last is the long one.
    options = {path: " ".join(dict.fromkeys(option["names"][-1] for option in own)) for path, _, own in found}
    arguments = {path: offered_for(command["arguments"][0]["value"]) for path, command, _ in found
                 if command["arguments"]}
    commands = {path: " ".join(following["name"] for following in command["commands"]) for path, command, _ in found}
    return SCRIPT.format(name=described["name"], function=re.sub(r"\W", "_", described["name"]),
                         commands=table(commands), options=table(options), arguments=table(arguments),
                         values=table(values_of(found)))
