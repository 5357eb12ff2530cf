"""A protocol may bring a client of its own: what clients run, what they are told, and what they are called
follows from its line in the registry."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import pytest

from app.sim.describe import describe_services
from app.sim.errors import Refused
from app.sim.scenario import load_scenario
from app.sim.source import source_map
from app.sim.timeline import Timeline, origin_view
from protocols.actor import Actor, Effects, Message, Rule, State, Volatile
from protocols.registry import CLIENT, PROTOCOLS, Protocol, client_of, clients, orders, protocol_of, words_of

# --- the protocol: a server says back what a client shouts --------------------------------------------------


class Shout(Message, frozen=True):
    family = "client"

    text: str


class WallState(State):
    heard: Volatile[int] = 0


class NoOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Wall(Actor[WallState, NoOptions]):
    messages = (Shout,)
    operations: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def initial(self, durable: Mapping[str, Any]) -> WallState:
        return WallState()

    def on_shout(self, s: WallState, src: str, m: Shout, out: Effects) -> None:
        s.heard += 1
        out.send(src, m)


class HikerState(State):
    echoes: Volatile[tuple[str, ...]] = ()


class HikerOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    times: int = 1


class Hiker(Actor[HikerState, HikerOptions]):
    server: type[Actor[Any, Any]] = Actor
    messages = (Shout,)
    orders: ClassVar[Mapping[str, tuple[str, ...]]] = {"shout": ("text", "node")}

    def initial(self, durable: Mapping[str, Any]) -> HikerState:
        return HikerState()

    def order_shout(self, s: HikerState, args: tuple[str, ...], out: Effects) -> None:
        for _ in range(self.options.times):
            out.send(args[1], Shout(args[0]))

    def on_shout(self, s: HikerState, src: str, m: Shout, out: Effects) -> None:
        s.echoes += (m.text,)
        out.explain("echo", text=m.text)


HIKER = Protocol(Hiker, HikerState, HikerOptions, {"echo": Rule("§1", mark="answer")})
SCENARIO = """
protocol = "wall"
nodes = 2
clients = 1
client = { times = 2 }
[[step]]
at = "10ms"
do = ["tell c1 shout hoo n2", "tell c1 shout ha n2 on wall"]
[[expect]]
that = "len(c1.echoes) == 4 and n2.heard == 4 and c1['client-wall'].echoes == c1.echoes"
"""


@pytest.fixture(autouse=True)
def wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROTOCOLS, "wall", Protocol(Wall, WallState, NoOptions, {}, client=HIKER))


def test_its_name_says_what_it_runs_whatever_its_place() -> None:
    assert client_of("wall", ["wall"]) == client_of("wall", ["raft", "wall"]) == "client-wall"
    assert client_of("raft", ["raft", "wall"]) == "client"
    assert client_of("raft", ["wall", "raft"]) == "client-raft"
    assert (protocol_of("client-wall"), words_of("client-wall")) == (HIKER, "client-wall")
    for plain in ("client", "client-raft", "client-multi-paxos"):
        assert (protocol_of(plain), words_of(plain)) == (CLIENT, "client")
    assert "client-wall" in clients()
    assert orders()["shout"] == ("text", "node")


def test_a_scenario_tells_it_and_asks_of_it() -> None:
    config = load_scenario(SCENARIO, "echo").config
    line = Timeline(config)
    line.advance(200_000)
    state = line.view()["nodes"]["c1"]["services"]["client-wall"]["state"]
    assert sorted(state["echoes"]) == ["ha", "ha", "hoo", "hoo"]
    assert [mark for _, _, mark, _ in line.marks()].count("answer") == 4
    assert list(origin_view(config)["nodes"]["c1"]["services"]) == ["client-wall"]
    told = describe_services(config)
    assert told["wall"]["client"] == "client-wall"
    assert (told["client-wall"]["words"], told["client-wall"]["server"]) == ("client-wall", "wall")
    assert told["client-wall"]["orders"] == {"shout": ["text", "node"]}
    assert source_map("client-wall")["rules"]["echo"][1] == "on_shout"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("request c1 get x", "takes-no-requests"),
        ("load c1 50ms on wall", "takes-no-requests"),
        ("request c1 get x on wall", "takes-no-requests"),
        ("tell n1 shout hoo n2", "unknown-order"),
        ("tell c1 transfer n1", "unknown-order"),
        ("tell c1 shout hoo n9", "unknown-node"),
        ("tell c1 shout hoo n1 on chess", "service-not-here"),
    ],
)
def test_what_it_does_not_understand_is_refused(text: str, code: str) -> None:
    line = Timeline(load_scenario(SCENARIO, "echo").config)
    with pytest.raises(Refused) as refused:
        line.execute(text)
    assert refused.value.code == code


def test_it_runs_beside_a_plain_client() -> None:
    text = SCENARIO.replace('protocol = "wall"', 'protocols = ["raft", "wall"]')
    text = text.replace("client = { times = 2 }", "options.client-wall.times = 2")
    line = Timeline(load_scenario(text, "echo").config)
    line.advance(600_000)
    line.execute("request c1 put x 1")
    line.advance(1_200_000)
    services = line.view()["nodes"]["c1"]["services"]
    assert list(services) == ["client", "client-wall"]
    assert services["client"]["state"]["answered"] == 1
    assert len(services["client-wall"]["state"]["echoes"]) == 4


def test_its_options_are_checked() -> None:
    with pytest.raises(Refused) as refused:
        load_scenario(SCENARIO.replace("times", "loudness"), "echo")
    assert "loudness" in refused.value.message()
    assert "times" in refused.value.message()
