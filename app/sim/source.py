"""Where in a protocol's source each rule is applied: what the Code tab shows is the code that ran."""

from __future__ import annotations

import ast
import inspect
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.sim.config import find, protocol_of
from protocols.registry import PROTOCOLS


@lru_cache
def source_map(service: str) -> dict[str, Any]:
    """`{file, source, rules: {rule: [line, function, first, last]}, handlers: {function: [first, last]}}`.

    Raises Refused for a service that does not exist.
    """
    find(service, (*PROTOCOLS, "client"), "unknown-service")
    path = Path(inspect.getfile(protocol_of(service).actor))
    source = path.read_text(encoding="utf-8")
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    rules: dict[str, list[Any]] = {}
    for function in functions:
        for rule, line in explained_in(function):
            rules.setdefault(rule, [line, function.name, function.lineno, function.end_lineno])
    return {
        "file": f"protocols/{path.name}",
        "source": source,
        "rules": rules,
        "handlers": {f.name: [f.lineno, f.end_lineno] for f in functions},
    }


def explained_in(function: ast.FunctionDef) -> list[tuple[str, int]]:
    """The rules that a function explains, with the line; a choice of two counts as both."""
    found = []
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "explain" and call.args:
            for node in ast.walk(call.args[0]):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append((node.value, call.lineno))
    return found
