"""Vector clocks and siblings against the simplest model there is: every version knows the set of all writes
that it replaces. Whatever nodes and clients exchange, and in whatever order, both say the same (Dynamo, 4.4).
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.quorum.versions import (
    How,
    Stamp,
    Version,
    Versions,
    clock_of,
    covers,
    includes_all,
    join,
    merge,
    stamps_of,
)

VC: How = "vector-clock"
NODES = ("n1", "n2", "n3")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(NODES), st.integers(0, 2)),
        st.tuples(st.just("read"), st.sampled_from(NODES), st.integers(0, 2)),
        st.tuples(st.just("send"), st.sampled_from(NODES), st.sampled_from(NODES)),
    ),
    max_size=40,
)


class World:
    """Three nodes and three clients, with version sets; and beside each set, what it stands for."""

    def __init__(self) -> None:
        self.held: dict[Any, Versions] = dict.fromkeys((*NODES, 0, 1, 2), ())
        self.past: dict[Stamp, frozenset[Stamp]] = {}
        """For each write: all that it replaces, directly or not."""
        self.counters = dict.fromkeys(NODES, 0)

    def write(self, node: str, client: int) -> None:
        """The client's context goes along; its answer has what the node has then."""
        self.counters[node] += 1
        stamp = Stamp(node, self.counters[node], sum(self.counters.values()))
        context = self.held[client]
        seen = [self.past[s] | {s} for s in stamps_of(context)]
        self.past[stamp] = frozenset().union(*seen)
        version = Version(str(stamp.at), stamp, clock_of(context))
        self.take(node, (version,))
        self.take(client, self.held[node])

    def take(self, who: Any, versions: Versions) -> None:
        """Merge, and compare with what is left when everything that was replaced is taken away."""
        before = {*stamps_of(self.held[who]), *stamps_of(versions)}
        self.held[who] = merge(VC, self.held[who], versions)
        replaced = frozenset().union(*(self.past[s] for s in before))
        assert {*stamps_of(self.held[who])} == before - replaced


@given(STEPS)
@settings(max_examples=120, deadline=None)
def test_clocks_know_what_was_replaced_and_lose_nothing(steps: list[tuple[Any, ...]]) -> None:
    world = World()
    for what, a, b in steps:
        if what == "write":
            world.write(a, b)
        elif what == "read":
            world.take(b, world.held[a])
        else:
            world.take(b, world.held[a])
    for held in world.held.values():
        for stamp, past in world.past.items():
            known = any(stamp in world.past[s] or stamp == s for s in stamps_of(held))
            assert covers(clock_of(held), stamp) == known, "a clock covers just what was seen"
            assert past <= world.past.keys()


@given(STEPS)
@settings(max_examples=100, deadline=None)
def test_merging_is_the_same_in_every_order(steps: list[tuple[Any, ...]]) -> None:
    world = World()
    for what, a, b in steps:
        if what == "write":
            world.write(a, b)
        else:
            world.take(b, world.held[a])
    sets = [world.held[node] for node in NODES]
    ways: tuple[How, ...] = ("vector-clock", "last-write-wins")
    for how in ways:
        one, two, three = (merge(how, held) for held in sets)
        whole = merge(how, one, two, three)
        assert whole == merge(how, three, merge(how, two, one)) == merge(how, whole, two)
        assert all(includes_all(how, whole, stamps_of(held)) for held in (one, two, three))
    assert join([clock_of(held) for held in sets]) == clock_of(merge(VC, *sets))
