"""The state machine: what each operation does, and that each client's commands run once, in order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.key_value import Command, execute

OPERATIONS = st.builds(
    Command,
    op=st.sampled_from(["put", "get", "add", "delete"]),
    key=st.sampled_from("xyz"),
    value=st.sampled_from(["1", "-2", "7", "word", ""]),
)


@pytest.mark.parametrize(
    ("before", "command", "after", "result"),
    [
        ({}, Command("put", "x", "7"), {"x": "7"}, "7"),
        ({"x": "1"}, Command("put", "x", "7"), {"x": "7"}, "7"),
        ({"x": "1"}, Command("get", "x"), {"x": "1"}, "1"),
        ({}, Command("get", "x"), {}, None),
        ({"x": "1", "y": "2"}, Command("delete", "x"), {"y": "2"}, "1"),
        ({}, Command("delete", "x"), {}, None),
        ({"x": "5"}, Command("add", "x", "2"), {"x": "7"}, "7"),
        ({}, Command("add", "x", "-2"), {"x": "-2"}, "-2"),
        ({"x": "word"}, Command("add", "x", "2"), {"x": "2"}, "2"),
        ({"x": "5"}, Command("add", "x", "word"), {"x": "5"}, "5"),
    ],
)
def test_an_operation(before: dict[str, str], command: Command, after: dict[str, str], result: Any) -> None:
    data, _, out = execute(before, {}, command)
    assert (data, out) == (after, result)


@given(st.lists(OPERATIONS, max_size=12), st.data())
def test_retries_do_not_run_again(operations: list[Command], data: st.DataObject) -> None:
    """Commands of a client in order, each possibly repeated right after or much later: the same outcome."""
    once: Any = ({}, {}, None)
    often: Any = ({}, {}, None)
    sent: list[Command] = []
    for serial, op in enumerate(operations, start=1):
        c = Command(op.op, op.key, op.value, "c1", serial)
        sent.append(c)
        once = execute(once[0], once[1], c)
        often = execute(often[0], often[1], c)
        for again in data.draw(st.lists(st.sampled_from(sent), max_size=3)):
            result = execute(often[0], often[1], again)
            assert result[:2] == often[:2]
            assert again.serial < serial or result[2] == once[2]
    assert often[:2] == once[:2]


@given(st.lists(OPERATIONS, max_size=6))
def test_the_store_before_is_left_as_it_was(operations: list[Command]) -> None:
    data: dict[str, str] = {"x": "1"}
    sessions: Any = {}
    for serial, op in enumerate(operations, start=1):
        before = dict(data), dict(sessions)
        was = data, sessions
        data, sessions, _ = execute(data, sessions, Command(op.op, op.key, op.value, "c1", serial))
        assert was == before


def test_sessions_of_two_clients_do_not_mix() -> None:
    data, sessions, _ = execute({}, {}, Command("add", "x", "1", "c1", 1))
    data, sessions, result = execute(data, sessions, Command("add", "x", "1", "c2", 1))
    assert (data, result) == ({"x": "2"}, "2")
    assert set(sessions) == {"c1", "c2"}


def test_a_command_of_nobody_has_no_session() -> None:
    """What an initial log holds was issued by nobody; each entry runs."""
    data, sessions, _ = execute({}, {}, Command("add", "x", "1"))
    data, sessions, _ = execute(data, sessions, Command("add", "x", "1"))
    assert (data, sessions) == ({"x": "2"}, {})
