"""Playing a node: its messages wait for a person, who says what becomes of them.

Every answer is made of ordinary commands, carried out by the protocol's own handlers, so what a player does
is in the trace like everything else and judged by the same laws.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import msgspec

from app.rooms.room import Room
from app.sim.errors import Refused


class Way(msgspec.Struct, frozen=True):
    """One thing to do with a message: its name in the catalogues (`class.play.NAME`), and the commands."""

    name: str
    commands: tuple[str, ...]


DELIVER, DROP = "deliver #{id}", "drop #{id}"


def _take(name: str) -> Way:
    return Way(name, (DELIVER,))


def _wrong(mutant: str) -> Way:
    """A known bug, this once: the handlers are that mutant's, and the laws are the same."""
    return Way(mutant, (f"{DELIVER} as {mutant}",))


YES, NO = _take("yes"), Way("no", ("tell {node} refuse on {service}", DELIVER))
ACKNOWLEDGE = _take("acknowledge")

WAYS: dict[str, dict[str, tuple[Way, ...]]] = {
    "2pc": {
        "Prepare": (YES, NO, _wrong("2pc-yes-not-durable"), _wrong("2pc-unlocks-at-vote")),
        "Commit": (ACKNOWLEDGE, _wrong("2pc-acknowledges-too-early")),
        "Abort": (ACKNOWLEDGE, _wrong("2pc-forgets-to-undo")),
    },
    "3pc": {
        "CanCommit": (YES, NO, _wrong("3pc-yes-not-durable"), _wrong("3pc-unlocks-at-vote")),
        "PreCommit": (ACKNOWLEDGE, _wrong("3pc-prepared-not-durable")),
        "PreAbort": (ACKNOWLEDGE,),
        "DoCommit": (ACKNOWLEDGE,),
        "Abort": (ACKNOWLEDGE,),
    },
    "paxos": {
        "Prepare": (_take("promise"), _wrong("paxos-promise-lost")),
        "Accept": (_take("accept"), _wrong("paxos-accepts-below-promise"), _wrong("paxos-accepted-lost")),
    },
    "multi-paxos": {"Prepare": (_take("promise"), _wrong("multi-paxos-promise-lost"))},
    "raft": {"RequestVote": (_take("vote"), _wrong("no-log-check"), _wrong("vote-not-durable"))},
}
"""For each service: the messages that wait for a player, and what can be done with each. Others do not."""

IGNORE = Way("ignore", (DROP,))


def ways_of(services: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """What pages are told of it."""
    return {
        s: {type: [way.name for way in ways] for type, ways in WAYS[s].items()} for s in services if s in WAYS
    }


def rules_for(room: Room, node: str) -> list[str]:
    return [f"every {type} * -> {node}" for service in room.config.services for type in WAYS.get(service, {})]


def take_up(room: Room, node: str) -> None:
    """From now on the messages of that node wait."""
    for rule in rules_for(room, node):
        with contextlib.suppress(Refused):  # it stands already
            room.command(f"hold {rule}", None)


def release(room: Room, node: str) -> None:
    """The node runs by itself again, and what waited goes on."""
    for rule in rules_for(room, node):
        with contextlib.suppress(Refused):
            room.command(f"allow {rule}", None)
    cluster = room.tree.current.timeline.sim.cluster
    waiting = [id for id, sent in cluster.in_flight.items() if sent.body[0] == node and _held(room, id)]
    for id in waiting:
        with contextlib.suppress(Refused):
            room.command(f"deliver #{id}", None)


def _held(room: Room, id: int) -> bool:
    moved = room.tree.current.timeline.sim.cluster.moved.get(id)
    return moved is not None and moved.held


def choose(room: Room, node: str, message: int, name: str) -> dict[str, object]:
    """Carry out what the player of `node` chose. Raises Refused, and nothing has changed."""
    if name in ("crash", "restart"):
        return room.command(f"{name} {node}", None)
    sent = room.tree.current.timeline.sim.cluster.in_flight.get(message)
    if sent is None:
        raise Refused("message-gone", id=message)
    if sent.body[0] != node:
        raise Refused("class-inbox")
    ways = (*WAYS.get(sent.service, {}).get(sent.body[1], ()), IGNORE)
    way = next((way for way in ways if way.name == name), None)
    if way is None:
        raise Refused("class-inbox")
    *first, last = (command.format(id=message, node=node, service=sent.service) for command in way.commands)
    for command in first:
        with contextlib.suppress(Refused):  # it is set on that already
            room.command(command, None)
    return room.command(last, None)
