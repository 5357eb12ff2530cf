"""A log is an immutable sequence, however many logs share what lies underneath."""

from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from protocols.key_value import Command
from protocols.log import Entry, Log

ENTRIES = st.lists(
    st.builds(
        Entry, st.integers(1, 4), st.none() | st.builds(Command, st.just("put"), st.sampled_from("xy"))
    ),
    max_size=4,
).map(tuple)


class Logs(RuleBasedStateMachine):
    """Every log ever made is compared, after every step, with a plain tuple of what it should hold."""

    known = Bundle("known")

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[Log, tuple[Entry, ...]]] = []

    def keep(self, log: Log, model: tuple[Entry, ...]) -> tuple[Log, tuple[Entry, ...]]:
        self.all.append((log, model))
        return log, model

    @rule(target=known, entries=ENTRIES)
    def new(self, entries: tuple[Entry, ...]) -> tuple[Log, tuple[Entry, ...]]:
        return self.keep(Log(entries), entries)

    @rule(target=known, pair=known, entries=ENTRIES)
    def append(
        self, pair: tuple[Log, tuple[Entry, ...]], entries: tuple[Entry, ...]
    ) -> tuple[Log, tuple[Entry, ...]]:
        """Also twice to one log: then the two go apart."""
        return self.keep(pair[0].append(entries), pair[1] + entries)

    @rule(target=known, pair=known, share=st.floats(0, 1))
    def upto(self, pair: tuple[Log, tuple[Entry, ...]], share: float) -> tuple[Log, tuple[Entry, ...]]:
        index = round(share * len(pair[1]))
        return self.keep(pair[0].upto(index), pair[1][:index])

    @rule(a=known, b=known)
    def shared_prefix(self, a: tuple[Log, tuple[Entry, ...]], b: tuple[Log, tuple[Entry, ...]]) -> None:
        most = min(len(a[1]), len(b[1]))
        expected = next((i for i in range(most) if a[1][i] != b[1][i]), most)
        assert a[0].shared_prefix(b[0]) == expected
        assert (a[0] == b[0]) == (a[1] == b[1])
        if a[1] == b[1]:
            assert hash(a[0]) == hash(b[0])

    @invariant()
    def every_log_is_what_it_was(self) -> None:
        for log, model in self.all:
            assert tuple(log) == model
            assert (len(log), log.last_index) == (len(model), len(model))
            assert log.last_term == (model[-1].term if model else 0)


TestLogs = Logs.TestCase
TestLogs.settings = budget(max_examples=60, stateful_step_count=25)


@given(ENTRIES, st.integers(0, 4), st.integers(0, 5))
def test_after_gives_a_slice(entries: tuple[Entry, ...], index: int, most: int) -> None:
    index = min(index, len(entries))
    assert Log(entries).after(index, most) == entries[index : index + most]


@given(ENTRIES)
def test_terms_and_entries_by_index_from_one(entries: tuple[Entry, ...]) -> None:
    log = Log(entries)
    assert log.term_at(0) == 0
    assert [log.term_at(i) for i in range(1, len(entries) + 1)] == [e.term for e in entries]
    assert [log.entry(i) for i in range(1, len(entries) + 1)] == list(entries)


def test_after_does_not_see_what_another_log_appended() -> None:
    """Two logs over one list: the shorter one ends where it ended."""
    short = Log([Entry(1), Entry(1)])
    short.append([Entry(2)])
    assert short.after(1, 10) == (Entry(1),)
    assert short.after(2, 10) == ()


def test_a_log_is_not_equal_to_something_else() -> None:
    assert Log() != ()
    assert Log([Entry(1)]) != Log([Entry(2)])
