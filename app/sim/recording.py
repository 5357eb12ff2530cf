"""Runs that are played without a room: of each protocol a short one for its small picture, and the shipped
scenarios as they are. Also the room in which a protocol is met first."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from app.sim.config import ClusterConfig
from app.sim.describe import describe_services
from app.sim.examine import end_of
from app.sim.scenario import famous, shipped
from app.sim.timeline import Timeline, origin_view
from app.sim.trace import encode
from protocols.registry import PROTOCOLS, clients_side

LONGEST = 1_200_000
"""Virtual microseconds: a minute on screen at the usual pace."""
MOST = 480
"""Events: some ten kilobytes on the wire."""
MOST_PLAYED = 5_000
"""Events of a scenario that a page plays."""
WIDEST = 7
"""Nodes that a small picture has room for."""


def ordinary(service: str) -> ClusterConfig:
    """A cluster in which this protocol has something to do: a client that works steadily, if it has any."""
    asks = getattr(clients_side(service).actor, "asks", None)
    serves = asks in PROTOCOLS[service].actor.messages
    return _cluster([service], [{"at": "30ms", "do": ["load c1 400ms"]}] if serves else [])


def together(*services: str) -> ClusterConfig:
    """Several protocols on the same machines, busy when one of these crashes and comes back."""
    return _cluster(
        list(services),
        [
            {"at": "30ms", "do": [f"load c1 400ms on {service}" for service in services]},
            {"at": "475ms", "do": ["crash n1"]},
            {"at": "1400ms", "do": ["restart n1"]},
        ],
    )


def _cluster(services: list[str], script: list[Any]) -> ClusterConfig:
    return ClusterConfig.model_validate({"services": services, "seed": 7, "script": script})


def shown(service: str) -> ClusterConfig:
    """What the picture plays: the first shipped scenario that is about this protocol as it should be."""
    for scenario in famous():
        config = scenario.config
        if config.services == [service] and not config.mutants and len(config.nodes) <= WIDEST:
            return config
    return ordinary(service)


@lru_cache(maxsize=64)
def recording(service: str) -> bytes:
    """A beginning of its run, as JSON."""
    return _run(shown(service), LONGEST, MOST)


@lru_cache(maxsize=64)
def recorded(name: str) -> bytes:
    """A shipped scenario's whole run, as JSON, or as much of it as a page may play."""
    return played(shipped(name).config)


def played(config: ClusterConfig) -> bytes:
    """The same for any run with a script."""
    return _run(config, end_of(config), MOST_PLAYED)


def _run(config: ClusterConfig, until: int, most: int) -> bytes:
    """The services described, the view before the first event, and the events."""
    line = Timeline(config)
    line.advance(until, most)
    events = line.events(1, most)
    fields = {
        "services": describe_services(config),
        "view": origin_view(config),
        "events": events,
        "now": events[-1].time,
        "speed": config.speed,
    }
    return encode(fields)
