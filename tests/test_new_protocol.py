"""CONTRIBUTING's "how to add a protocol" is true: ten lines and one registry line run everywhere."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from app.sim.errors import Refused
from app.sim.examine import run_scenario
from app.sim.scenario import load_scenario
from app.sim.source import source_map
from app.sim.timeline import Timeline
from protocols.actor import Actor, Effects, Message, Rule, Span, State, Volatile
from protocols.registry import PROTOCOLS, Protocol
from tests.serving import Member, serving

# --- the protocol: every node tells every other, every 50 ms, that it is there ------------------------------


class Hello(Message, frozen=True):
    pass


class GreeterState(State):
    heard: Volatile[int] = 0


class GreeterOptions(msgspec.Struct, frozen=True):
    every: Span = Span(50_000)


class Greeter(Actor[GreeterState, GreeterOptions]):
    messages = (Hello,)
    timers = ("greet",)

    def initial(self, durable: Mapping[str, Any]) -> GreeterState:
        return GreeterState()

    def start(self, s: GreeterState, out: Effects) -> None:
        out.set_timer("greet", self.options.every)

    def on_greet_timeout(self, s: GreeterState, out: Effects) -> None:
        for peer in self.peers:
            out.send(peer, Hello())
        self.start(s, out)

    def on_hello(self, s: GreeterState, src: str, m: Hello, out: Effects) -> None:
        s.heard += 1
        out.explain("heard", peer=src)


# --- and where it runs --------------------------------------------------------------------------------------

SCENARIO = """
protocol = "greeter"
nodes = 3
clients = 0
[[step]]
when = "n1.heard == 2"
do = "crash n2"
[[expect]]
that = "n1.heard >= 5 and n2.heard == 0 and rule('heard', 'n1') == n1.heard"
at = "300ms"
"""


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    PROTOCOLS["greeter"] = Protocol(Greeter, GreeterState, GreeterOptions, {"heard": Rule("§1")})
    yield
    del PROTOCOLS["greeter"]


def test_it_runs_in_the_simulator_and_a_scenario_judges_it() -> None:
    scenario = load_scenario(SCENARIO, "greeting")
    run = run_scenario(scenario.config)
    assert not run.failed, [(str(v), v.seen) for v in run.verdicts]
    timeline = Timeline(scenario.config)
    timeline.advance(400_000)
    assert timeline.fork(20).view()["nodes"]["n1"]["services"]["greeter"]["state"]["heard"] >= 0


def test_a_client_of_a_protocol_that_takes_no_requests_is_told_so() -> None:
    timeline = Timeline(load_scenario(SCENARIO.replace("clients = 0", "clients = 1"), "greeting").config)
    for text in ("load c1 50ms", "request c1 get x"):
        with pytest.raises(Refused) as refused:
            timeline.execute(text)
        assert refused.value.code == "takes-no-requests"


def test_its_source_says_where_each_rule_is_applied() -> None:
    line, function, first, last = source_map("greeter")["rules"]["heard"]
    assert function == "on_hello"
    assert first < line <= last


def test_a_room_streams_it() -> None:
    with serving() as served:
        made = served.http.post("/api/rooms", json={"toml": SCENARIO}).json()
        with Member(served.address, made["id"], token=made["token"]) as driver:
            welcome = driver.hear("welcome")
            assert welcome["room"]["services"]["greeter"]["messages"] == ["Hello"]
            assert driver.ask("transport", action="rule")["type"] == "ok"
            events = [
                event for batch in driver.seen if batch["type"] == "events" for event in batch["events"]
            ]
            assert any(event[8] and event[8][0][0] == "heard" for event in events)
