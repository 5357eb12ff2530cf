"""Where in a protocol's source each rule is applied: what the Code tab shows is the code that ran."""

from __future__ import annotations

import ast
import inspect
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.sim.config import find
from protocols.actor import Actor
from protocols.registry import PROTOCOLS, Protocol, clients, protocol_of

HOME = Path(inspect.getfile(Actor)).parent.parent


@lru_cache
def source_map(service: str) -> dict[str, Any]:
    """`{file, source, rules: {rule: [line, function, first, last]}, handlers: {function: [first, last]}}`.

    Raises Refused for a service that does not exist.
    """
    find(service, (*PROTOCOLS, *clients()), "unknown-service")
    paths = source_files(protocol_of(service))
    source = paths[0].read_text(encoding="utf-8") if len(paths) == 1 else joined(paths)
    folder = paths[0].parent.relative_to(HOME)
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    rules: dict[str, list[Any]] = {}
    for function in functions:
        for rule, line in explained_in(function):
            rules.setdefault(rule, [line, function.name, function.lineno, function.end_lineno])
    return {
        "file": f"{folder}/{paths[0].name}" if len(paths) == 1 else f"{folder}/",
        "source": source,
        "rules": rules,
        "handlers": {f.name: [f.lineno, f.end_lineno] for f in functions},
    }


def source_files(protocol: Protocol) -> list[Path]:
    """The files that a protocol's actor is written in: its own, those of its messages and its state where it
    has a folder, and those of the classes it is made of."""
    parts = [c for c in protocol.actor.__mro__ if issubclass(c, Actor) and c is not Actor]
    own = Path(inspect.getfile(protocol.actor))
    told = [Path(inspect.getfile(c)) for c in (*protocol.actor.messages, protocol.state)]
    beside = [path for path in told if path.parent == own.parent != HOME / "protocols"]
    return list(dict.fromkeys([own, *beside, *(Path(inspect.getfile(c)) for c in parts)]))


def joined(paths: list[Path]) -> str:
    """Several files as one text, each under its name."""
    return "\n\n".join(
        f"# ===== {path.relative_to(HOME)} =====\n\n{path.read_text(encoding='utf-8')}" for path in paths
    )


def explained_in(function: ast.FunctionDef) -> list[tuple[str, int]]:
    """The rules that a function explains, with the line; a choice of two counts as both."""
    found = []
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "explain" and call.args:
            for node in ast.walk(call.args[0]):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append((node.value, call.lineno))
    return found
