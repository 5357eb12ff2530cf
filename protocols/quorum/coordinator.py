"""A coordinator: it handles get and put (section 4.5). Whoever a client asks is one, a replica or not.

Its own copy it reaches without a message. For a put it stamps a new version and sends what it now has of the
key to all N replicas; W that have it on disk make the write a success. For a get it asks all N (or just R),
and the first R answers, reconciled, are the result; whoever turns out to be behind is repaired afterwards.
With `write_back` a read brings its result to W replicas before it answers (Attiya, Bar-Noy & Dolev 1995,
section 3): no later read can then return less.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocols.actor import Effects, Span
from protocols.quorum.messages import (
    Fetched,
    FetchRequest,
    Purpose,
    QuorumReply,
    QuorumRequest,
    Stored,
    StoreRequest,
)
from protocols.quorum.replica import Replica, same
from protocols.quorum.state import QuorumState, Work
from protocols.quorum.versions import Stamp, Version, Versions, includes_all, spoken


class Coordinator(Replica):
    """Reads and writes, each with its quorum."""

    def on_quorum_request(self, s: QuorumState, src: str, m: QuorumRequest, out: Effects) -> None:
        """A client never sends a request twice; the network may."""
        c = m.command
        if c.serial <= s.served.get(c.client, 0):
            out.explain("request-seen", client=c.client, serial=c.serial)
            return
        s.served = {**s.served, c.client: c.serial}
        if c.op == "put":
            self.put(s, m, out)
        else:
            self.get(s, m, out)
        self.wind(s, out)

    # --- put ----------------------------------------------------------------------------------------------

    def put(self, s: QuorumState, m: QuorumRequest, out: Effects) -> None:
        """Stamp a new version, keep it, send it to the replicas."""
        c, replicas = m.command, self.replicas(m.command.key)
        version = Version(c.value, self.next_stamp(s, out.now), m.context, c.client, c.serial)
        self.keep(s, c.key, (version,), out)
        out.save(s)
        work = Work(c, "write", m.level or self.options.w, out.now, replicas, versions=s.store[c.key])
        out.explain(
            "coordinates-write",
            client=c.client, key=c.key, value=c.value, need=work.need, replicas=replicas,
            write=identity(work),
        )  # fmt: skip
        self.store_at(replicas, work, "write", out)
        self.stored(s, self.me if self.counts_itself(c.key) else "", work, out)

    def counts_itself(self, key: str) -> bool:
        """A coordinator's copy is one of N only where it is a replica."""
        return self.me in self.replicas(key)

    def next_stamp(self, s: QuorumState, now: int) -> Stamp:
        """Numbers are saved with the version that has them, and never used again."""
        s.counter += 1
        return Stamp(self.me, s.counter, now)

    def store_at(self, nodes: tuple[str, ...], work: Work, purpose: Purpose, out: Effects) -> None:
        request = StoreRequest(identity(work), work.command.key, work.versions, purpose)
        for node in nodes:
            if node != self.me:
                out.send(node, request)

    def on_stored(self, s: QuorumState, src: str, m: Stored, out: Effects) -> None:
        work = s.working.get(m.operation)
        if work is None or work.phase == "read" or not self.is_news(work, src):
            out.explain("late-acknowledgement", replica=src, write=m.operation)
        else:
            self.stored(s, src, work, out)

    def is_news(self, work: Work, src: str) -> bool:
        """A replica counts once, however often it answers."""
        return src not in work.quorum

    def stored(self, s: QuorumState, node: str, work: Work, out: Effects) -> None:
        """`node` has it on disk. W of them are enough."""
        if node:
            work = replace(work, quorum=(*work.quorum, node))
            out.explain(
                "one-more-copy" if work.answered else "write-acknowledged",
                replica=node, have=len(work.quorum), need=work.need,
            )  # fmt: skip
        if not work.answered and len(work.quorum) >= work.need:
            work = self.written_back(work, out) if work.phase == "write-back" else self.written(work, out)
        self.go_on(s, work, out)

    def written(self, work: Work, out: Effects) -> Work:
        c = work.command
        out.explain(
            "write-quorum",
            quorum=work.quorum, of=self.options.n, need=work.need, key=c.key, value=c.value, client=c.client,
            write=identity(work),
        )  # fmt: skip
        return self.answer(work, out)

    # --- get ----------------------------------------------------------------------------------------------

    def get(self, s: QuorumState, m: QuorumRequest, out: Effects) -> None:
        c, need, replicas = m.command, m.level or self.options.r, self.replicas(m.command.key)
        asked = replicas if self.options.ask == "all" else self.nearest(replicas)[:need]
        work = Work(c, "read", need, out.now, asked, token=m.token)
        out.explain("coordinates-read", client=c.client, key=c.key, need=need, asked=asked)
        self.fetch_from(asked, work, out)
        if self.me in asked:
            work = self.told(work, self.me, s.store.get(c.key, ()), out)
        self.read(s, work, out)

    def nearest(self, replicas: tuple[str, ...]) -> tuple[str, ...]:
        """The replicas, with this node first if it is one."""
        return tuple(sorted(replicas, key=lambda node: node != self.me))

    def fetch_from(self, nodes: tuple[str, ...], work: Work, out: Effects) -> None:
        for node in nodes:
            if node != self.me:
                out.send(node, FetchRequest(identity(work), work.command.key))

    def on_fetched(self, s: QuorumState, src: str, m: Fetched, out: Effects) -> None:
        work = s.working.get(m.operation)
        if work is None or work.phase != "read":
            out.explain("late-answer", replica=src, key=m.key)
        else:
            self.read(s, self.told(work, src, m.versions, out), out)

    def told(self, work: Work, node: str, versions: Versions, out: Effects) -> Work:
        work = replace(work, answers={**work.answers, node: versions})
        out.explain(
            "one-more-answer" if work.answered else "read-answered",
            replica=node, value=spoken(versions), have=len(work.answers), need=work.need,
        )  # fmt: skip
        return work

    def read(self, s: QuorumState, work: Work, out: Effects) -> None:
        """R answers are enough, if they include what the client's token demands."""
        found = self.reconcile(*work.answers.values())
        work = replace(work, versions=found)
        if not work.answered and len(work.answers) >= work.need:
            if not includes_all(self.options.versions, found, work.token):
                work = self.ask_further(work, out)
            elif self.options.write_back and found:  # of nothing, everybody has enough
                self.write_back(s, work, out)
                return
            else:
                work = self.answer(self.read_done(work, out), out)
        if work.answered and self.options.read_repair:
            work = self.repair(s, work, out)
        self.go_on(s, work, out)

    def read_done(self, work: Work, out: Effects) -> Work:
        quorum = tuple(work.answers)
        out.explain(
            "read-quorum",
            quorum=quorum, of=self.options.n, need=work.need, key=work.command.key,
            value=spoken(work.versions), client=work.command.client,
        )  # fmt: skip
        return replace(work, quorum=quorum)

    def ask_further(self, work: Work, out: Effects) -> Work:
        """R answers do not know what the client knows: those not asked yet may."""
        key = work.command.key
        rest = tuple(node for node in self.replicas(key) if node not in work.asked)
        out.explain("token-not-covered", client=work.command.client, key=key, asked=rest)
        self.fetch_from(rest, work, out)
        return replace(work, asked=(*work.asked, *rest))

    # --- ABD ----------------------------------------------------------------------------------------------

    def write_back(self, s: QuorumState, work: Work, out: Effects) -> None:
        """Before the client hears of it, W replicas have it (Attiya, Bar-Noy & Dolev, section 3)."""
        work = self.read_done(work, out)
        key, need = work.command.key, self.options.w
        replicas = self.replicas(key)
        out.explain("writes-back", key=key, value=spoken(work.versions), need=need)
        work = replace(work, phase="write-back", need=need, quorum=(), asked=replicas)
        own = self.me in replicas
        if own and self.keep(s, key, work.versions, out):
            out.save(s)
        self.store_at(replicas, work, "write-back", out)
        self.stored(s, self.me if own else "", work, out)

    def written_back(self, work: Work, out: Effects) -> Work:
        c = work.command
        out.explain(
            "written-back", quorum=work.quorum, of=self.options.n, need=work.need, key=c.key, client=c.client
        )
        return self.answer(work, out)

    # --- read repair (section 5) ----------------------------------------------------------------------------

    def repair(self, s: QuorumState, work: Work, out: Effects) -> Work:
        """Whoever answered with less gets what the read found."""
        key, answers = work.command.key, dict(work.answers)
        for node, versions in work.answers.items():
            if same(versions, work.versions) or node not in self.replicas(key):
                continue
            out.explain("read-repair", replica=node, key=key, value=spoken(work.versions))
            answers[node] = work.versions
            if node == self.me:
                if self.keep(s, key, work.versions, out):
                    out.save(s)
            else:
                out.send(node, StoreRequest(identity(work), key, self.cure(work), "repair"))
        return replace(work, answers=answers)

    def cure(self, work: Work) -> Versions:
        return work.versions

    # --- answers, and what is waited for --------------------------------------------------------------------

    def answer(self, work: Work, out: Effects) -> Work:
        c, quorum = work.command, work.quorum
        out.send(c.client, QuorumReply(c.serial, "ok", work.versions, quorum, work.need))
        return replace(work, answered=True)

    def go_on(self, s: QuorumState, work: Work, out: Effects) -> None:
        """Wait for more, or be done: everybody asked has answered."""
        heard = work.answers if work.phase == "read" else work.quorum
        if work.answered and all(node in heard for node in work.asked):
            self.forget(s, work, out)
        else:
            s.working = {**s.working, identity(work): work}

    def forget(self, s: QuorumState, work: Work, out: Effects) -> None:
        s.working = {name: other for name, other in s.working.items() if name != identity(work)}
        s.done = work
        self.wind(s, out)

    def wind(self, s: QuorumState, out: Effects) -> None:
        """The timers are those of the oldest operation; that of patience, of the oldest that still has it."""
        patient = self.hopeful(s)
        for timer, span, waiting in (
            ("timeout", self.options.timeout, list(s.working.values())),
            ("patience", self.options.patience, patient),
        ):
            if waiting:
                out.set_timer(timer, Span(max(1, waiting[0].since + span.high - out.now)))
            else:
                out.cancel_timer(timer)

    def hopeful(self, s: QuorumState) -> list[Work]:
        """Those for which others can be asked when some do not answer: under a sloppy quorum, or where a
        token is not covered yet."""
        return [
            work for work in s.working.values() if not work.impatient and (self.options.sloppy or work.token)
        ]

    def on_timeout_timeout(self, s: QuorumState, out: Effects) -> None:
        """The oldest operation has waited long enough: it fails if it has no quorum."""
        oldest = next(iter(s.working.values()), None)
        if oldest is None:
            return
        if not oldest.answered:
            oldest = self.fail(oldest, out)
        self.forget(s, oldest, out)

    def fail(self, work: Work, out: Effects) -> Work:
        """The client is told how many answered. A write may be on some replicas all the same."""
        c, writes = work.command, work.phase == "write"
        quorum = tuple(work.answers) if work.phase == "read" else work.quorum
        out.explain(
            "write-failed" if writes else "read-failed",
            key=c.key, client=c.client, have=len(quorum), need=work.need,
        )  # fmt: skip
        out.send(c.client, QuorumReply(c.serial, "failed", quorum=quorum, need=work.need))
        return replace(work, quorum=quorum)

    def on_patience_timeout(self, s: QuorumState, out: Effects) -> None:
        """Some have not answered for a while: others are asked, or all once more."""
        for work in self.hopeful(s)[:1]:
            work = replace(work, impatient=True)
            s.working = {**s.working, identity(work): work}
            self.ask_others(s, work, out)
        self.wind(s, out)

    def ask_others(self, s: QuorumState, work: Work, out: Effects) -> None:
        raise NotImplementedError


def identity(work: Work) -> str:
    """An operation's name: who asked, and the how manyth time."""
    return f"{work.command.client}/{work.command.serial}"
