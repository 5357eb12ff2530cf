"""How a line that is being typed may go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from protocols.zookeeper.shell.commands import COMMANDS
from protocols.zookeeper.shell.watches import MODES


def complete(line: str, children_of: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """What the last word of `line` may become, sorted. `children_of` gives the names that are known to be
    under a path; it need not know them all."""
    *before, last = line.lstrip().split(" ")
    before = [word for word in before if word]
    if not before:
        return tuple(sorted(name for name in COMMANDS if name.startswith(last)))
    if before[0] == "printwatches":
        return tuple(word for word in ("off", "on") if word.startswith(last))
    if before[0] == "addWatch" and before[-1] == "-m":
        return tuple(mode for mode in MODES if mode.startswith(last.upper()))
    if last.startswith("-"):
        return options(before, last)
    return paths(last, children_of) if last.startswith("/") else ()


def options(before: list[str], last: str) -> tuple[str, ...]:
    """Those of the command that were not given yet."""
    command = COMMANDS.get(before[0])
    letters = sorted(command.syntax.flags + command.syntax.valued) if command else []
    return tuple(f"-{c}" for c in letters if f"-{c}" not in before and f"-{c}".startswith(last))


def paths(last: str, children_of: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    parent, _, start = last.rpartition("/")
    return tuple(f"{parent}/{name}" for name in sorted(children_of(parent or "/")) if name.startswith(start))
