"""What each command does to a cluster. A command that makes no sense now is refused and changes nothing:
everything is checked before anything is recorded.
"""

from __future__ import annotations

import copy
from functools import singledispatch
from itertools import combinations
from typing import Any

from app.sim.clients import check_joining, join, leave
from app.sim.cluster import MESSAGE, Cluster, Moved
from app.sim.commands import (
    Cable,
    Clock,
    Command,
    Crash,
    Heal,
    Join,
    Leave,
    LinkSettings,
    Load,
    Network,
    OnMessage,
    Partition,
    Power,
    Request,
    Selector,
    SetSpeed,
    Standing,
    Tell,
    Timeout,
)
from app.sim.conditions import leader
from app.sim.config import find
from app.sim.delays import read_link_delay
from app.sim.errors import Refused
from app.sim.network import Link, keeps_apart
from app.sim.process import CRASHED, PAUSED, UP, Machine, Process
from app.sim.trace import Event
from app.sim.units import micros
from protocols.actor import Effects, Impossible
from protocols.key_value import Command as Operation
from protocols.registry import client_of, protocol_of
from protocols.requester import Requester

MOST_MESSAGES = 10_000
"""No copies are made beyond so many in flight: a few lines of a script could otherwise fill the memory."""


def execute(cluster: Cluster, command: Command) -> None:
    """Apply a command now. Raises Refused, with nothing changed, when it makes no sense."""
    _apply(command, cluster)


@singledispatch
def _apply(command: Any, cluster: Cluster) -> None:
    raise NotImplementedError(type(command))  # pragma: no cover - the union is closed


def _note(cluster: Cluster, command: Command) -> int:
    """Record that the command was given; all that follows is caused by it."""
    return cluster.emit("command", "", "", 0, (str(command),))


# --- machines -----------------------------------------------------------------------------------------------


def _machine(cluster: Cluster, name: str) -> Machine:
    if name == "leader" and name not in cluster.machines:
        found = leader(cluster)
        if found is None:
            raise Refused("no-leader")
        return found.machine
    find(name, cluster.machines, "unknown-node")
    return cluster.machines[name]


def _server(cluster: Cluster, name: str) -> Machine:
    machine = _machine(cluster, name)
    if machine.is_client:
        raise Refused("is-client", node=name)
    return machine


def _mortal(cluster: Cluster, name: str) -> Machine:
    """A machine that can crash: a server, or a client that can begin anew."""
    machine = _machine(cluster, name)
    if not all(p.actor.crashes for p in machine.processes):
        raise Refused("client-does-not-crash", node=name)
    return machine


@_apply.register
def _(command: Crash, cluster: Cluster) -> None:
    machine = _mortal(cluster, command.node)
    if machine.status == CRASHED:
        raise Refused("already-crashed", node=machine.name)
    if command.trap and machine.trap == command.trap:
        raise Refused("trap-set", node=machine.name)
    cause = _note(cluster, command)
    if command.trap:
        machine.trap = command.trap
        cluster.emit("trap", machine.name, "", cause, (command.trap,))
    else:
        cluster.crash(machine, cause)


@_apply.register
def _(command: Power, cluster: Cluster) -> None:
    if command.verb == "restart":
        machine = _mortal(cluster, command.node)
        if machine.status != CRASHED:
            raise Refused("not-crashed", node=machine.name)
        cluster.restart(machine, _note(cluster, command))
    elif command.verb == "pause":
        machine = _machine(cluster, command.node)
        if machine.status != UP:
            raise Refused("not-up", node=machine.name)
        cluster.pause(machine, _note(cluster, command))
    else:
        machine = _machine(cluster, command.node)
        if machine.status != PAUSED:
            raise Refused("not-paused", node=machine.name)
        cluster.resume(machine, _note(cluster, command))


@_apply.register
def _(command: Clock, cluster: Cluster) -> None:
    machine = _machine(cluster, command.node)
    if machine.rate == command.rate:
        raise Refused("clock-same", node=machine.name, rate=f"{command.rate:g}")
    cause = _note(cluster, command)
    machine.rate = command.rate
    cluster.emit("clock", machine.name, "", cause, (command.rate,))


@_apply.register
def _(command: Timeout, cluster: Cluster) -> None:
    machine = _machine(cluster, command.node)
    if machine.status != UP:
        raise Refused("not-up", node=machine.name)
    owners = [p for p in _running(cluster, machine, command.service) if command.timer in p.actor.timers]
    if not owners:
        known = sorted({t for p in machine.processes for t in p.actor.timers})
        raise Refused("unknown-timer", timer=command.timer, known=", ".join(known))
    armed = [p for p in owners if command.timer in p.timers]
    if not armed:
        raise Refused("timer-not-set", node=machine.name, timer=command.timer)
    if armed[0].away:
        raise Refused("busy", node=machine.name)
    cluster.fire(armed[0], command.timer, _note(cluster, command))


# --- the network --------------------------------------------------------------------------------------------


def _links(cluster: Cluster, src: str, dst: str, both: bool) -> list[Link]:
    src, dst = (name if name == "*" else _machine(cluster, name).name for name in (src, dst))
    found = cluster.network.each(src, dst) + (cluster.network.each(dst, src) if both else [])
    if not found:
        raise Refused("no-link", src=src, dst=dst)
    return found


def _network_changed(cluster: Cluster, cause: int) -> None:
    """Tell the trace; what is in flight on a line that is cut now dies there."""
    cluster.network.refresh()
    event = cluster.emit("network", "", "", cause, (cluster.network.state(),))
    for message, sent in list(cluster.in_flight.items()):
        moved = cluster.moved.get(message)
        if cluster.network.links[sent.node][sent.body[0]].closed and not (moved and moved.held):
            cluster.lose(message, "cut", event)


@_apply.register
def _(command: Cable, cluster: Cluster) -> None:
    links = _links(cluster, command.src, command.dst, command.both)
    cut = command.verb == "cut"
    if all(link.cut == cut for link in links):
        raise Refused("already-cut" if cut else "not-cut", src=command.src, dst=command.dst)
    cause = _note(cluster, command)
    for link in links:
        link.cut = cut
    _network_changed(cluster, cause)


@_apply.register
def _(command: Partition, cluster: Cluster) -> None:
    groups = tuple(tuple(_machine(cluster, name).name for name in group) for group in command.groups)
    for group in groups:
        if len(set(group)) != len(group):
            raise Refused("group-twice", group=" ".join(group))
    if cluster.network.groups == groups:
        raise Refused("same-partition")
    concerned = sorted({name for group in groups for name in group})
    if not any(keeps_apart(groups, a, b) for a, b in combinations(concerned, 2)):
        raise Refused("partition-of-nothing")
    cause = _note(cluster, command)
    cluster.network.groups = groups
    _network_changed(cluster, cause)


@_apply.register
def _(command: Heal, cluster: Cluster) -> None:
    network = cluster.network
    cut = [link for link in network.each("*", "*") if link.cut]
    if not (cut or network.groups or network.rules):
        raise Refused("nothing-to-heal")
    cause = _note(cluster, command)
    for link in cut:
        link.cut = False
    network.groups, network.rules = (), ()
    _network_changed(cluster, cause)


@_apply.register
def _(command: LinkSettings, cluster: Cluster) -> None:
    links = _links(cluster, command.src, command.dst, command.both)
    for kind, _delay in command.delays:
        find(kind, _message_types(cluster), "unknown-message-type")
    _note(cluster, command)
    for link in links:
        if command.delay is not None:
            link.set_delay(read_link_delay(command.delay))
        for kind, delay in command.delays:
            link.set_kind(kind, read_link_delay(delay))
        link.loss = link.loss if command.loss is None else command.loss
        link.duplicate = link.duplicate if command.duplicate is None else command.duplicate
        link.fifo = link.fifo if command.fifo is None else command.fifo
    cluster.network.refresh()


@_apply.register
def _(command: Standing, cluster: Cluster) -> None:
    network, selector = cluster.network, _checked(cluster, command.selector)
    rules = {f"{action} every {selector}" for action in ("drop", "hold")}
    if command.action == "allow":
        left = tuple(rule for rule in network.rules if rule not in rules)
        if left == network.rules:
            raise Refused("no-such-rule", selector=str(selector))
    else:
        wanted = f"{command.action} every {selector}"
        if wanted in network.rules:
            raise Refused("rule-exists", rule=wanted)
        left = (*(rule for rule in network.rules if rule not in rules), wanted)
    cause = _note(cluster, command)
    network.rules = left
    network.refresh()
    cluster.emit("network", "", "", cause, (network.state(),))


@_apply.register
def _(command: Network, cluster: Cluster) -> None:
    manual = command.mode == "manual"
    if cluster.network.manual == manual:
        raise Refused("same-mode", mode=command.mode)
    cause = _note(cluster, command)
    cluster.network.manual = manual
    cluster.network.refresh()
    event = cluster.emit("network", "", "", cause, (cluster.network.state(),))
    if manual:
        for message in list(cluster.in_flight):
            if not (message in cluster.moved and cluster.moved[message].held):
                _hold(cluster, message, event)
    else:
        for message in [i for i, moved in cluster.moved.items() if moved.held]:
            _release(cluster, message, event)


# --- messages -----------------------------------------------------------------------------------------------


def _checked(cluster: Cluster, selector: Selector) -> Selector:
    """The selector with `leader` replaced by whoever leads now."""
    src, dst = (
        name if name == "*" else _machine(cluster, name).name for name in (selector.src, selector.dst)
    )
    if selector.type != "*":
        find(selector.type, _message_types(cluster), "unknown-message-type")
    return Selector(type=selector.type, src=src, dst=dst)


def _message_types(cluster: Cluster) -> set[str]:
    machines = cluster.machines.values()
    return {m.__name__ for machine in machines for p in machine.processes for m in p.actor.messages}


def _chosen(cluster: Cluster, command: OnMessage) -> list[int]:
    """The messages in flight that the command means, oldest first."""
    if command.id is not None:
        if command.id not in cluster.in_flight:
            raise Refused("message-gone", id=command.id)
        return [command.id]
    assert command.selector is not None
    s = _checked(cluster, command.selector)
    found = [
        sent.seq
        for sent in cluster.in_flight.values()
        if s.type in ("*", sent.body[1]) and s.src in ("*", sent.node) and s.dst in ("*", sent.body[0])
    ]
    if not found:
        raise Refused("no-such-message", selector=str(s))
    return found[:1] if command.first else found


@_apply.register
def _(command: OnMessage, cluster: Cluster) -> None:
    chosen = _chosen(cluster, command)
    if command.verb == "hold":
        chosen = [i for i in chosen if not (i in cluster.moved and cluster.moved[i].held)]
        if not chosen:
            raise Refused("already-held")
    if command.verb == "duplicate" and len(cluster.in_flight) + len(chosen) > MOST_MESSAGES:
        raise Refused("too-many-messages", count=len(cluster.in_flight), limit=MOST_MESSAGES)
    if command.verb == "deliver":
        for message in chosen:
            _deliverable(cluster, cluster.in_flight[message], command.mutant)
    cause = _note(cluster, command)
    for message in chosen:
        if message not in cluster.in_flight:
            continue  # an earlier one of the same command brought its receiver down
        if command.verb == "drop":
            cluster.lose(message, "command", cause)
        elif command.verb == "hold":
            _hold(cluster, message, cause)
        elif command.verb == "delay":
            _move(cluster, message, _arrives(cluster, message) + micros(command.by or ""), cause)
        elif command.verb == "duplicate":
            sent = cluster.in_flight[message]
            cluster.send(_sender(cluster, sent), sent.body[0], sent.body[2], cause, copy_of=message)
        else:
            _deliver(cluster, message, command.mutant)


def _deliverable(cluster: Cluster, sent: Event, mutant: str | None) -> None:
    machine = cluster.machines[sent.body[0]]
    if mutant is not None:
        find(mutant, protocol_of(_receiver(cluster, sent).service).mutants, "unknown-mutant")
    if machine.status == CRASHED:
        raise Refused("receiver-crashed", id=sent.seq, node=machine.name)
    if any(p.away for p in machine.processes):
        raise Refused("receiver-busy", id=sent.seq, node=machine.name)


def _receiver(cluster: Cluster, sent: Event) -> Process:
    return cluster.processes[_sender(cluster, sent).targets[sent.body[0]]]


def _deliver(cluster: Cluster, message: int, mutant: str | None) -> None:
    """The message arrives now, and is handled at once if its receiver still can; by the handlers of a mutant
    where one is named, this once."""
    p = _receiver(cluster, cluster.in_flight[message])
    cluster.moved.pop(message, None)
    handlers = p.handlers
    if mutant is not None:
        actor, _ = protocol_of(p.service).mutants[mutant]
        p.handlers = actor(p.actor.me, p.actor.members, p.actor.options).handlers
    cluster._arrive(message, p)
    p.handlers = handlers


def _sender(cluster: Cluster, sent: Event) -> Process:
    (process,) = [p for p in cluster.machines[sent.node].processes if p.service == sent.service]
    return process


def _arrives(cluster: Cluster, message: int) -> int:
    moved = cluster.moved.get(message)
    planned: int = moved.arrives if moved else cluster.in_flight[message].body[3]
    return max(planned, cluster.now)


def _share(cluster: Cluster, message: int) -> float:
    """How far along its line the message is now, from 0 to 1."""
    sent, moved = cluster.in_flight[message], cluster.moved.get(message)
    start, at, arrives = (moved.start, moved.at, moved.arrives) if moved else (sent.time, 0.0, sent.body[3])
    share = 1.0 if arrives <= start else at + (1 - at) * (cluster.now - start) / (arrives - start)
    return min(share, max(at, 0.5)) if moved and moved.held else min(share, 1.0)


def _hold(cluster: Cluster, message: int, cause: int) -> None:
    share, arrives = _share(cluster, message), _arrives(cluster, message)
    cluster.moved[message] = Moved(cluster.now, share, arrives, held=True)
    cluster.emit("hold", "", cluster.in_flight[message].service, cause, (message,))


def _move(cluster: Cluster, message: int, arrives: int, cause: int) -> None:
    """The message goes on from where it is and arrives then."""
    sent = cluster.in_flight[message]
    cluster.moved[message] = Moved(cluster.now, _share(cluster, message), arrives, held=False)
    cluster.emit("reschedule", "", sent.service, cause, (message, arrives))
    cluster.push(arrives, MESSAGE, message, _sender(cluster, sent).targets[sent.body[0]])


def _release(cluster: Cluster, message: int, cause: int) -> None:
    """A held message goes on: it needs as long for the rest of its way as it would have needed."""
    sent = cluster.in_flight[message]
    left = round((sent.body[3] - sent.time) * (1 - _share(cluster, message)))
    _move(cluster, message, cluster.now + left, cause)


# --- orders and clients -------------------------------------------------------------------------------------


def _running(cluster: Cluster, machine: Machine, service: str | None) -> list[Process]:
    """The services on a machine, or the one that is meant: on a client, its side of that one."""
    if machine.is_client and service in cluster.config.services:
        service = client_of(service, cluster.config.services)
    found = [p for p in machine.processes if service in (None, p.service)]
    if not found:
        known = ", ".join(p.service for p in machine.processes)
        raise Refused("service-not-here", name=str(service)[:60], known=known)
    return found


@_apply.register
def _(command: Tell, cluster: Cluster) -> None:
    machine = _machine(cluster, command.node)
    able = [p for p in _running(cluster, machine, command.service) if command.order in p.actor.orders]
    if not able:
        if machine.is_client and not any(p.actor.orders for p in machine.processes):
            raise Refused("client-takes-no-orders", node=machine.name)
        known = ", ".join(sorted({o for p in machine.processes for o in p.actor.orders})) or "–"
        raise Refused("unknown-order", name=command.order, known=known)
    if machine.status != UP:
        raise Refused("not-up", node=machine.name)
    if able[0].away:
        raise Refused("busy", node=machine.name)
    for name in command.nodes:
        _server(cluster, name)
    _order(cluster, able[0], command)


def _order(cluster: Cluster, p: Process, command: Tell) -> None:
    """Have the service carry the order out; one that it cannot is refused, and nothing has changed."""
    trial, silent = copy.copy(p.state), Effects(cluster.now)
    handler = getattr(p.actor, "order_" + command.order.replace("-", "_"))
    try:
        handler(trial, command.args, silent)
    except Impossible as impossible:
        raise Refused(impossible.code, **{"node": p.node, **impossible.params}) from None
    cause = _note(cluster, command)
    handler(p.state, command.args, p.out)
    cluster.finish(p, "order", cause, (command.text,))


def _clients(cluster: Cluster, name: str, service: str | None) -> list[Process]:
    """What runs on a client: one process for each service of the room, or the one that is meant."""
    machine = _machine(cluster, name)
    if not machine.is_client:
        raise Refused("not-a-client", node=name)
    if machine.status != UP:
        raise Refused("not-up", node=name)
    services = list(cluster.config.services)
    found = _running(cluster, machine, service and find_service(service, services))
    served = [p for p in found if isinstance(p.actor, Requester) and p.actor.asks in p.actor.server.messages]
    if not served:
        raise Refused("takes-no-requests", names=", ".join([service] if service else services))
    return served


def find_service(service: str, services: list[str]) -> str:
    find(service, services, "service-not-here")
    return service


@_apply.register
def _(command: Request, cluster: Cluster) -> None:
    clients = _clients(cluster, command.client, command.service)
    able = [p for p in clients if command.op in p.actor.server.operations]
    if not able:
        known = ", ".join(dict.fromkeys(op for p in clients for op in p.actor.server.operations))
        raise Refused("unknown-operation", name=command.op, known=known)
    server = command.server and _server(cluster, command.server).name
    cause = _note(cluster, command)
    operation = Operation(command.op, command.key, command.value)
    for client in able:
        actor: Requester[Any, Any] = client.actor
        actor.request(client.state, operation, server, client.out)
        cluster.finish(client, "request", cause, (command.operation,))


@_apply.register
def _(command: Load, cluster: Cluster) -> None:
    clients = _clients(cluster, command.client, command.service)
    if all(client.state.load == command.every for client in clients):
        raise Refused("load-same", client=command.client)
    cause = _note(cluster, command)
    for client in clients:
        actor: Requester[Any, Any] = client.actor
        actor.set_load(client.state, command.every, client.out)
        cluster.finish(client, "request", cause, (str(command),))


@_apply.register
def _(command: Join, cluster: Cluster) -> None:
    services = list(cluster.config.services)
    wanted = [find_service(command.service, services)] if command.service else services
    check_joining(cluster, command.client)
    join(cluster, command.client, wanted, _note(cluster, command))


@_apply.register
def _(command: Leave, cluster: Cluster) -> None:
    find(command.client, cluster.machines, "unknown-node")
    machine = cluster.machines[command.client]
    if not machine.joined:
        raise Refused("not-joined", node=machine.name)
    leave(cluster, machine, _note(cluster, command))


@_apply.register
def _(command: SetSpeed, cluster: Cluster) -> None:
    """Speed is how a run is shown; the run itself does not know of it."""
