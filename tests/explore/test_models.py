"""Each consistency model is broken by its schedule, its law says so, and every cure mends just that."""

import pytest

from app.explore.models import MODELS, config_of
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from tests.serving import serving

CURES = [(model.id, cure.id) for model in MODELS for cure in model.cures]
LAWS = {model.id: model.law for model in MODELS}


def run(model: str, cure: str = "") -> Simulation:
    sim = Simulation(config_of(model, cure))
    sim.advance(1_500_000)
    assert sim.next_step == len(sim.config.script), "every step has its moment"
    return sim


@pytest.mark.parametrize("model", [m for m in LAWS if LAWS[m]])
def test_the_schedule_breaks_the_law(model: str) -> None:
    assert run(model).cluster.broken[LAWS[model]]


@pytest.mark.parametrize(("model", "cure"), [(m, c) for m, c in CURES if LAWS[m]])
def test_the_cure_mends_it(model: str, cure: str) -> None:
    assert not any(run(model, cure).cluster.broken.values())


@pytest.mark.parametrize("cure", ["", "read-repair", "anti-entropy"])
def test_replicas_converge_only_if_something_makes_them(cure: str) -> None:
    stores = [p.state.store for p in run("eventual", cure).cluster.processes if p.service == "quorum"]
    assert all("x" in store for store in stores) == bool(cure)


def test_implications_are_closed() -> None:
    assert all(other in LAWS for model in MODELS for other in model.implies)


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(Refused):
        config_of("perfect")
    with pytest.raises(Refused):
        config_of("regular", "prayer")


def test_the_page_and_its_runs() -> None:
    with serving() as served:
        page = served.http.get("/models?lang=zh", headers={"Accept-Language": "zh"}).text
        assert "线性一致" in page
        told = served.http.get("/api/models/causal/recording?cure=quorum").json()
        assert told["config"]["options"]["quorum"]["r"] == 2
        assert served.http.post("/api/rooms", json={"config": told["config"]}).status_code == 201
        assert served.http.get("/api/models/causal/recording?cure=prayer").status_code in (404, 422)
