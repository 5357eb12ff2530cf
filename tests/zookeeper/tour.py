"""One run in which nearly everything happens that a server and its clients can tell of."""

from app.sim.config import ClusterConfig
from app.sim.simulation import Simulation

TOUR = (
    "tell c1 zk 'create /a x'",
    "tell c2 zk 'ls -w /a'",
    "tell c1 zk 'create /a/b'",  # c2 is told
    "tell c1 zk 'create -c /box'",
    "tell c1 zk 'create /box/x'",
    "tell c1 zk 'delete /box/x'",  # and the container goes
    "tell c1 zk 'addauth digest u:p'",
    "tell c1 zk 'sync /'",
    "tell c3 zk 'create -e /a/e'",
    "tell c2 zk 'get -w /a'",
    "tell c2 hang-up\ntell c1 zk 'set /a y'",  # c2 misses it
    "tell c2 zk 'stat /'",  # and is told
    "tell c3 hang-up",
    "tell c1 zk 'ls /a'",
    "tell c1 zk 'ls /a'",
    "tell c1 zk 'ls /a'",
    "tell c3 zk 'ls /'",  # its session is over
    "tell c2 zk 'addauth nobody x'",
    "tell c1 zk 'setquota -n 1 /a'",
    "tell c1 zk 'create /a/more'",  # and the quota is passed
    f"tell c1 zk 'set /a {'x' * 100}'",  # too long
)


def tour() -> Simulation:
    values = {
        "services": ["zookeeper"], "nodes": 3, "clients": 3,
        "options": {"zookeeper": {"containerCheck": "200ms", "maxData": 99}},
    }  # fmt: skip
    sim = Simulation(ClusterConfig.model_validate(values))
    sim.advance(700_000)
    for commands in TOUR:
        for command in commands.split("\n"):
            sim.execute(command)
        sim.advance(sim.now + 400_000)
    return sim
