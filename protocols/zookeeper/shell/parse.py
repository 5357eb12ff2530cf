"""A line of the shell: into words, and the words into options and arguments, as zkCli and Commons CLI do."""

from __future__ import annotations

import re

import msgspec

from protocols.zookeeper.paths import problem

WORD = re.compile(r"""\s*([^"']\S*|"[^"]*"|'[^']*')\s*""", re.ASCII)
COMMONS = "org.apache.commons.cli."
INT, LONG = 31, 63
"""Bits of Java's numbers, without the sign."""


class Refused(Exception):
    """The command does nothing, and says why."""


class Syntax(msgspec.Struct, frozen=True):
    """What a command takes: `flags` and `valued` are letters, the latter followed by a word each; of
    `group`, one alone may be given (and must be, if `required`); `least` and `most` arguments, `most` -1
    for any number; what is `free` is not looked at."""

    usage: str = ""
    flags: str = ""
    valued: str = ""
    least: int = 0
    most: int = 0
    group: str = ""
    required: bool = False
    free: bool = False


class Given(msgspec.Struct, frozen=True):
    """What was given to a command: options by their letters ("" for flags), arguments, and the words that
    it has no use for."""

    options: dict[str, str]
    words: tuple[str, ...]
    ignored: tuple[str, ...] = ()


def words(line: str) -> tuple[str, ...]:
    """Words are set apart by spaces; one that begins with a quote ends with it. There are no escapes."""
    found, at = [], 0
    for match in WORD.finditer(line):
        if line[at : match.start()].strip():
            break
        word = match[1]
        quoted = len(word) > 1 and word[0] == word[-1] and word[0] in "\"'"
        found.append(word[1:-1] if quoted else word)
        at = match.end()
    if line[at:].strip():
        raise Refused(f"Unbalanced quote: {line[at:].strip()}")  # zkCli drops the quote silently
    return tuple(found)


def parse(name: str, syntax: Syntax, given: tuple[str, ...]) -> Given:
    """Options may stand anywhere before `--`, and several flags behind one dash."""
    if syntax.free:
        return Given({}, given)
    options: dict[str, str] = {}
    arguments: list[str] = []
    left = list(given)
    while left:
        word = left.pop(0)
        if word == "--":
            arguments += left
            break
        if len(word) > 1 and word[0] == "-":
            take_options(syntax, word, options, left)
        else:
            arguments.append(word)
    if syntax.required and not options:
        raise Refused(f"{COMMONS}MissingOptionException: Missing required option: [{GROUP}]")
    if len(arguments) < syntax.least:
        raise Refused(f"{name} {syntax.usage}")
    most = len(arguments) if syntax.most < 0 else syntax.most
    return Given(options, tuple(arguments[:most]), tuple(arguments[most:]))


GROUP = "-n num soft quota, -b bytes soft quota, -N num hard quota, -B bytes hard quota"


def take_options(syntax: Syntax, word: str, options: dict[str, str], left: list[str]) -> None:
    """`word` is one option or more; the value of the last may be the next word."""
    for at, letter in enumerate(word[1:], 1):
        if letter not in syntax.flags + syntax.valued:
            raise Refused(f"{COMMONS}UnrecognizedOptionException: Unrecognized option: {word}")
        alone(syntax, letter, options)
        if letter in syntax.flags:
            options[letter] = ""
        else:
            options[letter] = word[at + 1 :] or value(syntax, letter, left)
            return


def alone(syntax: Syntax, letter: str, options: dict[str, str]) -> None:
    other = next((o for o in options if o in syntax.group and letter in syntax.group and o != letter), None)
    if other is not None:
        raise Refused(
            f"{COMMONS}AlreadySelectedException: The option '{letter}' was specified but an option from "
            f"this group has already been selected: '{other}'"
        )


def value(syntax: Syntax, letter: str, left: list[str]) -> str:
    """The next word; one that looks like an option is none, unless it is a number."""
    if not left or (left[0][:1] == "-" and not is_number(left[0])):
        raise Refused(f"{COMMONS}MissingArgumentException: Missing argument for option: {letter}")
    return left.pop(0)


def is_number(word: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", word) is not None


def integer(word: str, otherwise: str, bits: int = INT) -> int:
    """Java's parseInt, or parseLong."""
    if re.fullmatch(r"[+-]?[0-9]{1,19}", word) and -(1 << bits) <= int(word) < 1 << bits:
        return int(word)
    raise Refused(otherwise)


def checked(path: str, sequential: bool = False) -> str:
    """`path`, if the client library lets it pass; a sequential one has its number still to come."""
    reason = problem(path + "1" if sequential else path)
    if reason is not None:
        raise Refused(reason)
    return path
