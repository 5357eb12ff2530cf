"""Consistency models: which implies which, which are available under a partition, the schedule that breaks
each one, and what mends it. Definitions and availability are those of jepsen.io/consistency, after Bailis et
al. (2014) and Viotti & Vukolić (2016).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from app.sim.config import ClusterConfig, find, read_config
from app.sim.scenario import shipped


@dataclass(frozen=True)
class Cure:
    """What is switched on: options of the store, and what clients are told before anything else."""

    id: str
    options: dict[str, Any] = field(default_factory=dict)
    tell: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """`law` judges it; none can judge `eventual`, which no finite schedule breaks. `at` is its place on the
    map."""

    id: str
    implies: tuple[str, ...]
    available: Literal["no", "sticky", "total"]
    scenario: str
    law: str
    cures: tuple[Cure, ...]
    at: tuple[int, int]


QUORUM = Cure("quorum", {"w": 2, "r": 2})
ABD = Cure("write-back", {"w": 2, "r": 2, "writeBack": True})


def cures_of(client: str, *names: str) -> tuple[Cure, ...]:
    """The course's cures, as orders to a client."""
    orders = {
        "primary": f"tell {client} route primary",
        "window": f"tell {client} window 10s",
        "token": f"tell {client} token on",
        "sticky": f"tell {client} route sticky",
    }
    return tuple(Cure(name, tell=(orders[name],)) for name in names)


MODELS = (
    Model(
        "linearizable", ("sequential", "regular"), "no", "40-nwr-not-linearizable",
        "quorum-linearizable", (ABD,), (400, 40),
    ),
    Model(
        "sequential", ("causal",), "no", "75-nwr-opposite-orders", "quorum-sequential", (ABD,), (250, 130)
    ),
    Model("regular", ("eventual",), "no", "11-nwr-stale-read", "quorum-regular", (QUORUM,), (660, 130)),
    Model(
        "causal", ("read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads"),
        "sticky", "74-nwr-reply-before-post", "quorum-causal",
        (*cures_of("c3", "primary"), QUORUM), (250, 220),
    ),
    Model(
        "read-your-writes", (), "sticky", "70-nwr-read-your-writes", "quorum-read-your-writes",
        cures_of("c1", "primary", "window", "token", "sticky"), (90, 320),
    ),
    Model(
        "monotonic-reads", (), "total", "72-nwr-monotonic-reads", "quorum-monotonic-reads",
        cures_of("c1", "primary", "token", "sticky"), (262, 320),
    ),
    Model(
        "monotonic-writes", (), "total", "73-nwr-monotonic-writes", "quorum-monotonic-writes",
        (*cures_of("c2", "primary"), QUORUM), (434, 320),
    ),
    Model(
        "writes-follow-reads", (), "total", "74-nwr-reply-before-post", "quorum-writes-follow-reads",
        (*cures_of("c3", "primary"), QUORUM), (610, 320),
    ),
    Model(
        "eventual", (), "total", "76-nwr-never-converges", "",
        (Cure("read-repair", {"readRepair": True}), Cure("anti-entropy", {"antiEntropy": "100ms"})),
        (740, 220),
    ),
)  # fmt: skip


def config_of(model: str, cure: str = "") -> ClusterConfig:
    """The room in which the model is broken, or with a cure: mended. Raises Refused for what there is not."""
    models = {m.id: m for m in MODELS}
    find(model, models, "unknown-option", where="model")
    config = shipped(models[model].scenario).config
    if not cure:
        return config
    cures = {c.id: c for c in models[model].cures}
    find(cure, cures, "unknown-option", where="cure")
    return cured(config, cures[cure])


def cured(config: ClusterConfig, cure: Cure) -> ClusterConfig:
    values = config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    options = values.setdefault("options", {})
    options["quorum"] = {**options.get("quorum", {}), **cure.options}
    first = values["script"][0]
    first["do"] = [*first.get("do", []), *cure.tell]
    values.pop("expect", None)
    values.pop("scenario", None)
    return read_config({**values, "services": list(config.services), "nodes": list(config.nodes)})
