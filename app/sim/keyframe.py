"""A moment of a run as bytes, and back: from where a journal can begin anew when it has become too long.

A keyframe fits the code that made it and no other; `code()` names that code. Reading one makes objects of the
simulator's and the protocols' own classes and of a few plain ones, and calls nothing else, whatever the bytes
say.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import zlib
from functools import lru_cache
from pathlib import Path
from types import MethodType
from typing import Any

from app.sim.config import ClusterConfig
from app.sim.process import NOBODY
from app.sim.simulation import Simulation
from protocols.actor import Actor
from protocols.law import Law
from protocols.registry import PROTOCOLS, protocol_of, with_clients

ROOT = Path(__file__).parent.parent.parent
OURS = ("app.sim.", "protocols.")
PLAIN = {
    *(("builtins", name) for name in ("range", "set", "frozenset")),
    *(("collections", name) for name in ("Counter", "OrderedDict", "deque")),
    *(("rpds", name) for name in ("HashTrieMap", "HashTrieSet", "List", "Queue")),
    ("msgspec._core", "UNSET"),
}


class Unreadable(Exception):
    """These bytes are no keyframe of this code."""


def freeze(sim: Simulation) -> bytes:
    """This moment, without events that nobody has taken yet."""
    out = io.BytesIO()
    _Writer(out, sim.config).dump(sim)
    return zlib.compress(out.getvalue(), 1)


def thaw(config: ClusterConfig, data: bytes) -> Simulation:
    """The moment again. Raises Unreadable."""
    try:
        sim = _Reader(io.BytesIO(zlib.decompress(data)), config).load()
    except Exception as error:  # there is no end to what can be wrong with bytes
        raise Unreadable(str(error)) from error
    if not isinstance(sim, Simulation):
        raise Unreadable("no simulation")
    return sim


@lru_cache
def code() -> str:
    """Changes with every file that a trace can depend on."""
    digest = hashlib.sha256()
    for folder in (ROOT / "protocols", ROOT / "app" / "sim"):
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class _Writer(pickle.Pickler):
    def __init__(self, out: io.BytesIO, config: ClusterConfig) -> None:
        super().__init__(out, protocol=5)
        self._config = config

    def persistent_id(self, value: Any) -> Any:
        """What is one of its kind, or is made when the program starts, goes by name."""
        if value is self._config:
            return ("config",)
        if value is NOBODY:
            return ("nobody",)
        if isinstance(value, type) and issubclass(value, Law):
            return ("law", value.id)
        return None

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, MethodType):
            return method, (value.__self__, value.__func__.__name__)
        return NotImplemented


class _Reader(pickle.Unpickler):
    def __init__(self, data: io.BytesIO, config: ClusterConfig) -> None:
        super().__init__(data)
        self._config = config

    def persistent_load(self, name: Any) -> Any:
        if name == ("config",):
            return self._config
        if name == ("nobody",):
            return NOBODY
        kind, id = name
        if kind != "law":
            raise Unreadable(kind)
        return _laws()[id]

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == (__name__, "method"):
            return method
        if (module, name) in PLAIN:
            return super().find_class(module, name)
        if module.startswith(OURS):
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise Unreadable(f"{module}.{name}")


def method(actor: Actor[Any, Any], name: str) -> Any:
    """One of an actor's handlers."""
    if not isinstance(actor, Actor) or name.startswith("__"):
        raise Unreadable(name)
    return getattr(actor, name)


def _laws() -> dict[str, type[Law[Any]]]:
    return {law.id: law for service in with_clients(list(PROTOCOLS)) for law in protocol_of(service).laws}
