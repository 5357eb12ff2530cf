"""The scenes of the page on the course's foundations that are played: which scenarios each offers."""

from typing import Any

from app.sim.scenario import shipped
from app.texts import LANGS

PLAYED = {
    "one": ("10-course-one-server", "11-course-three-servers"),
    "message": ("20-course-message-lost", "21-course-message-late", "22-course-message-twice"),
    "partition": ("30-course-partition", "31-course-three-pieces"),
    "crash": (
        "40-course-follower-crashes",
        "41-course-leader-crashes",
        "42-course-two-crash",
        "43-course-before-save",
        "44-course-after-save",
    ),
    "outcomes": (
        "62-course-outcome-written",
        "60-course-outcome-success",
        "63-course-outcome-not-written",
        "61-course-outcome-failure",
    ),
    "little": ("50-course-one-client", "51-course-three-clients", "52-course-eight-clients"),
}

BLIND = ("outcomes",)
"""What these show is guessed first: the choices have numbers for names."""

DEEPER = {
    "one": ("10-leader-crash",),
    "message": ("80-exactly-once",),
    "partition": ("30-partition", "43-partition-in-w"),
    "crash": ("30-coordinator-dies", "90-vote-not-durable"),
    "outcomes": ("50-nwr-did-it-happen",),
    "little": ("10-multi-paxos-steady",),
}
"""Scenarios to go on with, in a room."""


def choices(*names: str) -> list[dict[str, Any]]:
    """What a player is given to choose from."""
    return [{"name": name, "title": dict(shipped(name).title)} for name in names]


def scenes() -> dict[str, dict[str, Any]]:
    """For each played scene what it offers, and where it goes on."""
    return {
        scene: {
            "choices": [
                choice | ({"title": dict.fromkeys(LANGS, str(number))} if scene in BLIND else {})
                for number, choice in enumerate(choices(*names), start=1)
            ],
            "deeper": [shipped(name) for name in DEEPER.get(scene, ())],
        }
        for scene, names in PLAYED.items()
    }


def services() -> list[str]:
    """All that the played scenes run."""
    names = [name for played in PLAYED.values() for name in played]
    return list(dict.fromkeys(service for name in names for service in shipped(name).config.services))
