"""Any protocol is drawn: by its own lens if it has one, else from what the server says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import msgspec
import pytest
from playwright.sync_api import expect

from app.resources import SCENARIOS, STATIC
from app.sim.spacetime import COLOURS
from protocols.actor import FAMILIES, Actor, Effects, Message, Rule, Span, State, Volatile
from protocols.client import ClientReply, ClientRequest
from protocols.quorum.ring import preference
from protocols.registry import PROTOCOLS, Protocol
from tests.browser.conftest import PHONE, Js, OpenPage, Room
from tests.browser.test_panels_room import branch_of
from tests.serving import Served

MakeRoom = Callable[..., Room]


class Hail(Message, frozen=True):
    family = "propose"


class HailAck(Message, frozen=True):
    family = "ack"

    epoch: int


class HailerState(State):
    role: Volatile[str] = "follower"
    epoch: Volatile[int] = 3
    value: Volatile[str] = ""


class HailerOptions(msgspec.Struct, frozen=True):
    every: Span = Span(50_000)


class Hailer(Actor[HailerState, HailerOptions]):
    """Told to `hail n2 n3`, a node leads, and calls the others."""

    messages = (Hail, HailAck, ClientRequest)
    timers = ("rest",)
    orders: ClassVar[Mapping[str, tuple[str, ...]]] = {"hail": ("node", "word*"), "rest": ()}
    operations: ClassVar[Mapping[str, tuple[str, ...]]] = {"shout": ("key",)}

    def initial(self, durable: Mapping[str, Any]) -> HailerState:
        return HailerState()

    def start(self, s: HailerState, out: Effects) -> None:
        out.set_timer("rest", self.options.every)

    def on_rest_timeout(self, s: HailerState, out: Effects) -> None:
        self.start(s, out)

    def order_hail(self, s: HailerState, args: tuple[str, ...], out: Effects) -> None:
        s.role, s.value = "coordinator", " ".join(args[1:])
        out.explain("hailed", quorum=(self.me, args[0]), of=3)
        out.send(args[0], Hail())

    def order_rest(self, s: HailerState, args: tuple[str, ...], out: Effects) -> None:
        s.role = "follower"

    def on_hail(self, s: HailerState, src: str, m: Hail, out: Effects) -> None:
        out.send(src, HailAck(s.epoch))

    def on_hail_ack(self, s: HailerState, src: str, m: HailAck, out: Effects) -> None:
        out.explain("hailed", quorum=(self.me, src), of=3)

    def on_client_request(self, s: HailerState, src: str, m: ClientRequest, out: Effects) -> None:
        out.send(src, ClientReply(m.command.serial, "ok", m.command.key.upper()))


@pytest.fixture
def hailer() -> Iterator[None]:
    rules = {"hailed": Rule("§1", mark="commit")}
    PROTOCOLS["hailer"] = Protocol(Hailer, HailerState, HailerOptions, rules)
    yield
    del PROTOCOLS["hailer"]


@pytest.mark.usefixtures("hailer")
def test_a_protocol_without_a_lens_is_drawn_and_told_what_to_do(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    """What its description offers is in the menus: orders with their arguments, and operations."""
    room = make_room(services=["hailer"], nodes=3, clients=1)
    page = open_page(room.driver)
    expect(page.locator('.node[data-node="n1"] .era')).to_have_text("epoch 3")
    page.locator('.node[data-node="n1"]').dispatch_event("contextmenu")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Tell it: hail …").click()
    page.locator(".menu-form select").select_option("n3")
    page.locator(".menu-form input").fill("good morning")
    page.get_by_role("button", name="Send").click()
    expect(page.locator('.node.leads[data-node="n1"] .value')).to_have_text("good morning")
    expect(page.locator('.node[data-node="n1"] .value')).to_be_visible()
    expect(page.locator(".caption-words")).not_to_be_empty()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Tell it: rest", exact=True).click()
    expect(page.locator('.node.follows[data-node="n1"]')).to_be_visible()
    page.locator('.client[data-node="c1"]').click()
    expect(page.locator(".menu-form select").first.locator("option")).to_have_text(["shout"])


@pytest.mark.usefixtures("hailer")
def test_a_page_loads_the_lenses_of_its_room_and_no_others(open_page: OpenPage, make_room: MakeRoom) -> None:
    raft = open_page(make_room().driver).content()
    assert "/static/js/lenses/raft.js" in raft
    other = open_page(make_room(services=["hailer"], nodes=3).driver).content()
    assert "/static/js/lenses/base.js" in other
    assert "/static/js/lenses/raft.js" not in other


BASE = """
    const {baseLens} = await m('lenses/base.js');
    const lens = baseLens('p', {words: 'p', client: 'client',
      groups: [['volatile', ['role', 'ballot', 'chosen']]], landmarks: {won: 'election'},
      families: {Prepare: 'discover', PrepareReply: 'discover', Accepted: 'ack'},
      timers: ['heartbeat', 'patience']}, {families: {ClientRequest: 'client'}});
"""


def test_the_base_lens_reads_usual_names(modules: Js) -> None:
    assert modules(
        BASE
        + """
        const i18n = {t: (key, p) => `${key} ${p.era}`, has: () => false};
        const s = {role: 'Leader', ballot: [4, 'n2'], chosen: {op: 'put', key: 'x', value: '7'}};
        const timers = {heartbeat: [0, 1], patience: [0, 9]};
        return [lens.role(s), lens.standing(s), lens.letter(s), lens.era(s), lens.eraText(s, i18n),
          lens.centre(s), lens.ring(s, timers), lens.entries(s), lens.log(s), lens.weight('won'),
          lens.weight('dull-ignored'), lens.weight('else')];
    """
    ) == ["leader", "leads", "L", 4, "stage.era.ballot 4.n2", "x=7", "patience", None, None, 5, 0, 2]


def test_the_base_lens_tells_messages_apart(modules: Js) -> None:
    looks = modules(
        BASE
        + """
        const look = (type, fields = {}) => lens.message({type, fields});
        return [look('Prepare'), look('PrepareReply', {granted: false}), look('ClientRequest'), look('Other')]
          .map(l => [l.tag, l.color, l.reply, l.ok]).concat(
            ['PrepareReply', 'Prepare', 'PrepareX'].map(w => w.split(lens.wordPattern).filter(Boolean)));
    """
    )
    assert looks == [
        ["P", "discover", False, True],
        ["P", "discover", True, False],
        ["", "client", False, True],
        ["O", "message", False, True],
        ["PrepareReply"],
        ["Prepare"],
        ["Prepare", "X"],
    ]


def test_a_quorum_is_any_rule_that_names_its_members(modules: Js) -> None:
    assert modules(
        BASE
        + """
        const why = [['counted', {}], ['won', {quorum: ['n1', 'n2'], of: 3}]];
        const q = lens.quorum({service: 'p', why});
        return [q.members, q.of, q.key, lens.quorum({service: 'q', why}),
          lens.quorum({service: 'p', why: []})];
    """
    ) == [["n1", "n2"], 3, "quorum.p.won", None, None]


def test_every_family_has_its_colour_in_every_theme() -> None:
    tokens = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    light, dark, projector = re.split(r"\[data-theme=", tokens)
    for theme in (light, dark, projector):
        for family in FAMILIES:
            assert re.search(rf"--{family}: #", theme), family
    for family, colour in COLOURS.items():  # the picture that the server draws is on paper
        line = re.search(rf"--{family}-line: (#\w+)", light) or re.search(rf"--{family}: (#\w+)", light)
        assert line, family
        assert line[1] == colour, family


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_mark_of_a_log_has_its_texts(lang: str) -> None:
    words = json.loads((STATIC / "i18n" / lang / "panels.json").read_text(encoding="utf-8"))
    for lens in (STATIC / "js" / "lenses").glob("*.js"):
        for key in re.findall(r"\['(\w+)', s\.", lens.read_text(encoding="utf-8")):
            assert f"panels.logs.{key}" in words, (lens.name, key)
            assert f"panels.logs.legend.{key}" in words, (lens.name, key)


# --- several services in one room ---------------------------------------------------------------------------


@pytest.mark.usefixtures("hailer")
def test_tabs_choose_the_service_and_the_address_keeps_it(open_page: OpenPage, make_room: MakeRoom) -> None:
    room = make_room(services=["raft", "hailer"], nodes=3, clients=1)
    page = open_page(room.driver)
    tabs = page.locator("button.lens-tab:not(.pairing)")
    expect(tabs).to_have_text(["Raft", "hailer"])
    expect(page.locator(".stage-box")).to_have_count(1)
    expect(page.locator('.node[data-node="n1"] .era')).to_have_text(re.compile("term|^$"))
    tabs.nth(1).click()
    expect(page.locator('.node[data-node="n1"] .era')).to_have_text("epoch 3")
    assert page.url.endswith("?show=hailer")
    page.reload()
    expect(page.locator('.node[data-node="n1"] .era')).to_have_text("epoch 3")
    page.locator('.client[data-node="c1"]').click()
    expect(page.locator(".menu-form select").first.locator("option")).to_have_text(["shout"])
    page.locator(".menu-form input:visible").first.fill("hello")
    page.get_by_role("button", name="Send").click()
    expect(page.locator('.client[data-node="c1"] .note')).to_have_text(re.compile("shout hello"))


@pytest.mark.usefixtures("hailer")
def test_two_services_stand_side_by_side_and_share_faults_and_moment(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    room = make_room(services=["raft", "hailer"], nodes=3, clients=1)
    page = open_page(f"{room.viewer}?show=raft,hailer#driver={room.token}")
    left, right = page.locator('.stage-box[data-service="raft"]'), page.locator('[data-service="hailer"]')
    expect(right.locator('.node[data-node="n2"] .era')).to_have_text("epoch 3")
    places = [box.locator('.node[data-node="n2"]').get_attribute("transform") for box in (left, right)]
    assert places[0] == places[1]
    room.command("crash n2")
    for box in (left, right):
        expect(box.locator('.node.crashed[data-node="n2"]')).to_be_visible()

    expect(left).to_have_class(re.compile("focus"))
    right.locator('.node[data-node="n1"]').click()  # its menu is about the service that was touched
    expect(right).to_have_class(re.compile("focus"))
    page.get_by_role("menuitem", name="Tell it: hail …").click()
    page.locator(".menu-form select").select_option("n3")
    page.locator(".menu-form input").fill("good day")
    page.get_by_role("button", name="Send").click()
    expect(right.locator('.node.leads[data-node="n1"]')).to_be_visible()
    expect(right.locator(".caption-words")).to_contain_text("rule.hailer.hailed")
    expect(left.locator(".caption-words")).not_to_contain_text("hailer")

    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.locator(".stage-box")).to_have_count(1)
    expect(right).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator(".stage-box")).to_have_count(2)
    assert page.url.endswith("?show=raft,hailer")


@pytest.mark.usefixtures("hailer")
def test_on_a_phone_two_services_stand_over_each_other(open_page: OpenPage, make_room: MakeRoom) -> None:
    room = make_room(services=["raft", "hailer"], nodes=5)
    page = open_page(f"{room.viewer}?show=raft,hailer", size=PHONE)
    boxes = [page.locator(".stage-box").nth(i).bounding_box() for i in (0, 1)]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["x"] == boxes[1]["x"]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    assert boxes[0]["width"] == PHONE[0]


@pytest.mark.usefixtures("hailer")
def test_a_link_to_a_moment_shows_the_same_stages(open_page: OpenPage, make_room: MakeRoom) -> None:
    room = make_room(services=["raft", "hailer"], nodes=3)
    page = open_page(f"{room.viewer}?show=hailer")
    page.get_by_role("button", name="link to now").click()
    link = page.locator(".p-export textarea").input_value()
    assert "/open?show=hailer#j=" in link
    again = open_page(link.replace(room.served.address, ""))
    expect(again.locator('.node[data-node="n1"] .era')).to_have_text("epoch 3")


@pytest.mark.usefixtures("hailer")
def test_the_help_sheet_shows_the_messages_of_the_protocol_on_stage(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    page = open_page(make_room(services=["hailer"], nodes=3).driver)
    page.keyboard.press("?")
    expect(page.locator(".p-kinds li")).to_have_text(["HHail", "+HailAck", re.compile("ClientRequest")])
    expect(page.locator(".p-kinds .m-ack")).to_be_visible()


def test_who_is_blocked_says_for_how_long_it_has_held_its_locks(
    served: Served, open_page: OpenPage, make_room: MakeRoom
) -> None:
    """They are taken at 30 ms; the alarm rings at 730 and takes that moment with it."""
    begin = ["request c1 transfer 1000 at n1"]
    script = [{"at": "10ms", "do": begin}, {"at": "35ms", "do": ["crash n1"]}]
    options = {"2pc": {"lockAlarm": "700ms", "decisionTimeout": "250ms"}}
    room = make_room(services=["2pc"], nodes=3, script=script, network={"delay": "10ms"}, options=options)
    line = branch_of(served, room.id)
    served.inside(lambda: setattr(served.hub.rooms[room.id].tree.current, "playing", False))
    served.inside(lambda: line.advance(630_000))
    page = open_page(room.driver)
    n2 = page.locator(".node.up[aria-label*='n2']")
    expect(n2).to_have_attribute("aria-label", re.compile("t1 yes, locks held 600 ms,.*blocked"))
    expect(page.locator(".label").filter(has_text="n2")).to_contain_text("t1 yes, locks held 600 ms")
    served.inside(lambda: line.advance(1_030_000))
    n2 = open_page(room.driver).locator(".node.up[aria-label*='n2']")
    expect(n2).to_have_attribute("aria-label", re.compile("t1 yes, locks held over 700 ms,.*blocked"))


def test_a_stale_answer_is_a_red_apple_and_says_so(open_page: OpenPage, served: Served) -> None:
    """W + R ≤ N: c2 was given “old” although “new” was written; n3 has it by the end."""
    text = (SCENARIOS / "quorum" / "11-nwr-stale-read.toml").read_text(encoding="utf-8")
    made = served.http.post("/api/rooms", json={"toml": text}).json()
    head = {"Authorization": f"Bearer {made['token']}"}
    served.http.post(f"/api/rooms/{made['id']}/commands", json={"text": "set speed 1"}, headers=head)
    page = open_page(f"{made['url']}#driver={made['token']}")
    page.wait_for_selector("[data-node=c2] .apple.stale")
    assert "stale" in (page.locator("[data-node=c2]").get_attribute("aria-label") or "")
    page.wait_for_selector("[data-node=n3] .apple.fresh")
    assert "green apple" in (page.locator(".node[data-node=n3]").get_attribute("aria-label") or "")


def test_the_ring_is_the_same_in_the_browser(modules: Js) -> None:
    keys, members = ["x", "y", "购物车", "a" * 40], [f"n{i}" for i in range(1, 8)]
    body = "const {preference} = await m('lenses/quorum.js'); return arg[0].map(k => preference(k, arg[1]));"
    assert modules(body, [keys, members]) == [list(preference(key, tuple(members))) for key in keys]


def test_a_replica_without_a_version_holds_a_hollow_apple(open_page: OpenPage, make_room: MakeRoom) -> None:
    room = make_room(services=["quorum"], nodes=4, clients=1)
    page = open_page(room.driver)
    expect(page.locator(".node .apple.hollow .flesh:visible")).to_have_count(3)  # N = 3 of the four
