"""A room: one cluster's branches and the people around it."""

import hashlib
import hmac
import itertools
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from app.rooms import wire
from app.rooms.branch import MAX, REALTIME, SLOWEST, Branch
from app.rooms.bucket import Bucket
from app.rooms.keeping import Keeping, Kept
from app.rooms.outside import Outside
from app.rooms.recovery import Recovered
from app.rooms.tree import Tree
from app.rooms.valve import Valve
from app.rooms.viewer import Send, Viewer
from app.settings import Settings
from app.sim.commands import OnMessage, SetSpeed, parse
from app.sim.config import ClusterConfig, find
from app.sim.describe import describe_services
from app.sim.errors import Refused
from app.sim.timeline import Timeline
from app.sim.trace import Event
from app.storage.database import Database
from app.texts import Lang

log = logging.getLogger("quorumscope.rooms")

PEOPLE_EVERY = 1.0  # seconds between two news of who is here
RUSH_EVENTS = 100  # at speed `max`, between two looks at what else there is to do


@dataclass
class Counts:
    """What a server has done since it started, for /metrics."""

    events: int = 0
    batches: int = 0
    commands: int = 0
    refusals: int = 0
    behind: int = 0
    ticks: int = 0
    tick_seconds: float = 0.0
    rooms_made: int = 0


def hashed(token: str) -> bytes:
    """Tokens are long and random: nobody finds one again from its hash."""
    return hashlib.sha256(token.encode()).digest()


@dataclass
class Room:
    id: str
    title: dict[str, str]
    config: ClusterConfig
    token: str
    """What drives it; "" when it has come back, for only the hash is written down."""
    settings: Settings
    counts: Counts
    first: Timeline
    permanent: bool = False
    token_hash: bytes = b""
    viewers: dict[str, Viewer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.token_hash = self.token_hash or hashed(self.token)
        self.valve = Valve()
        self.keeping: Keeping | None = None
        self.http_bucket = Bucket(self.settings.message_rate, self.settings.message_burst)
        self.tree = Tree(Branch("b1", self.first), self.settings.max_branches)
        self.used = time.monotonic()
        self.outside: list[Outside] = []
        self.poke: Callable[[], None] = lambda: None  # tells the pump that somebody waits here
        self.life = secrets.token_hex(6)
        self.drivers: set[str] = set()
        """Addresses from which its token was shown."""
        self.reins: str | None = None
        """While a class is held here: the seat that drives, and nobody else does."""
        self._numbers = itertools.count(1)
        self._services = describe_services(self.config)
        self._people_told = 0.0
        self._people_changed = False
        self._oldest: dict[str, int] = {}

    # -- what outlives the server ----------------------------------------------------------------

    def keep_in(self, database: Database, kept: dict[str, Kept] | None = None) -> None:
        """From now on it is written down there; `kept` is of it already."""
        self.valve.wait_for(database)
        self.keeping = Keeping(self, database, kept or {})
        if kept is None:
            self.keeping.begin()
        else:
            self.keep()

    def keep(self) -> None:
        if self.keeping is not None:
            self.keeping.all()

    def come_back(self, found: Recovered) -> None:
        self.tree, self.life = found.tree, found.life
        self.token_hash = self.token_hash if self.token else found.token
        for outside in self.outside:
            outside.moved()

    def end(self) -> None:
        self.valve.close()

    # -- people ----------------------------------------------------------------------------------

    def proves(self, token: str | None) -> bool:
        return token is not None and hmac.compare_digest(hashed(token), self.token_hash)

    def join(self, hello: wire.Hello, lang: Lang, send: Send, trusted: bool, seat: str = "") -> Viewer:
        """A new viewer sees *now* at once, or what it missed. `trusted` drives without a token; `seat` is its
        place in the class that is held here."""
        if hello.version != wire.VERSION:
            raise Refused("bad-version", version=hello.version, spoken=wire.VERSION)
        if hello.token is not None and not self.proves(hello.token):
            raise Refused("bad-token")
        if len(self.viewers) >= self.settings.max_viewers:
            raise Refused("room-full", limit=self.settings.max_viewers)
        viewer = Viewer(f"v{next(self._numbers)}", lang, send, self.resync, self.valve)
        viewer.proved, viewer.seat = trusted or hello.token is not None, seat
        viewer.drives = self._has_reins(viewer)
        self.tree.current.catch_up()
        resume = hello.resume
        if resume is not None and resume.life not in (None, self.life):
            resume = None  # that was before the server restarted: another history, though names are the same
        branch = self._wanted(viewer, resume)
        self.viewers[viewer.id] = viewer
        missed = self._missed(branch, resume)
        viewer.push(self._welcome(viewer, branch, missed is None))
        if missed is not None:
            viewer.push(missed)
        branch.watchers[viewer.id] = viewer
        self.touch(people=True)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        self.counts.behind += viewer.times_behind
        viewer.leave()
        self.shown_to(viewer).watchers.pop(viewer.id, None)
        self.viewers.pop(viewer.id, None)
        self.touch(people=True)
        self.keep()

    def _wanted(self, viewer: Viewer, resume: wire.Resume | None) -> Branch:
        """Whoever knows a private branch's name made it: the name cannot be guessed."""
        branch = self.tree.get(resume.branch) if resume else None
        if branch is not None and branch.private:
            viewer.private = branch.id
            return branch
        return self.tree.current

    def _missed(self, branch: Branch, resume: wire.Resume | None) -> str | None:
        if resume is None or resume.branch != branch.id:
            return None
        return branch.missed(resume.seq, self.settings.resume_events)

    def shown_to(self, viewer: Viewer) -> Branch:
        private = self.tree.get(viewer.private) if viewer.private else None
        return private or self.tree.current

    def people(self) -> dict[str, Any]:
        return {
            "viewers": len(self.viewers),
            "driving": any(viewer.drives for viewer in self.viewers.values()),
        }

    def give_reins(self, seat: str | None) -> None:
        """That seat of a class drives, and nobody else; None: whoever can prove it, as ever."""
        self.reins = seat
        for viewer in self.viewers.values():
            drives = self._has_reins(viewer)
            if drives != viewer.drives:
                viewer.drives = drives
                viewer.push(self._people_message(viewer))

    def _has_reins(self, viewer: Viewer) -> bool:
        return viewer.proved if self.reins is None else viewer.seat == self.reins

    def describe(self, mine: bool) -> dict[str, Any]:
        return {
            "id": self.id,
            "life": self.life,
            "title": self.title,
            "config": self.config.model_dump(mode="json", by_alias=True),
            "services": self._services,
            "mine": mine,
        }

    # -- messages to viewers ---------------------------------------------------------------------

    def _welcome(self, viewer: Viewer, branch: Branch, with_view: bool) -> str:
        return wire.message(
            "welcome",
            version=wire.VERSION,
            room=self.describe(viewer.drives),
            you=self._you(viewer),
            branches=self.tree.describe(viewer.private),
            branch=branch.id,
            view=branch.timeline.view() if with_view else None,
            oldest=branch.timeline.oldest,
            now=branch.timeline.time,
            transport=branch.transport(),
            people=self.people(),
        )

    def _you(self, viewer: Viewer) -> dict[str, Any]:
        return {"id": viewer.id, "role": "driver" if viewer.drives else "viewer"}

    def _people_message(self, viewer: Viewer) -> str:
        return wire.message("people", people=self.people(), you=self._you(viewer))

    def resync(self, viewer: Viewer) -> None:
        """Everything that a viewer who was behind may have missed."""
        branch = self.shown_to(viewer)
        viewer.push(self._people_message(viewer))
        self._tell_branches(viewer)
        viewer.push(branch.transport_message())
        viewer.push(branch.snapshot_message())

    def _tell_branches(self, viewer: Viewer) -> None:
        branches = self.tree.describe(viewer.private)
        viewer.push(wire.message("branches", branches=branches, branch=self.shown_to(viewer).id))

    def _tell_all_branches(self) -> None:
        public = wire.message("branches", branches=self.tree.describe(None), branch=self.tree.current.id)
        for viewer in self.viewers.values():
            if viewer.private:
                self._tell_branches(viewer)
            else:
                viewer.push(public)

    def _show(self, viewer: Viewer, branch: Branch) -> None:
        self.shown_to(viewer).watchers.pop(viewer.id, None)
        branch.catch_up()
        left, viewer.private = viewer.private, branch.id if branch.private else None
        branch.watchers[viewer.id] = viewer
        if left is not None:
            self.tree.forget(left, viewer.private)
        self._tell_branches(viewer)
        viewer.push(branch.transport_message())
        viewer.push(branch.snapshot_message())

    def _become_current(self, branch: Branch) -> None:
        """Everybody who was on the room's branch sees the new one."""
        self.tree.current.catch_up()
        followers = list(self.tree.current.watchers.values())
        self.tree.current.watchers.clear()
        self.tree.current = branch
        for viewer in followers:
            branch.watchers[viewer.id] = viewer
        self._tell_all_branches()
        branch.show_transport()
        branch.show(branch.snapshot_message())
        for outside in self.outside:
            outside.moved()

    # -- what viewers ask for --------------------------------------------------------------------

    def ask(self, viewer: Viewer, request: wire.Request) -> dict[str, Any]:
        """Does what a message asks for and gives the fields of its `ok`; or refuses, and nothing changes."""
        self.touch()
        try:
            return self._answer(viewer, request)
        finally:
            self.keep()

    def _answer(self, viewer: Viewer, request: wire.Request) -> dict[str, Any]:
        match request:
            case wire.Command(text=text, at=at):
                self._must_drive(viewer)
                return self._command(text, at, viewer)
            case wire.Transport():
                self._must_drive(viewer)
                return self._transport(self.shown_to(viewer), request)
            case wire.Switch(branch=name):
                return self._switch(viewer, name)
            case wire.Fork(at=at):
                return self._fork_private(viewer, at)
            case wire.Return():
                return self._return(viewer)

    def _must_drive(self, viewer: Viewer) -> None:
        if not viewer.drives and self.shown_to(viewer) is self.tree.current:
            raise Refused("not-driver")

    def command(self, text: str, at: wire.At | None) -> dict[str, Any]:
        """From a driver who comes by HTTP; that is always about the room's own branch."""
        try:
            return self._command(text, at, None)
        finally:
            self.keep()

    def _command(self, text: str, at: wire.At | None, viewer: Viewer | None) -> dict[str, Any]:
        shown = self.shown_to(viewer) if viewer else self.tree.current
        command = parse(text)
        self.counts.commands += 1
        if isinstance(command, OnMessage) and command.verb == "duplicate":
            self._must_not_be_crowded(shown)
        if isinstance(command, SetSpeed):
            return self._set_speed(shown, command.speed)
        if at is None or self._is_now(shown, at):
            self._publish(shown, shown.timeline.execute(text))
            return {"branch": shown.id, "seq": shown.timeline.head}
        return self._intervene(text, at, shown, viewer)

    def command_from_outside(self, text: str) -> None:
        """A real client's doing, on the room's branch; viewers are shown it with the next batch."""
        self.counts.commands += 1
        branch = self.tree.current
        self._publish(branch, branch.timeline.execute(text), at_once=False)

    def _intervene(self, text: str, at: wire.At, shown: Branch, viewer: Viewer | None) -> dict[str, Any]:
        """In the past: a new branch from there, and the old future stays. Refused: no branch."""
        branch = self._fork(at, private=shown.private, keeping=viewer)
        branch.timeline.execute(text)
        self.tree.add(branch)
        self.keep()
        if branch.private and viewer is not None:
            self._show(viewer, branch)
        else:
            self._become_current(branch)
        return {"branch": branch.id, "seq": branch.timeline.head}

    def _is_now(self, shown: Branch, at: wire.At) -> bool:
        line = shown.timeline
        if at.branch == shown.id and at.seq > line.head:
            raise Refused("not-yet", seq=at.seq, head=line.head)
        return at.branch == shown.id and at.seq == line.head and at.time >= line.time

    def _fork(self, at: wire.At, private: bool, keeping: Viewer | None) -> Branch:
        """A branch that is not in the tree yet, so that a refusal later leaves nothing behind."""
        parent = self.tree.visible(at.branch, keeping.private if keeping else None)
        if at.seq > parent.timeline.head:
            raise Refused("not-yet", seq=at.seq, head=parent.timeline.head)
        self.tree.make_way()
        timeline = parent.timeline.fork(at.seq, min(at.time, parent.timeline.time))
        name = "p" + secrets.token_urlsafe(12) if private else self.tree.next_name()
        return Branch(
            name, timeline, parent=parent, fork_seq=timeline.head, fork_time=timeline.time, private=private
        )

    def _fork_private(self, viewer: Viewer, at: wire.At | None) -> dict[str, Any]:
        shown = self.shown_to(viewer)
        line = shown.timeline
        branch = self._fork(at or wire.At(shown.id, line.head, line.time), private=True, keeping=viewer)
        self.tree.add(branch)
        self.keep()
        self._show(viewer, branch)
        return {"branch": branch.id, "seq": branch.timeline.head}

    def _return(self, viewer: Viewer) -> dict[str, Any]:
        if viewer.private is not None:
            self._show(viewer, self.tree.current)
        return {"branch": self.tree.current.id, "seq": self.tree.current.timeline.head}

    def _switch(self, viewer: Viewer, name: str) -> dict[str, Any]:
        if not viewer.drives:
            raise Refused("not-driver")
        branch = self.tree.visible(name, None)
        if branch is not self.tree.current:
            self._become_current(branch)
        if viewer.private:
            self._return(viewer)
        return {"branch": branch.id, "seq": branch.timeline.head}

    def _transport(self, branch: Branch, request: wire.Transport) -> dict[str, Any]:
        if (request.action is None) == (request.speed is None):
            raise Refused("bad-message", detail="transport has either action or speed")
        if request.speed is not None:
            return self._set_speed(branch, request.speed)
        if request.action in ("step", "rule"):
            for service in request.services:
                find(service, self._services, "service-not-here")
            was_playing = branch.playing
            self._publish(branch, branch.step(request.action == "rule", request.services))
            if was_playing:
                branch.show_transport()
        else:
            if request.action == "play":
                self._must_not_be_crowded(branch)
            branch.playing = request.action == "play"
            branch.show_transport()
        return {"branch": branch.id, "seq": branch.timeline.head}

    def _must_not_be_crowded(self, branch: Branch) -> None:
        """Held messages, or copies of copies, could otherwise grow without end."""
        if branch.messages > self.settings.max_messages:
            raise Refused("too-many-messages", count=branch.messages, limit=self.settings.max_messages)

    def _set_speed(self, branch: Branch, speed: float | Literal["max"]) -> dict[str, Any]:
        branch.set_speed(speed)
        branch.show_transport()
        return {"branch": branch.id, "seq": branch.timeline.head}

    # -- the pump --------------------------------------------------------------------------------

    def tick(self, wall_seconds: float, show: bool = True) -> None:
        """Time goes on. With `show`, everybody is shown what has happened."""
        for branch in self.tree:
            if self.runs(branch):
                self._advance(branch, wall_seconds, show)
        if show and self._people_changed and time.monotonic() - self._people_told >= PEOPLE_EVERY:
            self._people_changed, self._people_told = False, time.monotonic()
            text = wire.message("people", people=self.people())
            for viewer in self.viewers.values():
                viewer.push(text)

    def runs(self, branch: Branch) -> bool:
        """A branch that nobody watches and nobody uses stands still."""
        return branch.playing and (bool(branch.watchers) or (branch is self.tree.current and self._used))

    @property
    def _used(self) -> bool:
        return any(outside.here for outside in self.outside)

    @property
    def waited_for(self) -> bool:
        """Somebody outside would notice if time went on in lumps."""
        return self.tree.current.playing and any(o.waits or o.shakes_hands for o in self.outside)

    def _advance(self, branch: Branch, wall_seconds: float, show: bool) -> None:
        """Slow motion is for those who look, and no handshake outlasts it."""
        hurry = branch is self.tree.current and self._used
        hurry = hurry and (not branch.watchers or any(outside.shakes_hands for outside in self.outside))
        limit, at_least = self.settings.events_per_tick, REALTIME if hurry else SLOWEST
        self._go_on(branch, lambda: branch.advance(wall_seconds, limit, at_least), show)

    def rush(self) -> bool:
        """At speed `max`, leap to what comes next, for those who wait. False: nobody does."""
        branch = self.tree.current
        if branch.speed != MAX or not branch.playing:
            return False
        until = max((outside.rush_until() for outside in self.outside), default=0)
        if until <= branch.timeline.time:
            return False
        self._go_on(branch, lambda: branch.timeline.advance(until, RUSH_EVENTS), show=False)
        return True

    def _go_on(self, branch: Branch, go: Callable[[], list[Event]], show: bool) -> None:
        try:
            events = go()
        except Exception:  # a bug must stop this branch, not the other rooms
            log.exception("room %s, branch %s stopped", self.id, branch.id)
            branch.playing = False
            branch.show_transport()
            self.keep()
            return
        self._publish(branch, events, show)
        if branch.messages > self.settings.max_messages:
            branch.playing = False
            branch.show_transport()
            self.keep()

    def _publish(self, branch: Branch, events: list[Event], at_once: bool = True) -> None:
        self.counts.events += len(events)
        self.counts.batches += 1
        if self.keeping is not None:
            self.keeping.branch(branch)
        if at_once:
            branch.show_events(events)
        else:
            branch.show_later(events)
        if self._oldest.get(branch.id, 1) != branch.timeline.oldest:
            self._oldest[branch.id] = branch.timeline.oldest
            self._tell_all_branches()
        if branch is self.tree.current:
            for outside in self.outside:
                outside.heard(events)

    def touch(self, people: bool = False) -> None:
        self.used = time.monotonic()
        self._people_changed = self._people_changed or people

    @property
    def active(self) -> bool:
        return bool(self.viewers) or self._used
