"""Programs run by replay: whatever is kept at hand or not, a program says and does the same."""

from random import Random
from typing import Any

import pytest

from protocols.actor import Impossible
from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.operations import (
    CONTAINER,
    TTL,
    ChildrenOf,
    Create,
    CreateContainer,
    Created,
    CreateTtl,
    DataOf,
    Done,
    Exists,
    Failed,
    GetData,
    Multi,
    PathOf,
    Result,
    Results,
    Stat,
    StatOf,
)
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
    Zk,
    advance,
)
from protocols.zookeeper.recipes import RECIPES, recipe, usage
from protocols.zookeeper.recipes.lock import lock

ME = Identity("c1", "n1", 0xABC, 7)
STAT = Stat(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1)


async def follow(zk: Zk, *paths: str) -> str:
    """Says what it reads, each time that one of the paths has changed."""
    for path in paths:
        await zk.exists(path, watch=True)
    while True:
        event = await zk.changed(*paths)
        data, _ = await zk.get(event.path, watch=True)
        zk.say(f"{event.path} = {data!r} at {zk.server}")
        if data == b"end":
            return event.path
        await zk.sleep(5)


def run(program: Any, *inputs: Input, args: tuple[Any, ...] = ()) -> Progress:
    return advance(program, args, ME, inputs)


def test_a_program_waits_for_an_answer_an_event_and_the_time() -> None:
    """Each wait is told with what it needs, and the input that fits makes the program go on."""
    inputs: list[Input] = []
    seen = []
    for given in (None, Answered(Code.NO_NODE), Happened(1, "/a"), Answered(0, DataOf(b"x", STAT)), Woken()):
        inputs += [given] if given else []
        seen.append(run(follow, *inputs, args=("/a",)).waits_for)
    assert seen == [
        Ask(Exists("/a", True)),
        AwaitEvent(("/a",)),
        Ask(GetData("/a", True)),
        Sleep(5),
        AwaitEvent(("/a",)),
    ]
    over = run(follow, *inputs, Happened(3, "/a"), Answered(0, DataOf(b"end", STAT)), args=("/a",))
    assert over == Progress(("/a = b'x' at n1", "/a = b'end' at n1"), None, "/a")
    assert over.finished


def test_events_that_came_before_they_were_wanted_are_taken_in_their_order() -> None:
    """They come while a program waits for something else; those about other paths stay for later."""

    async def taker(zk: Zk) -> tuple[str, ...]:
        await zk.sleep(1)
        taken = [await zk.changed("/b"), await zk.changed("/c", "/a"), await zk.changed()]
        return tuple(f"{e.event} {e.path}" for e in taken)

    early = (Happened(1, "/x"), Happened(1, "/a"), Happened(3, "/b"), Happened(2, "/c"))
    assert run(taker, *early).waits_for == Sleep(1)
    assert run(taker, *early, Woken()).result == ("3 /b", "1 /a", "1 /x")
    assert run(taker, *early[:2], Woken()).waits_for == AwaitEvent(("/b",))
    assert run(taker, *early[:2], Woken(), *early[2:]).result == ("3 /b", "1 /a", "1 /x")


def test_errors_are_raised_where_the_request_was_made() -> None:
    failed = run(follow, Answered(Code.CONNECTION_LOSS), args=("/a",))
    assert failed.finished
    assert failed.error is not None
    assert (failed.error.code, failed.error.path) == (Code.CONNECTION_LOSS, "/a")

    async def patient(zk: Zk) -> bytes | None:
        return (await zk.retry(zk.get, "/a"))[0]

    lost = Answered(Code.CONNECTION_LOSS)
    assert run(patient, lost).waits_for == Sleep(100_000)
    assert run(patient, lost, Woken(), lost, Woken(), Answered(0, DataOf(b"x", STAT))).result == b"x"
    assert run(patient, lost, Woken(), Answered(Code.NO_AUTH)).error is not None


@pytest.mark.parametrize("before", [1, 2, 3], ids=["asking", "waiting", "asking again"])
def test_a_session_that_expires_ends_what_was_waited_for(before: int) -> None:
    inputs = (Answered(0, StatOf(STAT)), Happened(1, "/a"))[: before - 1]
    gone = run(follow, *inputs, Expired(), args=("/a",))
    assert gone.error is not None
    assert gone.error.code == Code.SESSION_EXPIRED


def test_a_sleeping_program_learns_of_its_expired_session_when_it_wakes() -> None:
    async def sleeper(zk: Zk) -> str:
        await zk.sleep(1)
        try:
            await zk.delete("/a")
        except ZooKeeperError as e:
            zk.say(e.code.name)
        return await zk.create("/b")

    assert run(sleeper, Expired()).waits_for == Sleep(1)
    woken = run(sleeper, Expired(), Woken())
    assert woken.said == ("SESSION_EXPIRED",)
    assert isinstance(woken.waits_for, Ask)
    assert run(sleeper, Expired(), Woken(), Answered(0, Created("/b"))).result == "/b"


def test_every_kind_of_znode_has_its_request() -> None:
    def asked(**how: Any) -> Any:
        async def make(zk: Zk) -> str:
            return await zk.create("/a", **how)

        waits = run(make).waits_for
        assert isinstance(waits, Ask)
        return waits.operation

    assert [asked(ephemeral=e, sequence=s).flags for e in (False, True) for s in (False, True)] == [
        0,
        2,
        1,
        3,
    ]
    assert type(asked()) is Create
    assert type(asked(container=True)) is CreateContainer
    assert asked(container=True).flags == CONTAINER
    assert type(asked(ttl=9)) is CreateTtl
    assert (asked(ttl=9).flags, asked(ttl=9).ttl, asked(ttl=9, sequence=True).flags) == (TTL, 9, 6)


def test_a_multi_raises_the_error_of_its_culprit() -> None:
    operations = (GetData("/a"), GetData("/b"), GetData("/c"))

    async def together(zk: Zk) -> tuple[Result, ...]:
        return await zk.multi(*operations)

    assert run(together).waits_for == Ask(Multi(operations))
    bad = Results((Failed(0), Failed(Code.BAD_VERSION), Failed(Code.RUNTIME_INCONSISTENCY)))
    error = run(together, Answered(0, bad)).error
    assert error is not None
    assert (error.code, error.path) == (Code.BAD_VERSION, "/b")
    assert run(together, Answered(0, Results((Done(),) * 3))).result == (Done(),) * 3


def test_who_runs_a_program_can_be_elsewhere_later() -> None:
    start = (Answered(0, StatOf(STAT)), Happened(3, "/a"))
    data = Answered(0, DataOf(b"x", STAT))
    assert run(follow, *start, data, args=("/a",)).said == ("/a = b'x' at n1",)
    assert run(follow, *start, Moved("n3", 0xABC), data, args=("/a",)).said == ("/a = b'x' at n3",)


def random_inputs(rng: Random, program: Any, args: tuple[Any, ...], count: int) -> tuple[Input, ...]:
    """Inputs that fit, found by replay, with events and moves in between."""
    inputs: tuple[Input, ...] = ()
    while len(inputs) < count:
        waits = advance(program, args, ME, inputs).waits_for
        if waits is None:
            break
        if rng.random() < 0.4:
            inputs += (rng.choice([Happened(3, "/a"), Happened(1, "/b"), Moved("n2", 5)]),)
        elif rng.random() < 0.03:
            inputs += (Expired(),)
        elif isinstance(waits, Sleep):
            inputs += (Woken(),)
        elif isinstance(waits, Ask):
            good = DataOf(b"x", STAT) if isinstance(waits.operation, GetData) else StatOf(STAT)
            inputs += (Answered(0, good) if rng.random() < 0.97 else Answered(Code.NO_NODE),)
    return inputs


@pytest.mark.parametrize("seed", range(8))
def test_what_is_at_hand_changes_nothing(seed: int) -> None:
    """Several runs move forward, are rewound and branch off at random, with room for two at hand."""
    rng = Random(seed)
    at_hand = AtHand(size=2)
    runs = [(follow, ("/a", "/b"), random_inputs(rng, follow, ("/a", "/b"), 40)) for _ in range(3)]
    places = [0, 0, 0]
    for _ in range(200):
        i = rng.randrange(3)
        program, args, inputs = runs[i]
        step = rng.choice([1, 1, 1, 1, 0, 2, -3])
        places[i] = max(0, min(len(inputs), places[i] + step))
        now = inputs[: places[i]]
        expected, got = advance(program, args, ME, now), advance(program, args, ME, now, at_hand)
        assert (got.said, got.waits_for, got.result) == (expected.said, expected.waits_for, expected.result)
        assert str(got.error) == str(expected.error)


def test_what_is_at_hand_is_not_run_again() -> None:
    started = []

    async def counted(zk: Zk) -> None:
        started.append(zk)
        for _ in range(100):
            await zk.sleep(1)

    at_hand = AtHand()
    inputs: tuple[Input, ...] = ()
    while not advance(counted, (), ME, inputs, at_hand).finished:
        inputs += (Woken(),)
    assert (len(started), len(inputs)) == (1, 100)


def test_a_program_that_is_given_up_does_nothing_any_more() -> None:
    """Not even what it would do in its `finally`."""

    async def tidy(zk: Zk) -> None:
        try:
            await zk.sleep(1)
        finally:
            await zk.delete("/a")

    for _ in range(3):
        assert run(tidy).waits_for == Sleep(1)


def test_a_lost_answer_does_not_make_a_second_znode() -> None:
    """Recipes, "Recoverable Errors and the GUID Protocol"."""
    lost = Answered(Code.CONNECTION_LOSS)
    there = Answered(0, StatOf(STAT))
    asked = run(lock, there, args=("/l",)).waits_for
    assert isinstance(asked, Ask)
    assert isinstance(asked.operation, Create)
    assert asked.operation.path == "/l/abc-7-lock-"
    mine = "abc-7-lock-0000000004"
    names = Answered(0, ChildrenOf(("other-lock-0000000003", mine)))
    synced = Answered(0, PathOf("/l"))
    found = run(lock, there, lost, synced, names, names, args=("/l",))
    assert found.waits_for == Ask(Exists("/l/other-lock-0000000003", True))
    nothing = Answered(0, ChildrenOf(()))
    assert run(lock, there, lost, synced, nothing, args=("/l",)).waits_for == asked


def test_recipes_are_found_by_name_and_refuse_other_arguments() -> None:
    assert recipe("lock", ("/l", "20")) == (lock, ("/l", 20))
    assert recipe("lock", ("/l",)) == (lock, ("/l",))
    assert usage("lock") == "lock path [hold]"
    assert all(usage(name) for name in RECIPES)
    for name, words, code in (
        ("lok", (), "unknown-recipe"),
        ("lock", (), "recipe-arguments"),
        ("lock", ("/l", "1", "2"), "recipe-arguments"),
        ("lock", ("/l", "-1"), "recipe-number"),
        ("lock", ("l",), "recipe-path"),
        ("lock", ("/l/",), "recipe-path"),
    ):
        with pytest.raises(Impossible) as refused:
            recipe(name, words)
        assert refused.value.code == code
