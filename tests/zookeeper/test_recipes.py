"""Recipes under random interleavings: each keeps its promise, and nobody waits for what will not come."""

from itertools import pairwise

import pytest

from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import Create, Delete, PathOf, Stat, StatOf
from protocols.zookeeper.programs import Answered, Ask, Identity, Progress, Sleep, Zk, advance
from protocols.zookeeper.recipes import RECIPES
from protocols.zookeeper.recipes.barrier import barrier_close, barrier_pass
from protocols.zookeeper.recipes.config import publish, subscribe
from protocols.zookeeper.recipes.double_barrier import double_barrier
from protocols.zookeeper.recipes.election import election
from protocols.zookeeper.recipes.group import member, observe_group
from protocols.zookeeper.recipes.lock import lock
from protocols.zookeeper.recipes.lock_herd import lock_herd
from protocols.zookeeper.recipes.naming import claim, unique_id
from protocols.zookeeper.recipes.queue import consume, produce
from protocols.zookeeper.recipes.read_write_lock import read_lock, write_lock
from protocols.zookeeper.recipes.retrying import disown
from protocols.zookeeper.recipes.servers import listener, server
from tests.zookeeper.play import Play

SEEDS = range(25)
LOCKS = {"lock": lock, "lock-herd": lock_herd, "write-lock": write_lock, "election": election}
HAS = ("has the", "is the master")


def holds(play: Play) -> list[tuple[str, int, int]]:
    """Who had something, from which line of the log on, until which: until it woke, or its session ended."""
    found, since = [], {}
    for at, (name, text) in enumerate(play.log):
        if any(word in text for word in HAS):
            since[name] = at
        elif text in ("wakes", "expires") and name in since:
            found.append((name, since.pop(name), at))
    return found


@pytest.mark.parametrize("loss", [0.0, 0.15], ids=["", "answers get lost"])
@pytest.mark.parametrize("recipe", LOCKS)
def test_a_lock_is_had_by_one_at_a_time_and_by_everyone_once(recipe: str, loss: float) -> None:
    for seed in SEEDS:
        play = Play(seed, loss)
        for i in range(4):
            play.start(f"c{i}", LOCKS[recipe], "/l", 50)
        play.run()
        had = holds(play)
        assert sorted(name for name, _, _ in had) == ["c0", "c1", "c2", "c3"]
        assert all(until <= since for (_, _, until), (_, since, _) in pairwise(had)), seed
        assert len(play.server.tree.children("/l")) == 0, "a znode is left behind"


@pytest.mark.parametrize("seed", SEEDS)
def test_locks_are_had_in_the_order_of_the_line(seed: int) -> None:
    play = Play(seed)
    for i in range(4):
        play.start(f"c{i}", lock, "/l", 50)
    play.run()
    creates = [s for s, o in play.server.asked if isinstance(o, Create) and o.flags == 3]
    assert [play.clients[name].session for name, _, _ in holds(play)] == creates


@pytest.mark.parametrize("recipe", LOCKS)
def test_when_the_holders_session_expires_the_next_one_gets_the_lock(recipe: str) -> None:
    for seed in SEEDS:
        play = Play(seed)
        for i in range(4):
            play.start(f"c{i}", LOCKS[recipe], "/l", 10_000)
        while not holds_now(play):
            play.step()
        gone = holds_now(play)[0]
        play.expire(gone)
        play.run()
        error = play.clients[gone].progress.error
        assert error is not None
        assert error.code == Code.SESSION_EXPIRED
        had = holds(play)
        assert len(had) == 4
        assert all(until <= since for (_, _, until), (_, since, _) in pairwise(had))


@pytest.mark.parametrize("recipe", LOCKS)
def test_whoever_in_the_line_expires_the_others_have_the_lock_one_at_a_time(recipe: str) -> None:
    for seed in SEEDS:
        play = Play(seed, 0.1 if seed % 2 else 0)
        for i in range(6):
            play.start(f"c{i}", LOCKS[recipe], "/l", 200)
        for _ in range(3):
            for _ in range(play.rng.randrange(40)):
                play.step()
            name = play.rng.choice(list(play.clients))
            if not play.clients[name].progress.finished:
                play.expire(name)
        play.run()
        had = holds(play)
        assert all(until <= since for (_, _, until), (_, since, _) in pairwise(had)), seed
        gone = {name for name, text in play.log if text == "expires"}
        assert {name for name, _, _ in had} >= {*play.clients} - gone


def holds_now(play: Play) -> list[str]:
    return [
        name
        for name, c in play.clients.items()
        if isinstance(c.progress.waits_for, Sleep)
        and c.progress.said
        and any(w in c.progress.said[-1] for w in HAS)
    ]


def test_one_wakes_without_the_herd_and_all_with_it() -> None:
    """Events delivered while ten clients have the lock one after the other."""

    def events(recipe: str) -> int:
        play = Play(1)
        for i in range(10):
            play.start(f"c{i}", LOCKS[recipe], "/l", 10_000)
        play.run()
        return sum(play.delivered.values())

    assert events("lock") == 9
    assert events("lock-herd") >= 9 + 8 + 7 + 6 + 5 + 4 + 3 + 2 + 1


def test_a_name_is_given_back_only_while_it_is_ours() -> None:
    """The answer to the delete was lost, and somebody else has created the znode meanwhile."""
    lost, synced = Answered(Code.CONNECTION_LOSS), Answered(0, PathOf("/l/holder"))
    me = Identity("c1", "n1", 0xABC)

    def after(owner: int) -> Progress:
        stat = Stat(1, 1, 0, 0, 0, 0, 0, owner, 0, 0, 1)
        return advance(disown, ("/l/holder",), me, (lost, synced, Answered(0, StatOf(stat))))

    assert after(0xABC).waits_for == Ask(Delete("/l/holder"))
    assert after(0xDEF).finished


@pytest.mark.parametrize("seed", SEEDS)
def test_readers_share_and_writers_do_not(seed: int) -> None:
    play = Play(seed, 0.1 if seed % 2 else 0)
    for i in range(6):
        play.start(f"{'rw'[i % 2]}{i}", (read_lock, write_lock)[i % 2], "/l", 200)
    play.run()
    had = holds(play)
    assert len(had) == 6
    for name, since, until in had:
        if name[0] == "w":
            assert [n for n, a, z in had if a < until and since < z] == [name]


def test_readers_do_share() -> None:
    play = Play()
    for i in range(3):
        play.start(f"r{i}", read_lock, "/l", 10_000)
    play.run()
    (_, _, first), *_ = had = holds(play)
    assert all(since < first for _, since, _ in had)


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_passes_a_closed_barrier(seed: int) -> None:
    """Not even when something else happens to the barrier."""

    async def touch(zk: Zk) -> None:
        for _ in range(3):
            await zk.retry(zk.set, "/g/b", b"touched")
            await zk.sleep(100_000)

    play = Play(seed, 0.1 if seed % 2 else 0)
    play.start("gate", barrier_close, "/g/b", 1000)
    while "gate has closed the barrier /g/b" not in play.said("gate"):
        play.step()
    for i in range(4):
        play.start(f"c{i}", barrier_pass, "/g/b")
    play.start("t", touch)
    play.run()
    opened = play.log.index(("gate", "Delete /g/b"))
    passed = [at for at, (_, text) in enumerate(play.log) if "goes on" in text]
    assert len(passed) == 4
    assert min(passed) > opened


@pytest.mark.parametrize("seed", SEEDS)
def test_a_double_barrier_is_entered_and_left_together(seed: int) -> None:
    play = Play(seed, 0.1 if seed % 2 else 0)
    for i in range(4):
        play.start(f"c{i}", double_barrier, "/b", 4, 100 * i)
    play.run()

    def places(text: str) -> list[int]:
        return [at for at, (_, said) in enumerate(play.log) if text in said]

    assert len(places("leaves with")) == 4
    assert min(places("works")) > max(play.log.index((f"c{i}", f"Create /b/c{i}")) for i in range(4))
    done = [play.log.index((f"c{i}", "wakes"), play.log.index((f"c{i}", f"c{i} works"))) for i in range(4)]
    assert min(places("leaves with")) > max(done)
    assert play.server.tree.children("/b") == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_queue_is_first_in_first_out(seed: int) -> None:
    play = Play(seed)
    play.start("p0", produce, "/q", *"abcd")
    play.start("p1", produce, "/q", *"wxyz")
    for i in range(2):
        play.start(f"c{i}", consume, "/q", 4)
    play.run()
    got = [play.clients[f"c{i}"].progress.result for i in range(2)]
    assert sorted(got[0] + got[1]) == sorted("abcdwxyz"), "each item once"
    for items in ("abcd", "wxyz"):
        for taken in got:
            mine = [item for item in taken if item in items]
            assert mine == sorted(mine)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_consumer_takes_items_in_their_order(seed: int) -> None:
    play = Play(seed)
    play.start("p", produce, "/q", *"abcdefgh")
    play.start("c", consume, "/q", 8)
    play.run()
    assert play.clients["c"].progress.result == list("abcdefgh")


@pytest.mark.parametrize("seed", SEEDS)
def test_ids_are_unique_and_grow(seed: int) -> None:
    play = Play(seed, 0.2 if seed % 2 else 0)
    for i in range(4):
        play.start(f"c{i}", unique_id, "/ids", 5)
    play.run()
    drawn = [c.progress.result for c in play.clients.values()]
    assert all(ids == sorted(ids) for ids in drawn)
    assert len({id for ids in drawn for id in ids}) == 20


@pytest.mark.parametrize("seed", SEEDS)
def test_a_name_is_one_clients(seed: int) -> None:
    play = Play(seed, 0.2 if seed % 2 else 0)
    for i in range(4):
        play.start(f"c{i}", claim, "/names/app")
    play.run()
    owner = play.server.tree["/names/app"].owner
    assert [c.session for c in play.clients.values() if c.progress.result] == [owner]


@pytest.mark.parametrize("seed", SEEDS)
def test_who_listens_knows_the_last_state(seed: int) -> None:
    """Servers, groups and configurations: however changes and events fall together, none is missed."""
    play = Play(seed, 0.1 if seed % 2 else 0)
    play.start("l", listener, "/servers", 99)
    play.start("o", observe_group, "/group", 99)
    play.start("s", subscribe, "/config", 99)
    for i in range(3):
        play.start(f"server{i}", server, "/servers", 300 * i)
        play.start(f"member{i}", member, "/group", 300 * i)
    play.start("p", publish, "/config", *"abcde")
    while not idle(play, "l", "o", "s"):
        play.step()
    assert play.said("l")[-1] == "online: nobody"
    assert play.said("o")[-1] == "the group is empty"
    last = play.server.tree["/config"]
    assert play.said("s")[-1] == f"s runs with e, version {last.version}"
    versions = [int(text.rpartition(" ")[2]) for text in play.said("s")]
    assert versions == sorted(versions)


def idle(play: Play, *watchers: str) -> bool:
    """These wait for an event that is not on its way, and all others are done."""
    waiting = [play.clients[name] for name in watchers]
    others = [c for c in play.clients.values() if c not in waiting]
    return all(c.progress.finished for c in others) and not any(
        c.inbox or c.wakes or isinstance(c.progress.waits_for, Ask) for c in waiting
    )


def test_every_recipe_is_played_here() -> None:
    played = {*LOCKS.values(), read_lock, barrier_close, barrier_pass, double_barrier, produce, consume}
    played |= {unique_id, claim, listener, server, observe_group, member, publish, subscribe}
    assert played == set(RECIPES.values())
