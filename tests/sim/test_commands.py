"""The one vocabulary: every command reads as it is written; what makes no sense changes nothing."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.sim import commands as c
from app.sim import interventions
from app.sim.commands import USAGE, parse
from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.timeline import Timeline
from app.sim.units import LONGEST, micros, span, spoken, spoken_span
from protocols.actor import Span

NAMES = st.sampled_from(["n1", "n2", "c1", "leader"])
ENDS = st.sampled_from(["n1", "n2", "c1", "*"])
DURATIONS = st.integers(0, LONGEST).map(spoken)
SPANS = st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)).map(
    lambda t: spoken_span(Span(min(t), max(t)))
)
DELAYS = st.sampled_from(["lnkd-disk", "75ms+exp(0.2)", "38%pareto(1.05,1.51)+62%5ms..9ms"])
SHARES = st.floats(0, 1).map(lambda x: round(x, 4))
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
SELECTORS = st.builds(c.Selector, type=st.sampled_from(["*", "AppendEntries"]), src=ENDS, dst=ENDS)

COMMANDS = st.one_of(
    st.builds(c.Crash, node=NAMES, trap=st.sampled_from(["", "before", "after"])),
    st.builds(c.Power, verb=st.sampled_from(["restart", "pause", "resume"]), node=NAMES),
    st.builds(c.Clock, node=NAMES, rate=st.floats(0.1, 10).map(lambda x: max(0.1, round(x, 3)))),
    st.builds(c.Timeout, node=NAMES, timer=st.sampled_from(["election", "heartbeat"])),
    st.builds(c.Cable, verb=st.sampled_from(["cut", "mend"]), src=ENDS, dst=ENDS, both=st.booleans()),
    st.builds(
        c.Partition,
        groups=st.lists(st.lists(NAMES, min_size=1, max_size=4).map(tuple), min_size=2, max_size=4).map(
            tuple
        ),
    ),
    st.builds(c.Heal),
    st.builds(c.Join, client=NAMES, service=st.none() | st.just("raft")),
    st.builds(c.Leave, client=NAMES),
    st.builds(
        c.LinkSettings,
        src=ENDS,
        dst=ENDS,
        both=st.booleans(),
        delay=SPANS | DELAYS,
        delays=st.dictionaries(st.sampled_from(["Stored", "Fetched"]), SPANS | DELAYS).map(
            lambda kinds: tuple(kinds.items())
        ),
        loss=st.none() | SHARES,
        duplicate=st.none() | SHARES,
        fifo=st.none() | st.booleans(),
    ),
    st.builds(
        c.OnMessage,
        verb=st.sampled_from(["drop", "duplicate", "hold", "deliver"]),
        selector=SELECTORS,
        first=st.booleans(),
    ),
    st.builds(c.OnMessage, verb=st.just("delay"), id=st.integers(1, 10**9), by=DURATIONS),
    st.builds(c.OnMessage, verb=st.just("deliver"), id=st.integers(1, 10**9), mutant=st.just("no-log-check")),
    st.builds(c.Standing, action=st.sampled_from(["drop", "hold", "allow"]), selector=SELECTORS),
    st.builds(c.Network, mode=st.sampled_from(["manual", "auto"])),
    st.builds(
        c.Request,
        client=NAMES,
        op=st.sampled_from(["put", "add"]),
        key=WORDS,
        value=WORDS,
        server=st.none() | NAMES,
    ),
    st.builds(
        c.Request, client=NAMES, op=st.sampled_from(["get", "delete"]), key=WORDS, server=st.none() | NAMES
    ),
    st.builds(c.Load, client=NAMES, every=st.just(0) | st.integers(1_000, 10**8)),
    st.builds(c.SetSpeed, speed=st.integers(1, 1000).map(lambda n: 1 / n)),
)


@given(COMMANDS)
@example(c.Request(client="c1", op="put", key="at", value="at", server=None))
@example(c.Request(client="c1", op="put", key="at", value="n2", server="n3"))
@example(c.Request(client="c1", op="get", key="at", server="n3"))
@example(c.Request(client="c1", op="put", key="a b", value='"', server=None))
@settings(max_examples=150)
def test_every_command_reads_as_it_is_written(command: Any) -> None:
    assert parse(str(command)) == command


@given(st.text(max_size=40) | st.tuples(st.sampled_from(sorted(USAGE)), st.text(max_size=30)).map(" ".join))
@example("crash")
@example("crash n1 soon save")
@example("partition n1")
@example("partition | n1")
@example("link n1 -> n2")
@example("link n1 -> n2 loss 2")
@example("link n1 -> n2 loss 0.1 loss 0.2")
@example("clock n1 nan")
@example("set speed 1/0")
@example("drop every")
@example("request c1 put x")
@example("request c1 get x 7")
@example('request c1 put x "7')
@example("delay #1 -5ms")
@settings(max_examples=120)
def test_any_text_is_a_command_or_is_refused_with_a_sentence(text: str) -> None:
    """Hostile or not: never another exception."""
    try:
        command = parse(text)
    except Refused as refused:
        assert_sentences(refused)
    else:
        assert parse(str(command)) == command


def test_a_command_has_a_longest_length() -> None:
    with pytest.raises(Refused) as refused:
        parse("crash " + "n" * 400)
    assert refused.value.code == "command-too-long"


@pytest.mark.parametrize("verb", USAGE)
def test_every_form_that_is_shown_is_a_command(verb: str) -> None:
    for form in re.split(rf" \| (?={verb} )", USAGE[verb]):
        if "ORDER" not in form:  # which orders there are is the protocols' to say
            assert parse(form.partition("  (")[0]), form


@given(st.integers(0, LONGEST))
@example(0)
@example(999)
@example(1_005)
@example(123_456_789)
def test_durations_read_as_they_are_written(value: int) -> None:
    assert micros(spoken(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("250us", 250), ("30ms", 30_000), ("1.5s", 1_500_000), ("2min", 120_000_000), ("0.5 ms", 500)],
)
def test_durations(text: str, value: int) -> None:
    assert micros(text) == value


@pytest.mark.parametrize(
    "text", ["", "5", "ms", "-5ms", "5 m", "1e3ms", "5ms..", "400000h", "٣ms", "5ms\n6ms"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(Refused) as refused:
        span(text)
    assert refused.value.code in ("duration", "span-reversed")


def test_a_range_runs_forwards() -> None:
    assert (span("5ms..10ms").low, span("5ms..10ms").high) == (5_000, 10_000)
    with pytest.raises(Refused) as refused:
        span("10ms..5ms")
    assert refused.value.code == "span-reversed"


# --- refusals -----------------------------------------------------------------------------------------------


def assert_sentences(refused: Refused) -> None:
    """A sentence in each language, with everything filled in; and Chinese where Chinese is asked for."""
    given = "".join(str(v) for v in refused.params.values())
    for lang in ("en", "zh"):
        text = refused.message(lang)
        assert not text.startswith("errors."), refused.code
        left = [m for m in re.findall(r"\{\w+\}", text) if m not in given]
        assert not left, (refused.code, text)
    assert re.search(r"[\u4e00-\u9fff]", refused.message("zh"))


REFUSALS = [
    ("tell n1 dance", "unknown-order", []),
    ("tell c1 transfer n1", "client-takes-no-orders", []),
    ("tell n1 transfer c1", "is-client", []),
    ("request c1 dance", "unknown-operation", []),
    ("timeout n1 election on chess", "service-not-here", []),
    ("request c1 put x 7 on chess", "service-not-here", []),
    ("fly n1", "unknown-command", []),
    ("", "unknown-command", []),
    ("crash", "command-form", []),
    ("crash n9", "unknown-node", []),
    ("crash <script>alert(1)</script>", "unknown-node", []),
    ("crash c1", "client-does-not-crash", []),
    ("crash n1", "already-crashed", ["crash n1"]),
    ("crash n1 before save", "already-crashed", ["crash n1"]),
    ("crash n1 before save", "trap-set", ["crash n1 before save"]),
    ("restart n1", "not-crashed", []),
    ("restart n1", "not-crashed", ["pause n1"]),
    ("restart c1", "client-does-not-crash", []),
    ("crash leader", "no-leader", []),
    ("partition leader n2 | n3 n4", "no-leader", []),
    ("drop every * leader -> *", "no-leader", []),
    ("request c1 put x 1 at leader", "no-leader", []),
    ("pause n1", "not-up", ["pause n1"]),
    ("pause n1", "not-up", ["crash n1"]),
    ("resume n1", "not-paused", []),
    ("resume n1", "not-paused", ["crash n1"]),
    ("clock n1 1", "clock-same", []),
    ("clock n1 0", "command-form", []),
    ("clock n1 99", "command-form", []),
    ("timeout n1 lunch", "unknown-timer", []),
    ("timeout n1 heartbeat", "timer-not-set", []),
    ("timeout n1 election", "not-up", ["crash n1"]),
    ("timeout n1 election", "not-up", ["pause n1"]),
    ("timeout n1 election", "busy", ["timeout n1 election"]),
    ("cut n1 -> n1", "no-link", []),
    ("cut c1 -> c2", "no-link", []),
    ("cut n1 -> n9", "unknown-node", []),
    ("cut n1 -> n2", "already-cut", ["cut n1 -> n2"]),
    ("cut n1 -- n2", "already-cut", ["cut n1 -> n2", "cut n2 -> n1"]),
    ("mend n1 -> n2", "not-cut", []),
    ("partition n1 n1 | n2", "group-twice", []),
    ("partition n1 | n9", "unknown-node", []),
    ("partition n1 | n1", "partition-of-nothing", []),
    ("partition n1 n2 | n2 n1", "partition-of-nothing", []),
    ("partition n1 | n2", "same-partition", ["partition n1 | n2"]),
    ("partition n1", "command-form", []),
    ("heal", "nothing-to-heal", []),
    ("link n1 -> n1 loss 0.5", "no-link", []),
    ("link n1 -> n2 loss 1.5", "command-form", []),
    ("link n1 -> n2 delay 9ms..5ms", "span-reversed", []),
    ("link n1 -> n2 delay soon", "delay-form", []),
    ("link n1 -> n2 delay 60%5ms+30%9ms", "delay-shares", []),
    ("link n1 -> n2 delay exp(0)", "delay-parameters", []),
    ("link n1 -> n2 delay:Nonsense 5ms", "unknown-message-type", []),
    ("link n1 -> n2 delay: 5ms", "command-form", []),
    ("drop #99999", "message-gone", []),
    ("deliver RequestVote n1 -> n2 as raft", "unknown-mutant", ["timeout n1 election"]),
    ("deliver #1", "message-gone", []),
    ("drop AppendEntries * -> *", "no-such-message", []),
    ("drop Pigeon * -> *", "unknown-message-type", []),
    ("drop RequestVote n9 -> *", "unknown-node", []),
    ("hold RequestVote n1 -> n2", "already-held", ["timeout n1 election", "network manual"]),
    ("deliver RequestVote n1 -> n2", "receiver-crashed", ["timeout n1 election", "crash n2"]),
    ("deliver RequestVote n1 -> n2", "receiver-busy", ["timeout n1 election", "pause n2"]),
    ("deliver RequestVote n1 -> *", "receiver-busy", ["timeout n1 election", "pause n3"]),
    ("drop every Pigeon * -> *", "unknown-message-type", []),
    ("drop every * n1 -> *", "rule-exists", ["drop every * n1 -> *"]),
    ("allow every * n1 -> *", "no-such-rule", []),
    ("network auto", "same-mode", []),
    ("network manual", "same-mode", ["network manual"]),
    ("request n1 put x 1", "not-a-client", []),
    ("request c9 put x 1", "unknown-node", []),
    ("request c1 put x 1 at c2", "is-client", []),
    ("request c1 put x 1 at n9", "unknown-node", []),
    ("request c1 put x 1", "not-up", ["pause c1"]),
    ("load n1 100ms", "not-a-client", []),
    ("load c1 off", "load-same", []),
    ("load c1 100ms", "load-same", ["load c1 100ms"]),
    ("load c1 often", "duration", []),
    ("join n1", "name-in-use", []),
    ("join c1", "name-in-use", []),
    ("join k1", "name-in-use", ["join k1"]),
    ("join k1", "name-used", ["join k1", "leave k1"]),
    ("join k1 on chess", "service-not-here", []),
    ("join", "command-form", []),
    ("join leader", "bad-client-name", []),
    ("join k_1", "bad-client-name", []),
    ("join -k", "bad-client-name", []),
    ("join 123456789012345678901", "bad-client-name", []),
    ("leave c1", "not-joined", []),
    ("leave n1", "not-joined", []),
    ("leave k1", "unknown-node", []),
    ("leave k1", "unknown-node", ["join k1", "leave k1"]),
    ("crash k1", "client-does-not-crash", ["join k1"]),
    ("restart k1", "client-does-not-crash", ["join k1"]),
    ("cut k1 -> c1", "no-link", ["join k1"]),
    ("request c1 get x at k1", "is-client", ["join k1"]),
    ("load c1 0ms", "command-form", []),
    ("load c1 20us", "command-form", []),
    ("set speed 5", "command-form", []),
    ('request c1 put x "', "command-quotes", []),
]


@pytest.mark.parametrize(("text", "code", "before"), REFUSALS)
def test_a_refused_command_says_why_and_changes_nothing(text: str, code: str, before: list[str]) -> None:
    # A slow disk where a write is to be under way; else the write of an election is immediate.
    disk = {"latency": "50ms"} if code == "busy" else {}
    t = Timeline(ClusterConfig.model_validate({"clients": 2, "seed": 5, "disk": disk}))
    t.advance(20_000)
    for command in before:
        t.execute(command)
    view, at, journal, digest = t.view(), (t.head, t.time, t.sim.cluster.pushed), list(t.journal), t.hash()
    with pytest.raises(Refused) as refused:
        t.execute(text)
    assert refused.value.code == code
    assert_sentences(refused.value)
    assert (t.view(), t.journal, t.hash()) == (view, journal, digest)
    assert (t.head, t.time, t.sim.cluster.pushed) == at
    twin = Timeline.replay(t.config, t.journal, t.head, t.time)
    twin.advance(900_000)
    t.advance(900_000)
    assert twin.hash() == t.hash(), "what follows is as if it had never been said"


def test_every_refusal_of_a_command_is_tested() -> None:
    """By its code, as the source raises them."""
    source = Path(interventions.__file__).read_text(encoding="utf-8")
    raised = set(re.findall(r'Refused\(\s*"([\w-]+)"', source)) | {"already-cut", "not-cut"}
    missing = raised - {code for _, code, _ in REFUSALS}
    assert missing <= {"too-many-messages", "too-many-held", "takes-no-requests"}, missing
