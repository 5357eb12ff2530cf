"""One branch of a room: a timeline, how fast it runs, and who is watching it."""

import math
import time
from collections.abc import Collection
from typing import Any, Literal

from app.rooms import wire
from app.rooms.viewer import Viewer
from app.sim.errors import Refused
from app.sim.timeline import Timeline
from app.sim.trace import Event, encode_events

SLOWEST, REALTIME = 0.001, 1.0
MAX = math.inf
"""Time leaps to the next event while a real client waits for something; else it goes on as in reality."""


class Branch:
    def __init__(
        self,
        id: str,
        timeline: Timeline,
        *,
        parent: "Branch | None" = None,
        fork_seq: int = 0,
        fork_time: int = 0,
        private: bool = False,
    ) -> None:
        self.id = id
        self.timeline = timeline
        self.parent = parent.id if parent else None
        self.fork_seq = fork_seq
        self.fork_time = fork_time
        self.private = private
        self.playing: bool = parent.playing if parent else True
        self.speed: float = parent.speed if parent else _bounded(timeline.base_speed)
        self.watchers: dict[str, Viewer] = {}
        self.used = time.monotonic()
        self._owed = 0.0  # virtual microseconds, less than one
        self._unshown: list[Event] = []
        self._snapshot: tuple[tuple[int, int, int], str] | None = None

    # -- time ------------------------------------------------------------------------------------

    @property
    def messages(self) -> int:
        """How many are on their way, held ones too."""
        return len(self.timeline.sim.cluster.in_flight)

    def advance(self, wall_seconds: float, max_events: int, at_least: float = SLOWEST) -> list[Event]:
        """Virtual time goes on by what the wall clock did; what a busy tick could not do is not owed."""
        self.used = time.monotonic()
        exact = wall_seconds * 1_000_000 * min(max(self.speed, at_least), REALTIME) + self._owed
        whole = int(exact)
        until = self.timeline.time + whole
        events = self.timeline.advance(until, max_events=max_events)
        self._owed = exact - whole if self.timeline.time == until else 0.0
        return events

    def set_speed(self, speed: float | Literal["max"]) -> None:
        if speed != "max" and not SLOWEST <= speed <= REALTIME:
            raise Refused("bad-speed", speed=speed)
        self.speed = MAX if speed == "max" else speed

    def step(self, to_rule: bool, services: Collection[str] = ()) -> list[Event]:
        """On to the next event, or the next that explains itself; of these services, where some are named."""

        def wanted(e: Event) -> bool:
            return (not services or e.service in services) and (bool(e.why) or not to_rule)

        self.playing = False
        events = self.timeline.step(wanted)
        if not events:
            raise Refused("nothing-ahead")
        return events

    # -- what it tells its watchers --------------------------------------------------------------

    def show(self, text: str) -> None:
        for viewer in self.watchers.values():
            viewer.push(text)

    def show_events(self, events: list[Event]) -> None:
        """With those that were kept for later. Encoded once, whatever the number of watchers."""
        if self._unshown:
            events, self._unshown = self._unshown + events, []
        if self.watchers:
            self.show(wire.batch(self.id, self.timeline.time, encode_events(events)))

    def show_later(self, events: list[Event]) -> None:
        if self.watchers:
            self._unshown += events

    def catch_up(self) -> None:
        """Everything that has happened is shown to those who are here."""
        if self._unshown:
            self.show_events([])

    def show_transport(self) -> None:
        self.show(self.transport_message())

    def transport_message(self) -> str:
        return wire.message("transport", branch=self.id, transport=self.transport())

    def transport(self) -> dict[str, Any]:
        speed, leaps = min(self.speed, REALTIME), self.speed == MAX
        return {"playing": self.playing, "speed": speed, "max": leaps, "now": self.timeline.time}

    def snapshot_message(self) -> str:
        """Many may ask for the same moment (everybody, when the room moves to a branch): encoded once."""
        self.catch_up()
        line = self.timeline
        moment = (line.head, line.time, line.oldest)
        if self._snapshot is None or self._snapshot[0] != moment:
            text = wire.message(
                "snapshot", branch=self.id, view=line.view(), oldest=line.oldest, now=line.time
            )
            self._snapshot = (moment, text)
        return self._snapshot[1]

    def missed(self, seq: int, limit: int) -> str | None:
        """The events after `seq`, for somebody who saw the branch up to there; None: too many."""
        self.catch_up()
        line = self.timeline
        if seq > line.head or seq + 1 < line.oldest or line.head - seq > limit:
            return None
        parts: list[bytes] = []
        while seq < line.head:
            chunk = line.chunk(seq + 1)
            parts.append(wire.sliced(chunk.events_json, seq + 1 - chunk.first)[1:-1])
            seq = chunk.last
        return wire.batch(self.id, line.time, b"[" + b",".join(parts) + b"]")

    def describe(self) -> dict[str, Any]:
        line = self.timeline
        return {
            "id": self.id,
            "parent": self.parent,
            "forkSeq": self.fork_seq,
            "forkTime": self.fork_time,
            "head": line.head,
            "time": line.time,
            "oldest": line.oldest,
            "private": self.private,
        }


def _bounded(speed: float) -> float:
    return min(max(speed, SLOWEST), REALTIME)
