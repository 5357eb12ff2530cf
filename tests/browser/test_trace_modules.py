"""The front end's heart without a picture: reducer, history, live clock, playhead, run in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Js, Room
from tests.serving import Served

pytestmark = pytest.mark.browser

COMMANDS = (
    "load c1 40ms",
    "join k1",
    "join k2 on raft",
    "load k1 40ms",
    "hold every AppendEntries n2 -> *",
    "crash n1",
    "partition n1 n2 | n3 n4 n5",
    "pause n4",
    "clock n5 1.5",
    "allow every AppendEntries n2 -> *",
    "restart n1",
    "link n3 -> n4 loss 0.3",
    "resume n4",
    "leave k1",
    "heal",
    "network manual",
    "request c1 add y 2",
    "network auto",
    "duplicate first *",
)


def played(
    served: Served, make_room: Callable[..., Room]
) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    """A run full of trouble: the server's view early on, the events since, and its view at the end."""
    room = make_room(disk={"latency": "2ms..4ms"})
    with served.enter(room.id, token=room.token) as member:
        first = member.hear("welcome")["view"]
        member.ask("transport", speed=1.0)
        member.ask("transport", action="play")
        for text in COMMANDS:
            for _ in range(6):
                member.hear("events")
            member.ask("command", text=text)
        for _ in range(6):
            member.hear("events")
        member.ask("transport", action="pause")
    with served.enter(room.id) as late:
        last = late.hear("welcome")["view"]
    events: list[Any] = []
    while first["seq"] + len(events) < last["seq"]:
        url = f"/api/rooms/{room.id}/branches/b1/history?seq={first['seq'] + len(events) + 1}"
        chunk = served.http.get(url).json()
        events += [e for e in chunk["events"] if first["seq"] + len(events) < e[0] <= last["seq"]]
    return first, events, last


@pytest.fixture(scope="module")
def run(served: Served) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    return played(served, lambda **config: Room(served, **config))


def test_reducing_gives_the_servers_own_view(modules: Js, run: Any) -> None:
    first, events, last = run
    kinds = {event[2] for event in events}
    assert {"send", "deliver", "drop", "hold", "reschedule", "crash", "restart", "pause", "resume"} <= kinds
    assert {"save", "saved", "clock", "network", "command", "timeout", "join", "leave"} <= kinds
    assert "k2" in last["nodes"]
    assert "k1" not in last["nodes"]
    assert len(events) > 1000
    reduced = modules(
        """
        const {reduce, decodeEvent} = await m('core/reduce.js');
        return arg.events.map(decodeEvent).reduce(reduce, arg.first);
        """,
        {"first": first, "events": events},
    )
    assert {**reduced, "time": 0} == {**last, "time": 0}
    assert reduced["time"] <= last["time"]


def test_views_are_never_changed_in_place(modules: Js, run: Any) -> None:
    first, events, _ = run
    assert (
        modules(
            """
        const {reduce, decodeEvent} = await m('core/reduce.js');
        const freeze = o => { if (o && typeof o === 'object' && !Object.isFrozen(o)) { Object.freeze(o);
          Object.values(o).forEach(freeze); } return o; };
        let view = freeze(arg.first);
        for (const event of arg.events.map(decodeEvent)) view = freeze(reduce(view, event));
        return view.seq;
        """,
            {"first": first, "events": events},
        )
        == events[-1][0]
    )


def test_any_moment_of_the_history_is_the_moment_of_a_straight_replay(modules: Js, run: Any) -> None:
    first, events, _ = run
    wrong = modules(
        """
        const {reduce, decodeEvent} = await m('core/reduce.js');
        const {History} = await m('core/history.js');
        const history = new History('b1');
        history.reset(arg.first);
        const decoded = arg.events.map(decodeEvent);
        history.append(decoded);
        const straight = [arg.first];
        for (const event of decoded) straight.push(reduce(straight.at(-1), event));
        const wrong = [];
        for (let i = 0; i < 400; i++) {
          const at = (i * 7919) % straight.length;
          const view = history.view(arg.first.seq + at);
          if (JSON.stringify(view) !== JSON.stringify(straight[at])) wrong.push(at);
          const time = straight[at].time;
          const last = straight.findLastIndex(v => v.time <= time) + arg.first.seq;
          if (at && history.locate(time).seq !== last) wrong.push(`time ${time}`);
        }
        return wrong;
        """,
        {"first": first, "events": events},
    )
    assert wrong == []


def test_the_history_refuses_holes_skips_what_it_holds_and_stays_bounded(modules: Js) -> None:
    seen = modules(
        """
        const {History} = await m('core/history.js');
        const base = seq => ({seq, time: seq * 10, nodes: {}, messages: {}, network: {}, laws: {}});
        const event = seq => ({seq, time: seq * 10, kind: 'command', node: '', service: '', cause: 0,
          body: [''], patch: [], why: []});
        const row = seq => [seq, seq * 10, 'command', '', '', 0, [''], [], []];
        const history = new History('b1');
        history.reset(base(40000));
        const hole = history.append([event(40002)]);
        const good = history.append([event(40001), event(40002)]) && history.append([event(40002),
          event(40003)]);
        const guess = history.locate(200000);
        history.insert(base(20000), Array.from({length: 10}, (_, i) => row(20001 + i)));
        const found = history.event(20005).seq;
        const exact = history.locate(200055);
        const bridged = history.range(20009, 40002).map(e => e.seq);
        for (let k = 0; k < 80; k++) history.insert(base(k * 100), Array.from({length: 100}, (_,
          i) => row(k * 100 + 1 + i)));
        return {hole, good, guess, found, exact, bridged, chunks: history.chunks.length,
          tail: history.tail.base.seq};
        """
    )
    assert seen["hole"] is False
    assert seen["good"] is True
    assert seen["guess"] == {"seq": 20000, "exact": False}
    assert seen["found"] == 20005
    assert seen["exact"] == {"seq": 20005, "exact": True}
    assert seen["bridged"] == [20009, 20010, 40001, 40002]
    assert seen["chunks"] <= 48
    assert seen["tail"] == 40000


def test_the_live_clock_neither_jumps_nor_stutters_nor_runs_ahead(modules: Js) -> None:
    """Batches every 50 ms, up to 40 ms late, one missing: the clock keeps its pace and stays behind."""
    seen = modules(
        """
        const {LiveClock} = await m('core/clock.js');
        const clock = new LiveClock();
        const speed = 0.02, rate = speed * 1000;
        let shown = 0, known = 0, steps = [], ahead = 0, seed = 1;
        const late = () => (seed = seed * 16807 % 2147483647) / 2147483647 * 40;
        const batches = [];
        for (let t = 0; t < 10000; t += 50) if (t !== 5000) batches.push([t + late(), t * rate]);
        for (let wall = 0; wall < 10000; wall += 1000 / 60) {
          while (batches.length && batches[0][0] <= wall) {
            known = Math.max(known, batches.shift()[1]);
            clock.observe(known, wall, true, speed);
          }
          const next = clock.advance(shown, wall, 1000 / 60, known);
          if (wall > 1500) steps.push((next - shown) / (1000 / 60 * rate));
          if (next > known) ahead++;
          shown = next;
        }
        return {least: Math.min(...steps), most: Math.max(...steps), ahead, behind: (known - shown) / rate};
        """
    )
    assert seen["ahead"] == 0
    assert seen["least"] > 0.6
    assert seen["most"] < 1.5
    assert 100 < seen["behind"] < 260


PLAYHEAD = """
    const {Playhead} = await m('core/playhead.js');
    const {Store} = await m('core/store.js');
    const base = {seq: 0, time: 0, nodes: {}, messages: {}, network: {}, laws: {}};
    const times = [0, 1000, 1000, 1000, 2000, 5000, 9000];
    const rows = times.map((t, i) => [i + 1, t, 'command', '', '', 0, [''], [], i % 2 ? [['r', {}]] : []]);
    const store = new Store({fetchJson: () => Promise.reject(new Error('offline'))});
    let wall = 0;
    const frames = [];
    const playhead = new Playhead(store, {raf: fn => frames.push(fn), wall: () => wall,
      reduced: () => arg?.reduced ?? false});
    const asked = [];
    playhead.transport = action => { asked.push(action); return Promise.resolve(); };
    const run = ms => { for (const end = wall + ms; wall < end;) { wall += 16; const f = frames.splice(0);
      f.forEach(fn => fn(wall)); } };
    store.receive({type: 'welcome', room: {id: 'r', services: {}}, you: {id: 'v', role: arg?.role ??
      'driver'}, people: {}, branches:
      [{id: 'b1', parent: null, oldest: 1}], branch: 'b1', view: base, oldest: 1, now: 0,
        transport: {playing: false, speed: 0.01, now: 0}});
    store.receive({type: 'events', branch: 'b1', now: 10000, events: rows});
    const s = () => ({time: Math.round(playhead.shown.time), seq: playhead.shown.seq,
      live: playhead.shown.live, playing: playhead.shown.playing});
    playhead.wake(); run(2000);
"""


def test_the_playhead_steps_through_events_that_share_a_time(modules: Js) -> None:
    seen = modules(
        PLAYHEAD
        + """
        const seen = [s()];
        for (let i = 0; i < 5; i++) { await playhead.step(-1); run(600); seen.push(s()); }
        await playhead.step(1); run(600); seen.push(s());
        await playhead.stepRule(1); run(600); seen.push(s());
        await playhead.stepRule(-1); run(600); seen.push(s());
        return {seen, asked};
        """
    )
    assert seen["seen"][0] == {"time": 10000, "seq": 7, "live": True, "playing": False}
    assert [(s["seq"], s["time"]) for s in seen["seen"][1:]] == [
        (6, 5000),
        (5, 2000),
        (4, 1000),
        (3, 1000),
        (2, 1000),
        (3, 1000),
        (4, 1000),
        (2, 1000),
    ]
    assert seen["asked"] == []


def test_at_the_head_the_drivers_step_asks_the_server(modules: Js) -> None:
    body = PLAYHEAD + "await playhead.step(1); await playhead.stepRule(1); playhead.play(); return asked;"
    assert modules(body) == ["step", "rule", "play"]
    assert modules(body, {"role": "viewer"}) == []


def test_it_plays_backwards_to_the_beginning_and_forwards_into_the_present(modules: Js) -> None:
    seen = modules(
        PLAYHEAD
        + """
        await playhead.seek({time: 6000}); run(32);
        const seen = [s()];
        playhead.play(-1); run(300); seen.push(s());
        run(2000); seen.push(s());
        playhead.play(1); run(300); seen.push(s());
        run(3000); seen.push(s());
        return seen;
        """
    )
    assert seen[0] == {"time": 6000, "seq": 6, "live": False, "playing": False}
    assert 2500 < seen[1]["time"] < 3500
    assert seen[1]["playing"]
    assert seen[2] == {"time": 0, "seq": 1, "live": False, "playing": False}
    assert 2500 < seen[3]["time"] < 3500
    assert seen[4] == {"time": 10000, "seq": 7, "live": True, "playing": False}


def test_with_reduced_motion_it_steps_instead_of_flying(modules: Js) -> None:
    times = modules(
        PLAYHEAD
        + """
        await playhead.seek({time: 0}); playhead.play(1);
        const shown = new Set();
        for (let i = 0; i < 60; i++) { run(16); shown.add(s().time); }
        return [...shown];
        """,
        {"reduced": True},
    )
    assert set(times) <= {0, 1000, 2000, 5000, 9000, 10000}


def test_the_store_fetches_what_it_does_not_hold_and_finds_a_time_in_it(modules: Js) -> None:
    seen = modules(
        """
        const {Store} = await m('core/store.js');
        const view = seq => ({seq, time: seq * 10, nodes: {}, messages: {}, network: {}, laws: {}});
        const row = seq => [seq, seq * 10, 'command', '', '', 0, [''], [], []];
        const asked = [];
        const fetchJson = url => {
          asked.push(url);
          const seq = Number(new URL(url, 'http://x').searchParams.get('seq'));
          if (url.includes('marks')) return Promise.resolve([]);
          const first = Math.floor((seq - 1) / 100) * 100;
          return Promise.resolve({branch: 'b1', base: view(first), events: Array.from({length: 100}, (_,
            i) => row(first + 1 + i)), complete: true});
        };
        const store = new Store({fetchJson});
        store.receive({type: 'welcome', room: {id: 'r', services: {}}, you: {}, people: {},
          branches: [{id: 'b1', parent: null, oldest: 1}],
          branch: 'b1', view: view(5000), oldest: 1, now: 50000, transport: {playing: false, speed: 1,
            now: 50000}});
        const before = store.viewAt(1234);
        await new Promise(done => setTimeout(done, 20));
        const after = store.viewAt(1234).seq;
        let seq;
        for (let i = 0; i < 12; i++) { seq = store.seqAt(31415); store.viewAt(seq);
          await new Promise(done => setTimeout(done, 5)); }
        return {before, after, seq, fetched: asked.filter(u => u.includes('history')).length};
        """
    )
    assert seen["before"] is None
    assert seen["after"] == 1234
    assert seen["seq"] == 3141
    assert seen["fetched"] <= 5
