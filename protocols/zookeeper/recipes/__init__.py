"""Recipes: what people build from znodes and watches, each a short program against the client API.

After "ZooKeeper Recipes and Solutions" (its documentation); each file names its section. `RECIPES` knows
them by name; the arguments are those of the function, as words.
"""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any

from protocols.actor import Impossible
from protocols.zookeeper.programs import Program
from protocols.zookeeper.recipes.barrier import barrier_close, barrier_pass
from protocols.zookeeper.recipes.config import publish, subscribe
from protocols.zookeeper.recipes.double_barrier import double_barrier
from protocols.zookeeper.recipes.election import election
from protocols.zookeeper.recipes.group import member, observe_group
from protocols.zookeeper.recipes.lock import lock
from protocols.zookeeper.recipes.lock_herd import lock_herd
from protocols.zookeeper.recipes.naming import claim, unique_id
from protocols.zookeeper.recipes.queue import consume, produce
from protocols.zookeeper.recipes.read_write_lock import read_lock, write_lock
from protocols.zookeeper.recipes.servers import listener, server

RECIPES: dict[str, Program] = {
    program.__name__.replace("_", "-"): program
    for program in (
        lock, lock_herd, read_lock, write_lock, election, server, listener, publish, subscribe, unique_id,
        claim, barrier_close, barrier_pass, double_barrier, produce, consume, member, observe_group,
    )
}  # fmt: skip


def recipe(name: str, words: tuple[str, ...]) -> tuple[Program, tuple[Any, ...]]:
    """The program `name`, and `words` as its arguments."""
    program = RECIPES.get(name)
    if program is None:
        raise Impossible("unknown-recipe", recipe=name, known=", ".join(RECIPES))
    return program, arguments(name, program, words)


def arguments(name: str, program: Program, words: tuple[str, ...]) -> tuple[Any, ...]:
    """A path begins with a slash, a number is a whole one, and what has no default must be there."""
    left = list(words)
    args: list[Any] = []
    for parameter in list(signature(program).parameters.values())[1:]:
        if parameter.kind == Parameter.VAR_POSITIONAL:
            args += left
            left = []
        elif left:
            args.append(argument(name, parameter, left.pop(0)))
        elif parameter.default is Parameter.empty:
            raise Impossible("recipe-arguments", usage=usage(name))
    if left:
        raise Impossible("recipe-arguments", usage=usage(name))
    return tuple(args)


def argument(name: str, parameter: Parameter, word: str) -> Any:
    if parameter.annotation == "int":
        if not word.isdecimal():
            raise Impossible("recipe-number", word=word, argument=parameter.name, usage=usage(name))
        return int(word)
    if parameter.name == "path" and (len(word) < 2 or word[0] != "/" or word[-1] == "/"):
        raise Impossible("recipe-path", word=word, usage=usage(name))
    return word


def usage(name: str) -> str:
    """`lock path [hold]`"""
    words = [name]
    for parameter in list(signature(RECIPES[name]).parameters.values())[1:]:
        if parameter.kind == Parameter.VAR_POSITIONAL:
            words.append(f"[{parameter.name}…]")
        else:
            words.append(parameter.name if parameter.default is Parameter.empty else f"[{parameter.name}]")
    return " ".join(words)
