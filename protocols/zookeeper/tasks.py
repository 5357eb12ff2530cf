"""What a client runs: programs, each in its own time, all on one session.

A task is a program with the inputs that it was given so far (programs.py). One that asks for something waits
for its answer; one that waits for an event is given every event that the client gets; one that sleeps is
woken. Lines of the shell are tasks too: one after the other, as somebody types them.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from msgspec.structs import replace

from protocols.actor import Effects, Impossible, Span
from protocols.zookeeper.client import Session
from protocols.zookeeper.client_state import Asked, ClientState, Said, Task
from protocols.zookeeper.operations import CloseSession, Result, named
from protocols.zookeeper.programs import (
    Answered,
    Ask,
    AtHand,
    AwaitEvent,
    Expired,
    Happened,
    Identity,
    Input,
    Moved,
    Progress,
    Sleep,
    Woken,
    advance,
)
from protocols.zookeeper.recipes import recipe
from protocols.zookeeper.shell import (
    Action,
    Close,
    Connect,
    ForgetWatches,
    Outcome,
    Quit,
    event_lines,
    prompt,
    run,
    state_lines,
)

SHELL = "zk"
"""The task that is a line of the shell."""

LINES_KEPT = 200
"""So many of the latest lines of output are kept; the trace has them all."""


class ZooKeeperClient(Session):
    """Programs at work."""

    orders: ClassVar = {
        "open": ("node", "session", "password", "timeout", "zxid", "address"), "frame": ("base64",),
        "hang-up": (), "connect": ("node",), "close": (), "zk": ("line",), "run": ("recipe*",),
        "ask": ("operation",),
    }  # fmt: skip

    def __init__(self, me: str, members: tuple[str, ...], options: Any) -> None:
        super().__init__(me, members, options)
        self.at_hand = AtHand()

    # --- orders -------------------------------------------------------------------------------------------

    def order_run(self, s: ClientState, args: tuple[str, ...], out: Effects) -> None:
        """Run a recipe on this client's session."""
        self.must_not_be_outside(s)
        recipe(args[0], args[1:])
        self.begin(s, args[0], args[1:], out)

    def order_zk(self, s: ClientState, args: tuple[str, ...], out: Effects) -> None:
        """A line of the shell."""
        self.must_not_be_outside(s)
        s.lines += args
        self.next_line(s, out)

    def order_ask(self, s: ClientState, args: tuple[str, ...], out: Effects) -> None:
        """One request, as JSON: `{"op": "setData", "path": "/a", "data": "aGVsbG8=", "version": 3}`."""
        self.must_not_be_outside(s)
        try:
            operation = named(msgspec.json.decode(args[0]))
        except msgspec.MsgspecError as e:
            raise Impossible("bad-operation", text=args[0][:60], problem=str(e)) from None
        self.issue(s, operation, 0, out)

    def must_not_be_outside(self, s: ClientState) -> None:
        if s.outside:
            raise Impossible("client-from-outside")

    # --- the shell ----------------------------------------------------------------------------------------

    def next_line(self, s: ClientState, out: Effects) -> None:
        """Run the next line, when the one before is through and there is a session, or none is wanted."""
        while s.lines and not s.typing:
            if s.session == 0 and not s.shell.closed:
                if s.phase == "closed":
                    self.connect(s, out)
                return
            line, s.lines = s.lines[0], s.lines[1:]
            assert s.server is not None
            self.print(s, 0, prompt(s.shell, s.server, s.phase == "connected") + line, out)
            s.typing = s.runs + 1
            self.start_task(s, SHELL, (s.shell, line), out)

    def line_over(self, s: ClientState, progress: Progress, out: Effects) -> None:
        s.typing = 0
        if isinstance(progress.result, Outcome):
            action, was_closed = progress.result.action, s.shell.closed
            s.shell = progress.result.memory
            if isinstance(action, Connect) and action.server not in (None, *self.members):
                known = ", ".join(self.members)
                self.print(s, 0, f"There is no server {action.server} here, only {known}: it stays.", out)
                s.shell = replace(s.shell, closed=was_closed)
            else:
                self.obey(s, action, out)
        self.next_line(s, out)

    def obey(self, s: ClientState, action: Action | None, out: Effects) -> None:
        """What a line wants of the client itself."""
        if isinstance(action, Connect):
            self.move(s, action.server or str(s.server), out)
        elif isinstance(action, Close | Quit) and s.phase != "closed":
            self.issue(s, CloseSession(), 0, out)
        elif isinstance(action, ForgetWatches):
            s.watched = s.watched.removed(action.path, action.kind)

    # --- a task begins, goes on, ends ---------------------------------------------------------------------

    def begin(self, s: ClientState, name: str, args: tuple[Any, ...], out: Effects) -> None:
        """Run a program now, or when there is a session."""
        if s.phase == "connected":
            self.start_task(s, name, args, out)
            return
        s.queue += ((name, args),)
        if s.phase == "closed":
            self.connect(s, out)

    def start_task(self, s: ClientState, name: str, args: tuple[Any, ...], out: Effects) -> None:
        assert s.server is not None
        s.runs += 1
        if name == SHELL:
            out.explain("types", line=args[1])
        else:
            out.explain("program-begins", name=name, args=args)
        task = Task(name, args, Identity(self.me, s.server, s.session, s.runs))
        s.tasks = {**s.tasks, s.runs: task}
        self.go_on(s, s.runs, out)

    def give(self, s: ClientState, number: int, given: Input, out: Effects) -> None:
        task = s.tasks.get(number)
        if task is not None:
            s.tasks = {**s.tasks, number: replace(task, inputs=(*task.inputs, given))}
            self.go_on(s, number, out)

    def give_all(self, s: ClientState, given: Input, out: Effects) -> None:
        for number in list(s.tasks):
            self.give(s, number, given, out)

    def go_on(self, s: ClientState, number: int, out: Effects) -> None:
        """As far as the task comes with what it has been given."""
        task = s.tasks[number]
        program, args = (run, task.args) if task.name == SHELL else recipe(task.name, task.args)
        progress = advance(program, args, task.identity, task.inputs, self.at_hand)
        for text in progress.said[task.said :]:
            self.print(s, number, text, out)
        asks = went_on(task, progress)
        s.tasks = {**s.tasks, number: replace(task, said=len(progress.said), waits=progress.waits_for)}
        if progress.finished:
            self.end_task(s, number, progress, out)
        elif asks and isinstance(progress.waits_for, Ask):
            self.issue(s, progress.waits_for.operation, number, out)
        elif asks and isinstance(progress.waits_for, Sleep):
            s.wakes = {**s.wakes, number: out.now + progress.waits_for.micros}
            self.set_alarm(s, out)

    def end_task(self, s: ClientState, number: int, progress: Progress, out: Effects) -> None:
        task = s.tasks[number]
        s.tasks = {k: v for k, v in s.tasks.items() if k != number}
        s.wakes = {k: v for k, v in s.wakes.items() if k != number}
        error = progress.error.code.name if progress.error else ""
        if task.name != SHELL:
            out.explain("program-ends", name=task.name, error=error)
        if number == s.typing:
            self.line_over(s, progress, out)

    def print(self, s: ClientState, task: int, text: str, out: Effects) -> None:
        out.explain("says", text=text)
        last = s.output[-1].number if s.output else 0
        s.output = (*s.output, Said(last + 1, task, text))[-LINES_KEPT:]

    # --- what comes in ------------------------------------------------------------------------------------

    def connected(self, s: ClientState, out: Effects) -> None:
        assert s.server is not None
        self.give_all(s, Moved(s.server, s.session), out)
        queue, s.queue = s.queue, ()
        for name, args in queue:
            self.begin(s, name, args, out)
        self.next_line(s, out)

    def answered(self, s: ClientState, asked: Asked, error: int, result: Result | None, out: Effects) -> None:
        if asked.task:
            self.give(s, asked.task, Answered(error, result), out)

    def happened(self, s: ClientState, event: int, path: str, out: Effects) -> None:
        if s.shell.count and s.shell.print_watches:
            for text in event_lines(event, path):
                self.print(s, 0, text, out)
        self.give_all(s, Happened(event, path), out)

    def session_over(self, s: ClientState, out: Effects) -> None:
        s.queue = ()
        if s.shell.count and not s.shell.closed:
            if s.shell.print_watches:
                for text in state_lines("Expired"):
                    self.print(s, 0, text, out)
            s.shell = replace(s.shell, closed=True)
        self.give_all(s, Expired(), out)

    # --- sleep --------------------------------------------------------------------------------------------

    def set_alarm(self, s: ClientState, out: Effects) -> None:
        if s.wakes:
            out.set_timer("wake", Span(max(1, min(s.wakes.values()) - out.now)))

    def on_wake_timeout(self, s: ClientState, out: Effects) -> None:
        due = sorted(number for number, at in s.wakes.items() if at <= out.now)
        s.wakes = {k: v for k, v in s.wakes.items() if k not in due}
        for number in due:
            self.give(s, number, Woken(), out)
        self.set_alarm(s, out)


def went_on(task: Task, progress: Progress) -> bool:
    """Whether the last input has moved the program; else it waits for the same as before."""
    last = task.inputs[-1] if task.inputs else None
    if last is None or isinstance(last, Answered | Woken) or progress.waits_for != task.waits:
        return True
    return isinstance(last, Expired) and isinstance(task.waits, Ask | AwaitEvent)
