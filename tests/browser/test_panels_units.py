"""The pure pieces of the panels, each module alone in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Js

pytestmark = pytest.mark.browser

PROTOCOLS = Path(__file__).parents[2] / "protocols"


def test_the_pieces_of_python_join_to_the_source(modules: Js) -> None:
    joined = modules("""
        const {tokenize} = await m('panels/python.js');
        const source = ['def f(self, x="a#b"):', '    # say "why"', "    r'''two", "lines'''",
          '    return 0x1F + é @ "open'].join('\\n');
        return [source, tokenize(source).map(line => line.map(p => p.text).join('')).join('\\n')];
    """)
    assert joined[0] == joined[1]


def test_every_protocol_source_survives_tokenizing(modules: Js) -> None:
    for path in sorted(PROTOCOLS.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        same = modules(
            """
            const {tokenize} = await m('panels/python.js');
            return tokenize(arg).map(line => line.map(p => p.text).join('')).join('\\n') === arg;
            """,
            source,
        )
        assert same, path.name


def test_a_diagram_has_lines_for_a_few_clients_and_the_chosen_one(modules: Js) -> None:
    few, far = modules("""
        const {laneNames} = await m('panels/format.js');
        const names = ['n1', 'n2', ...Array.from({length: 12}, (_, i) => `k${i + 1}`)];
        const view = {nodes: Object.fromEntries(names.map(n => [n, {client: n[0] === 'k'}]))};
        return [laneNames(view, 'n1'), laneNames(view, 'k12')];
    """)
    assert few == ["n1", "n2", *(f"k{n}" for n in range(1, 9))]
    assert far == ["n1", "n2", *(f"k{n}" for n in range(1, 8)), "k12"]


def test_python_is_coloured_by_what_it_is(modules: Js) -> None:
    pieces = modules("""
        const {tokenize} = await m('panels/python.js');
        return tokenize('def grant(self): # why\\n    return f"x{1}" if 12 else None')
          .flat().filter(p => p.kind).map(p => [p.text, p.kind]);
    """)
    assert pieces == [
        ["def", "kw"],
        ["grant", "def"],
        ["self", "self"],
        ["# why", "com"],
        ["return", "kw"],
        ['f"x{1}"', "str"],
        ["if", "kw"],
        ["12", "num"],
        ["else", "kw"],
        ["None", "kw"],
    ]


def test_a_moment_survives_its_link(modules: Js) -> None:
    same = modules("""
        const {encodeJournal, decodeJournal, momentUrl, packedIn} = await m('panels/link.js');
        const commands = Array.from({length: 3000}, (_, i) => [i, i * 1000, 'crash n' + i % 5]);
        const journal = {config: {seed: 7, title: '分布式 ✓'}, commands, seq: 12, time: 34};
        const url = momentUrl('http://x', await encodeJournal(journal));
        const back = await decodeJournal(packedIn(new URL(url).hash));
        return [JSON.stringify(back) === JSON.stringify(journal),
          /^http:[/][/]x[/]open#j=[\\w-]+$/.test(url)];
    """)
    assert same == [True, True]


@pytest.mark.parametrize("packed", ["", "!!!", "AAAA", "q1ZKz89RsgJTAA"])
def test_a_link_that_was_cut_short_is_refused(modules: Js, packed: str) -> None:
    assert modules(f"""
        const {{decodeJournal}} = await m('panels/link.js');
        return decodeJournal({packed!r}).then(() => false, () => true);
    """)


def test_a_link_that_unpacks_without_end_is_cut_off(modules: Js) -> None:
    assert (
        modules("""
        const {decodeJournal, encodeJournal} = await m('panels/link.js');
        const bomb = await encodeJournal('x'.repeat(9_000_000));
        return decodeJournal(bomb).then(() => 'kept', error => error.name);
    """)
        == "RangeError"
    )


EVENT = """
    const event = (seq, kind, node, body = [], why = [], patch = []) =>
      ({seq, time: seq * 10, kind, node, service: 'raft', cause: 0, body, patch, why});
"""


def test_the_explained_events_are_kept_with_what_people_did(modules: Js) -> None:
    kept = modules(
        EVENT
        + """
        const {keepsEvent} = await m('panels/filters.js');
        const events = [event(1, 'send', 'n1'), event(2, 'deliver', 'n2', [], [['commit', {}]]),
          event(3, 'crash', 'n1'), event(4, 'save', 'n2')];
        const keep = filter => events.filter(e => keepsEvent(e, filter)).map(e => e.seq);
        return [keep({show: 'all', node: ''}), keep({show: 'rules', node: ''}), keep({show: 'all',
          node: 'n2'}),
          keep({show: 'rules', node: 'n1'})];
    """
    )
    assert kept == [[1, 2, 3, 4], [2, 3], [2, 4], [3]]


def test_past_messages_come_newest_first_and_filtered(modules: Js) -> None:
    found = modules(
        EVENT
        + """
        const {pastMessages} = await m('panels/filters.js');
        const events = [event(1, 'send', 'n1', ['n2', 'A', {}, 5]), event(2, 'send', 'n1', ['n3', 'V', {},
          5]),
          event(3, 'deliver', 'n2', [1, 'n1', 'A']), event(4, 'drop', '', [2, 'lost']), event(5, 'deliver',
            'n9', [77, 'n1', 'A'])];
        const find = (filter, limit = 9) => pastMessages(events, seq => events[seq - 1], filter, limit)
          .map(p => [p.id, p.end, p.reason, p.sent, p.at]);
        return [find({type: '', node: ''}), find({type: 'A', node: ''}), find({type: '', node: 'n3'}),
          find({type: '', node: ''}, 1)];
    """
    )
    lost, delivered = [2, "drop", "lost", 20, 40], [1, "deliver", "", 10, 30]
    assert found == [[lost, delivered], [delivered], [lost], [lost]]


TRACE = (
    EVENT
    + """
    const {EventWindow} = await m('panels/eventwindow.js');
    const trace = {head: 100000, oldest: 1, asked: 0, event(seq) {
      this.asked++;
      return seq >= this.oldest && seq <= this.head
        ? event(seq, 'send', seq % 2 ? 'n1' : 'n2', [], seq % 10 ? [] : [['commit', {}]]) : undefined;
    }};
    const rows = new EventWindow(trace);
"""
)


def test_the_unfiltered_list_knows_its_rows_without_loading_any(modules: Js) -> None:
    assert modules(
        TRACE
        + """
        trace.oldest = 501;
        return [rows.length, rows.seqAt(0), rows.rowOf(501), rows.rowOf(99999), rows.reach(700), trace.asked];
    """
    ) == [99500, 501, 0, 99498, 0, 0]


def test_the_filtered_list_grows_at_both_ends_and_starts_afresh_after_a_jump(modules: Js) -> None:
    result = modules(
        TRACE
        + """
        rows.filter = {show: 'rules', node: ''};
        rows.reach(50000);
        const first = [rows.found[0], rows.found.at(-1), rows.seqAt(rows.rowOf(50000)), trace.asked < 3000];
        const before = rows.earlier();
        const later = rows.later();
        const grown = [before > 0, later > 0, rows.found.every((seq, i, all) =>
          !i || seq === all[i - 1] + 10)];
        rows.reach(90000);
        return [first, grown, rows.found[0] > 80000, rows.length < 300];
    """
    )
    assert result == [[49400, 50600, 50000, True], [True, True, True], True, True]


SCALE = "const {TimeScale, roundUp, tickText} = await m('panels/timescale.js');"


def test_zooming_keeps_the_moment_under_the_pointer(modules: Js) -> None:
    assert modules(
        SCALE
        + """
        const scale = new TimeScale(1_000_000);
        scale.fit(40, 1000);
        scale.from = 500_000;
        const before = scale.time(340);
        scale.zoom(0.25, 340);
        const there = Math.abs(scale.time(340) - before) < 1e-6 && scale.span === 250_000;
        for (let i = 0; i < 99; i++) scale.zoom(0.1, 340);
        const closest = scale.span;
        for (let i = 0; i < 99; i++) scale.zoom(10, 340);
        return [there, closest, scale.span, Math.round(scale.x(scale.time(77)))];
    """
    ) == [True, 2000, 60_000_000, 77]


def test_the_axis_follows_and_is_confined(modules: Js) -> None:
    assert modules(
        SCALE
        + """
        const scale = new TimeScale(1000);
        scale.fit(0, 100);
        scale.follow(500);
        const still = scale.from;
        scale.follow(900);
        const runs = scale.from;
        scale.follow(50_000);
        const jumped = scale.from;
        scale.from = -500;
        scale.confine(0, 9000);
        const early = scale.from;
        scale.from = 99_999;
        scale.confine(0, 9000);
        return [still, runs, jumped, early, scale.from];
    """
    ) == [0, 100, 49_500, 0, 8700]


def test_ticks_are_round_and_apart(modules: Js) -> None:
    assert modules(
        SCALE
        + """
        const scale = new TimeScale(1_000_000);
        scale.fit(0, 1000);
        return [scale.ticks(), [1, 1.1, 7, 24, 99].map(roundUp), tickText(1_500_000, 100_000),
          tickText(1500, 500)];
    """
    ) == [[100_000 * i for i in range(11)], [1, 2, 10, 50, 100], "1.5 s", "1.50 ms"]


DIAGRAM = (
    EVENT
    + """
    const {Diagram, extent, distanceTo, blockOf} = await m('panels/diagram.js');
    const lens = {service: 'raft', standing: s => s.role ?? 'follows', era: s => s.term ?? 0,
      message: msg => ({tag: msg.type, color: 'vote', reply: false, ok: true, small: false})};
    const view = seq => ({seq, time: seq * 10, messages: {}, laws: {}, network: {},
      nodes: {n1: {status: 'up', services: {raft: {state: {term: 1}, timers: {}}}}}});
    const trace = {events: [], oldest: 1, services: {raft: {landmarks: {commit: 'commit'}}},
      get head() { return this.events.length; },
      range(a, b) { return this.events.slice(a - 1, b); },
      viewAt: seq => view(seq), seqAt(time) { return Math.min(this.head, Math.floor(time / 10)); }};
    const diagram = new Diagram(trace, {of: () => lens}, lens);
"""
)


def test_lines_points_and_lanes_come_from_the_events(modules: Js) -> None:
    laid = modules(
        DIAGRAM
        + """
        trace.events = [event(1, 'send', 'n1', ['n2', 'V', {}, 45]), event(2, 'send', 'n1', ['n3', 'V', {},
          99]),
          event(3, 'timeout', 'n1', ['election'], [['commit', {}]], [['role', 'looks'], ['term', 2]]),
          event(4, 'deliver', 'n2', [1, 'n1', 'V']), event(5, 'crash', 'n1'), event(6, 'drop', '', [2,
            'lost'])];
        const [block] = diagram.between(0, 1000);
        const ends = block.lines.map(line => extent(line, diagram.ends.get(line.id), 60));
        return [block.lines.map(l => [l.id, l.dst, l.from, l.due]), ends, block.points.map(p => [p.seq,
          p.mark]),
          block.lanes.get('n1').map(s => [s.time, s.status, s.standing, s.era])];
    """
    )
    assert laid[0] == [[1, "n2", 10, 45], [2, "n3", 20, 99]]
    assert laid[1][0] == {"time": 40, "share": 1}
    assert laid[1][1]["time"] == 60
    assert laid[1][1]["share"] == pytest.approx(40 / 79)
    assert laid[2] == [[3, "timeout"], [5, "crash"]]
    assert laid[3] == [[0, "up", "follows", 1], [30, "up", "looks", 2], [50, "crashed", "looks", 2]]


def test_a_block_is_laid_out_again_only_when_it_grew(modules: Js) -> None:
    assert modules(
        DIAGRAM
        + """
        trace.events = [event(1, 'send', 'n1', ['n2', 'V', {}, 45])];
        const first = diagram.block(0);
        const same = diagram.block(0) === first;
        trace.events.push(event(2, 'deliver', 'n2', [1, 'n1', 'V']));
        return [same, diagram.block(0) === first, blockOf(1), blockOf(512), blockOf(513),
          diagram.block(7) === undefined];
    """
    ) == [True, False, 0, 0, 1, True]


def test_distance_to_a_line_is_to_its_nearest_point(modules: Js) -> None:
    assert modules(
        DIAGRAM
        + """
        const s = {x1: 0, y1: 0, x2: 10, y2: 0};
        return [distanceTo(5, 3, s), distanceTo(-4, 3, s), distanceTo(13, 4, s), distanceTo(3, 4, {x1: 0,
          y1: 0, x2: 0, y2: 0})];
    """
    ) == [3, 5, 5, 5]


def test_changed_fields_are_marked_with_what_they_were(modules: Js) -> None:
    changed = modules(
        EVENT
        + """
        const {changedRows, lastEventAt} = await m('panels/changes.js');
        const e = event(9, 'deliver', 'n1', [], [], [['commitIndex', 4], ['matchIndex', 'merge', {n2: 4}, []],
          ['log', 2, [{}]], ['@election', [1, 2]]]);
        const count = n => `${n} entries`;
        const rows = changedRows(e, {commitIndex: 3, matchIndex: {n2: 3, n3: 4}, log: [{}, {}]},
          {commitIndex: 4, matchIndex: {n2: 4, n3: 4}, log: [{}, {}, {}]}, count);
        const events = [event(1, 'deliver', 'n1', [], [['commit', {}]]), event(2, 'send', 'n1'), event(3,
          'deliver', 'n2', [], [['x', {}]])];
        return [[...rows], lastEventAt(seq => events[seq - 1], 'n1', 'raft', 3)?.seq ?? null];
    """
    )
    assert changed == [[["commitIndex", "3"], ["matchIndex[n2]", "3"], ["log", "2 entries"]], 1]


def test_the_table_of_logs_has_the_leaders_marks(modules: Js) -> None:
    rows = modules("""
        const {logRows, columnsInView} = await m('panels/logtable.js');
        const log = n => Array.from({length: n}, (_, i) => ({index: i + 1, era: 1, label: 'x',
          committed: true, durable: true}));
        const lens = {service: 'raft', standing: s => s.role === 'leader' ? 'leads' : 'follows',
          era: s => s.term, log: s => log(s.n),
          marks: (s, peer) => [{key: 'match', index: s.matchIndex[peer] ?? 0}]};
        const node = (role, term, n, more = {}, status = 'up') => ({status, client: false,
          services: {raft: {state: {role, term, n, ...more}}}});
        const view = {nodes: {
          n1: node('leader', 2, 3, {matchIndex: {n2: 1}, nextIndex: {n2: 9}}, 'crashed'),
          n2: node('follower', 3, 2), n3: node('leader', 3, 4, {matchIndex: {n2: 2}, nextIndex: {n2: 5}}),
          c1: {status: 'up', client: true, services: {}}}};
        return [logRows(view, ['n1', 'n2', 'n3', 'c1'], lens).map(r => [r.name, r.status,
          r.marks.map(m => m.index), r.reach]),
          columnsInView(0, 290, 58, 1000), columnsInView(58 * 500, 290, 58, 1000), columnsInView(0, 290,
            58, 2)];
    """)
    assert rows[0] == [
        ["n1", "crashed", [0], 3],
        ["n2", "up", [2], 2],
        ["n3", "up", [], 4],
    ]
    assert rows[1:] == [[0, 8], [497, 508], [0, 1]]


def test_a_scenario_says_what_its_still_shows(modules: Js) -> None:
    story = modules("""
        const {storyOf} = await m('home/story.js');
        const commands = ['crash n1', 'pause n2', 'partition n1 c1 | n2 n3', 'partition n1 | n2',
          'cut n1 -> n3',
          'drop every AppendEntries n2 -> *', 'hold every RequestVote n2 -> n3', 'timeout n3 election',
            'heal'];
        const logs = {n1: [1], n2: [1, 1]};
        const s = storyOf({picture: {names: ['n1', 'n2', 'n3'], commands, logs, mutant: ''}});
        const long = storyOf({picture: {names: ['n1'], commands: [], logs: {n1: [1, 1, 4]}, mutant: ''}});
        return [s.nodes, [...s.crashed], [...s.paused], s.groups, s.cuts, s.held, [...s.candidates],
          s.logs, long.logs];
    """)
    cuts = [["n1", "n3"], ["n2", "*"]]
    groups = [["n1"], ["n2", "n3"]]
    assert story[:4] == [["n1", "n2", "n3"], ["n1"], ["n2"], groups]
    assert story[4:] == [cuts, [["n2", "n3"]], ["n3"], [], [["n1", [1, 1, 4]]]]


def test_times_are_short_and_exact(modules: Js) -> None:
    assert modules("""
        const {span, moment, natural} = await m('panels/format.js');
        return [span(850), span(1500), span(132_400), span(9_999_00), span(4_218_000), moment(4_218_499),
          ['n10', 'n2', 'n1'].sort(natural)];
    """) == ["850 µs", "1.5 ms", "132 ms", "1.0 s", "4.2 s", "4.218 s", ["n1", "n2", "n10"]]


def test_what_is_missing_is_none_and_who_is_missing_is_nobody(modules: Js) -> None:
    words = modules("""
        const {I18n} = await m('core/i18n.js');
        const i18n = new I18n('en');
        await i18n.ready();
        return [['accepted', null], ['slots', []], ['result', null], ['leader', null], ['value', '']]
          .map(([name, value]) => i18n.word(name, value));
    """)
    assert words == ["none", "none", "none", "nobody", ""]
