"""Which histories are linearizable, and what is said of one that is not."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from app.history.check import check, forget
from app.history.operation import History, Operation
from app.history.search import Budget, Search
from benchmarks.linearizability import history_of
from protocols.key_value import Command, operate


def op(process: str, called: int, returned: int | None, text: str, result: object = UNSET) -> Operation:
    """`op("a", 1, 4, "put x 7")`: what `a` called at 1 and had back at 4."""
    verb, key, *value = text.split()
    return Operation(process, Command(verb, key, *value), called, returned, result)  # type: ignore[arg-type]


def judged(*operations: Operation) -> bool | None:
    return check(list(operations)).linearizable


# --- by hand ------------------------------------------------------------------------------------------------


def test_operations_that_do_not_overlap_keep_their_order() -> None:
    """Herlihy & Wing, section 2.3: the order of real time is kept."""
    write = op("a", 1, 2, "put x 1", "1")
    assert judged(write, op("b", 3, 4, "get x", "1"))
    assert not judged(write, op("b", 3, 4, "get x", None))


def test_operations_that_overlap_may_come_in_either_order() -> None:
    """Herlihy & Wing, figure 2: overlapping reads and writes of a register."""
    write = op("a", 1, 6, "put x 1", "1")
    assert judged(write, op("b", 2, 3, "get x", None), op("b", 4, 5, "get x", "1"))
    assert judged(write, op("b", 2, 3, "get x", "1"), op("c", 4, 5, "get x", "1"))


def test_a_new_value_and_then_the_old_one_is_refused() -> None:
    """The new-old inversion: a regular register allows it, a linearizable one does not."""
    history = [
        op("a", 1, 2, "put x 0", "0"),
        op("a", 3, 8, "put x 1", "1"),
        op("b", 4, 5, "get x", "1"),
        op("c", 6, 7, "get x", "0"),
    ]
    found = check(history)
    assert found.linearizable is False
    (refusal,) = found.refusals
    assert refusal.operation is history[3]
    assert refusal.possible == ("1",)
    assert refusal.core == (history[2], history[3])
    assert refusal.whatever_before


def test_two_readers_must_not_see_two_writes_in_opposite_orders() -> None:
    writes = [op("a", 1, 20, "put x 1"), op("b", 2, 20, "put x 2")]
    first = [op("c", 3, 4, "get x", "1"), op("c", 5, 6, "get x", "2")]
    assert judged(*writes, *first, op("d", 3, 7, "get x", "2"), op("d", 8, 9, "get x", "2"))
    assert not judged(*writes, *first, op("d", 3, 7, "get x", "2"), op("d", 8, 9, "get x", "1"))


def test_keys_are_judged_one_by_one() -> None:
    """Locality (Herlihy & Wing, theorem 1): only the refused key is named."""
    found = check([op("a", 1, 2, "put x 1"), op("a", 3, 4, "get y", "1"), op("a", 5, 6, "get x", "1")])
    assert [refusal.key for refusal in found.refusals] == ["y"]
    assert found.keys == 2


def test_an_unknown_outcome_takes_effect_late_or_never() -> None:
    lost = op("a", 1, None, "put x 1")
    assert judged(lost, op("b", 5, 6, "get x", None), op("b", 7, 8, "get x", "1"))
    assert judged(lost, op("b", 5, 6, "get x", None), op("b", 7, 8, "get x", None))
    assert not judged(lost, op("b", 5, 6, "get x", "1"), op("b", 7, 8, "get x", None))


def test_an_unknown_outcome_takes_effect_once() -> None:
    """Exactly once: an addition that nobody answered is there, or it is not, but never twice."""
    lost = op("a", 1, None, "add x 1")
    assert judged(lost, op("b", 5, 6, "get x", "1"))
    assert not judged(lost, op("b", 5, 6, "get x", "2"))
    assert not judged(op("a", 1, 2, "add x 1", "1"), op("b", 5, 6, "get x", "2"))


def test_an_answer_that_nobody_wrote_down_may_have_been_any() -> None:
    assert judged(op("a", 1, 2, "put x 3"), op("a", 3, 4, "add x 2"), op("a", 5, 6, "get x", "5"))
    assert not judged(op("a", 1, 2, "put x 3"), op("a", 3, 4, "add x 2"), op("a", 5, 6, "get x", "3"))


def test_delete_answers_what_was_there() -> None:
    assert judged(op("a", 1, 2, "put x 3", "3"), op("a", 3, 4, "delete x", "3"), op("a", 5, 6, "get x", None))
    assert not judged(op("a", 1, 2, "put x 3", "3"), op("a", 3, 4, "delete x", None))


def test_a_history_from_the_midst_may_begin_with_anything() -> None:
    history = [op("a", 1, 2, "get x", "9"), op("a", 3, 4, "add x 1", "10")]
    assert check(history).linearizable is False
    assert check(history, from_start=False).linearizable
    assert not check([*history, op("a", 5, 6, "get x", "9")], from_start=False).linearizable


def test_a_key_that_had_no_value_at_first_is_part_of_the_reason() -> None:
    (refusal,) = check([op("a", 1, 2, "get x", "9")]).refusals
    assert refusal.possible == (None,)
    assert not refusal.whatever_before


def test_the_search_can_be_bounded() -> None:
    lost = [op(f"p{n}", 1 + n, None, f"add x {1 << n}") for n in range(12)]
    found = check([*lost, op("q", 50, 51, "get x", "-1")], limit=500)
    assert found.linearizable is None
    assert found.given_up == ("x",)


# --- against brute force ------------------------------------------------------------------------------------


def brute_force(history: History, start: str | None = None) -> bool:
    """Every order of every choice of the unknown outcomes that took effect."""
    lost = [o for o in history if o.returned is None]
    sure = [o for o in history if o.returned is not None]
    for chosen in range(1 << len(lost)):
        some = sure + [o for n, o in enumerate(lost) if chosen >> n & 1]
        if any(explains(order, start) for order in permutations(some)):
            return True
    return False


def explains(order: tuple[Operation, ...], state: str | None) -> bool:
    for at, o in enumerate(order):
        if any(later.returned is not None and later.returned < o.called for later in order[at + 1 :]):
            return False
        state, result = operate(state, o.command)
        if o.result not in (UNSET, result):
            return False
    return True


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Up to five operations on one key, each a process's only one, with results that are often right."""
    count = draw(st.integers(1, 5))
    places = draw(st.permutations(range(2 * count)))
    found: History = []
    for n in range(count):
        called, returned = sorted(places[2 * n : 2 * n + 2])
        lost = draw(st.integers(0, 5)) == 0
        verb = draw(st.sampled_from(["put", "get", "get", "add", "delete"]))
        value = draw(st.sampled_from("123")) if verb in ("put", "add") else ""
        result = draw(st.sampled_from([None, "1", "2", "3", "4"]))
        if verb == "put":
            result = value
        outcome = UNSET if lost or draw(st.integers(0, 9)) == 0 else result
        found.append(Operation("p", Command(verb, "x", value), called, None if lost else returned, outcome))
    return found


@given(histories())
@example([op("a", 0, 1, "put x 1"), op("b", 2, 3, "get x", None)])
@example([op("a", 0, 1, "add x 3", UNSET), op("b", 2, 3, "add x 3", "1")])
@settings(max_examples=70, deadline=None)
def test_it_says_what_brute_force_says(history: History) -> None:
    assert check(history).linearizable == brute_force(history)
    anywhere = [None, *map(str, range(-14, 8))]  # five additions of 3 lead from -14 to 1
    assert check(history, from_start=False).linearizable == any(brute_force(history, s) for s in anywhere)


@given(histories())
@settings(max_examples=70, deadline=None)
def test_an_order_that_is_found_explains_the_history(history: History) -> None:
    found = Search(history, None, Budget()).run()
    if found is not None:
        assert explains(found, None)
        assert {id(o) for o in found} >= {id(o) for o in history if o.returned is not None}


@given(histories())
@example([op("a", 0, 5, "add x 1", None), op("b", 1, 4, "get x", "1")])
@settings(max_examples=70, deadline=None)
def test_the_refused_operation_is_the_first_that_cannot_be_explained(history: History) -> None:
    """Up to just before its return there is an order; with it there is none, but for other results."""
    for refusal in check(history).refusals:
        end = refusal.operation.returned
        assert end is not None
        assert brute_force(prefix(history, end - 1))
        assert not brute_force(prefix(history, end))
        assert explains(refusal.order, None)
        for result in refusal.possible:
            other = msgspec.structs.replace(refusal.operation, result=result)
            assert brute_force([other if o is refusal.operation else o for o in prefix(history, end)])


@given(histories())
@settings(max_examples=70, deadline=None)
def test_what_could_have_been_returned_is_told_in_full(history: History) -> None:
    if any(o.command.op == "add" for o in history):
        return
    for refusal in check(history).refusals:
        seen = prefix(history, refusal.operation.returned or 0)
        for result in (None, "1", "2", "3", "4"):
            other = msgspec.structs.replace(refusal.operation, result=result)
            fine = brute_force([other if o is refusal.operation else o for o in seen])
            assert fine == (result in refusal.possible)


def prefix(history: History, end: int) -> History:
    return [
        o if o.returned is not None and o.returned <= end else forget(o) for o in history if o.called <= end
    ]


@given(histories())
@settings(max_examples=70, deadline=None)
def test_a_core_is_a_contradiction(history: History) -> None:
    """Whatever the others did, and where it says so whatever was there before, these have no order."""
    for refusal in check(history).refusals:
        named = {o.called for o in refusal.core}
        assert refusal.operation.called in named
        seen = prefix(history, refusal.operation.returned or 0)
        others = [o for o in seen if o.called not in named]
        beside = [forget(o) for o in others if o.returned is None or o.returned > min(named)]
        starts = [None, *map(str, range(-4, 8))] if refusal.whatever_before else [None]
        assert not any(brute_force([*refusal.core, *beside], start) for start in starts)


@pytest.mark.parametrize("broken", [False, True])
def test_long_histories_take_a_moment(broken: bool) -> None:
    """Ten clients, a thousand operations on three keys: without the cache this would never end."""
    found = check(history_of(1000, clients=10, keys=3, broken=broken))
    assert found.linearizable is not broken
    assert found.configurations < 10_000
    assert not broken or len(found.refusals[0].core) == 2
