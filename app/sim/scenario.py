"""Scenarios: a run, a script and what is expected of it, as a TOML file. The format is in
`docs/scenarios.md`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.resources import SCENARIOS
from app.sim.config import ClusterConfig, find, read_config
from app.sim.errors import Refused
from protocols.registry import PROTOCOLS, client_of, words_of

MUSEUM = "museum"
"""The folder of scenarios that each show one known bug."""
ELSEWHERE = (MUSEUM, "foundations", "cap")
"""The folders whose scenarios have a page of their own; the others are shown with their protocol."""
LARGEST = 200_000
"""No scenario file is longer than this, in characters."""

KEYS = (
    "title", "summary", "protocol", "protocols", "nodes", "clients", "seed", "speed", "until", "options",
    "mutant", "client", "network", "disk", "initial", "step", "expect",
)  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """A scenario that has been read and found well formed."""

    name: str
    title: Mapping[str, str]
    summary: Mapping[str, str]
    protocol: str
    config: ClusterConfig
    text: str
    folder: str = ""
    """Where it is shipped: with its protocol's famous moments, or in the museum."""


def load_scenario(text: str, name: str) -> Scenario:
    """Read a scenario. Raises Refused, saying the line or key that is wrong and what would be right."""
    try:
        return read_values(_parse(text), name, text)
    except Refused as refused:
        raise Refused("scenario", name=name, what=refused, why=refused.code) from None


def _parse(text: str) -> dict[str, Any]:
    if len(text) > LARGEST:
        raise Refused("scenario-too-long", most=LARGEST)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused("toml", what=str(error)) from None


def read_values(values: dict[str, Any], name: str, text: str) -> Scenario:
    for key in values:
        find(key, KEYS, "unknown-option", where=key)
    services = _services(values)
    several = "protocols" in values
    config: dict[str, Any] = {
        k: values[k] for k in ("nodes", "clients", "seed", "network", "disk", "until") if k in values
    }
    config["services"] = services
    config["scenario"] = name
    options = _table(values, "options") if several else {services[0]: values.get("options", {})}
    client = words_of(client_of(services[0], services)) if not several else "client"
    config["options"] = {**options, client: values.get("client", {})}
    if "mutant" in values:
        config["mutants"] = values["mutant"] if several else {services[0]: values["mutant"]}
    if "speed" in values:
        config["speed"] = _speed(values["speed"])
    initial = _table(values, "initial")
    config["initial"] = (
        initial if several else {node: {services[0]: durable} for node, durable in initial.items()}
    )
    config["script"] = _steps(values)
    config["expect"] = values.get("expect", [])
    return Scenario(name, _words(values, "title", name), _words(values, "summary", ""), services[0],
                    read_config(config), text)  # fmt: skip


def _services(values: dict[str, Any]) -> list[str]:
    """One `protocol`, or `protocols` that share the nodes."""
    one, several = values.get("protocol"), values.get("protocols")
    if several is not None and one is None and isinstance(several, list) and several:
        services = several
    elif isinstance(one, str) and several is None:
        services = [one]
    else:
        raise Refused("missing", where="protocol", known=", ".join(PROTOCOLS))
    for service in services:
        find(service, PROTOCOLS, "unknown-service")
    return services


def _steps(values: dict[str, Any]) -> list[Any]:
    steps = values.get("step", [])
    if not isinstance(steps, list):
        raise Refused("config-value", where="step", what="[[step]]")
    return [_step(step, n) for n, step in enumerate(steps, start=1)]


def _step(given: Any, number: int) -> dict[str, Any]:
    """`do` and `say` may be one string; `say` may be one language."""
    if not isinstance(given, dict):
        raise Refused("config-value", where=f"step.{number}", what="[[step]]")
    step: dict[str, Any] = dict(given)
    if isinstance(step.get("do"), str):
        step["do"] = [step["do"]]
    if "say" in step:
        step["say"] = dict(_words(step, "say", ""))
    return step


def _words(values: dict[str, Any], key: str, default: str) -> dict[str, str]:
    """A text in both languages: a table of `en` and `zh`, or one string for both."""
    value = values.get(key, default)
    if isinstance(value, str):
        return {"en": value, "zh": value}
    if not isinstance(value, dict) or not value or not all(isinstance(v, str) for v in value.values()):
        raise Refused("words", where=key)
    for lang in value:
        find(lang, ("en", "zh"), "unknown-option", where=f"{key}.{lang}")
    some = next(iter(value.values()))
    return {lang: value.get(lang, some) for lang in ("en", "zh")}


def _table(values: dict[str, Any], key: str) -> dict[str, Any]:
    value = values.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(v, dict) for v in value.values()):
        raise Refused("config-value", where=key, what=f"[{key}.n1]")
    return value


def _speed(value: Any) -> float:
    try:
        return float(Fraction(str(value)))
    except (ValueError, ZeroDivisionError):
        raise Refused("config-value", where="speed", what="1/50") from None


def read_file(path: Path) -> Scenario:
    """The scenario in a file. Raises Refused."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("file", path=str(path), what=getattr(error, "strerror", None) or "UTF-8") from None
    return replace(load_scenario(text, path.stem), folder=path.parent.name)


@lru_cache
def catalogue() -> tuple[Scenario, ...]:
    """The scenarios that come with the program, in the order they are shown."""
    return tuple(read_file(path) for path in sorted(SCENARIOS.glob("*/*.toml")))


def famous() -> list[Scenario]:
    """Those that are shown with their protocol."""
    return [scenario for scenario in catalogue() if scenario.folder not in ELSEWHERE]


def shipped(name: str) -> Scenario:
    """The scenario of that name. Raises Refused."""
    found = next((scenario for scenario in catalogue() if scenario.name == name), None)
    if found is None:
        raise Refused("unknown-scenario", name=name)
    return found
