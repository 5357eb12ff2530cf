"""Paths of znodes: what is one, and why not (`PathUtils`)."""

from __future__ import annotations

import re

ROOT, ZOOKEEPER = "/", "/zookeeper"
QUOTA, CONFIG, PROC = "/zookeeper/quota", "/zookeeper/config", "/zookeeper/proc"
SPECIAL = frozenset({ROOT, PROC, QUOTA, CONFIG, ZOOKEEPER})
"""What nobody may delete."""

_WRONG = re.compile(
    "(?P<null>\0)"
    "|(?P<empty>(?<=/)/)"
    r"|(?P<relative>(?<=/)\.\.?(?=/|\Z))"
    "|(?P<invalid>[\x01-\x1f\x7f-\x9f\ud800-\uf8ff\ufff0-\U0010ffff])"
)
"""Beyond U+FFFF, Java's strings have surrogates, which are not allowed."""
_REASONS = {
    "null": "null character not allowed",
    "empty": "empty node name specified",
    "relative": "relative paths not allowed",
    "invalid": "invalid character",
}


def problem(path: str) -> str | None:
    """Why this is not a path, in ZooKeeper's words; None when it is one."""
    if not path:
        return "Path length must be > 0"
    if path[0] != "/":
        return "Path must start with / character"
    if len(path) > 1 and path[-1] == "/":
        return "Path must not end with / character"
    wrong = _WRONG.search(path, 1)
    if wrong is None or wrong.lastgroup is None:
        return None
    return f'Invalid path string "{path}" caused by {_REASONS[wrong.lastgroup]} @{wrong.end() - 1}'


def parent_of(path: str) -> str:
    """The path before the last slash; "/" for what is right below the root, and for the root itself."""
    return path[: path.rfind("/")] or ROOT


def name_of(path: str) -> str:
    return path[path.rfind("/") + 1 :]


def join(parent: str, name: str) -> str:
    return f"{'' if parent == ROOT else parent}/{name}"


def ancestors(path: str) -> list[str]:
    """The path itself, its parent, and so on up to the root."""
    found = [path]
    while path != ROOT:
        path = parent_of(path)
        found.append(path)
    return found
