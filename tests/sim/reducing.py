"""A viewer's half of the contract, written from `docs/protocol.md` alone: views from events."""

from typing import Any

View = dict[str, Any]
Event = list[Any]


def reduce(view: View, event: Event) -> View:
    """The view after the event."""
    seq, time, kind, node, service, _, body, patch, _ = event
    v = {**view, "seq": seq, "time": time, "messages": dict(view["messages"]), "nodes": dict(view["nodes"])}
    machine: View = v["nodes"].get(node, {})
    if machine:
        machine = v["nodes"][node] = {**machine, "services": dict(machine["services"])}
    if service in machine.get("services", {}):
        before = machine["services"][service]
        machine["services"][service] = {
            **before, "state": dict(before["state"]), "timers": dict(before["timers"])
        }  # fmt: skip
        apply_patch(machine["services"][service], patch)
    if kind == "join":
        empty = {service: {"state": {}, "timers": {}, "busyUntil": 0} for service in body[0]}
        v["nodes"][node] = {
            "status": "up", "since": time, "clock": 1.0, "trap": "", "client": True, "joined": True,
            "services": empty,
        }  # fmt: skip
    elif kind == "leave":
        del v["nodes"][node]
    elif kind == "network":
        v["network"] = body[0]
    elif kind == "violation":
        v["laws"] = {**v["laws"], body[0]: seq}
    elif machine and kind not in ("send", "deliver", "drop"):
        reduce_machine(machine, event)
    else:
        reduce_message(v, event)
    return v


def reduce_machine(machine: View, event: Event) -> None:
    _, time, kind, _, service, _, body, _, _ = event
    if kind in ("start", "restart", "resume"):
        machine["status"], machine["since"] = "up", time
    elif kind == "pause":
        machine["status"], machine["since"] = "paused", time
    elif kind == "crash":
        machine["status"], machine["since"], machine["trap"] = "crashed", time, ""
        machine["services"][service].update(timers={}, busyUntil=0)
    elif kind == "trap":
        machine["trap"] = body[0]
    elif kind == "clock":
        machine["clock"] = body[0]
    elif kind == "save":
        if body[0] > time:
            machine["services"][service]["busyUntil"] = body[0]
    elif kind == "saved":
        machine["services"][service]["busyUntil"] = 0


def reduce_message(v: View, event: Event) -> None:
    seq, time, kind, node, service, _, body, _, _ = event
    messages = v["messages"]
    if kind == "send":
        dst, type_, fields, arrives, held, copy_of = body
        messages[str(seq)] = {
            "id": seq, "src": node, "dst": dst, "service": service, "type": type_, "fields": fields,
            "sent": time, "arrives": arrives, "held": bool(held), "from": time, "at": 0.0, "copyOf": copy_of,
        }  # fmt: skip
    elif kind in ("deliver", "drop"):
        del messages[str(body[0])]
    elif kind in ("hold", "reschedule"):
        m = messages[str(body[0])] = dict(messages[str(body[0])])
        m["at"], m["from"] = share(m, time), time
        m["held"] = kind == "hold"
        if kind == "reschedule":
            m["arrives"] = body[1]
        else:
            m["arrives"] = max(m["arrives"], time)


def share(m: View, time: int) -> float:
    """How far along its line a message is: 0 the sender's rim, 1 the receiver's."""
    way = m["arrives"] - m["from"]
    at: float = 1.0 if way <= 0 else m["at"] + (1 - m["at"]) * (time - m["from"]) / way
    return min(at, max(m["at"], 0.5)) if m["held"] else min(at, 1.0)


def apply_patch(service: View, patch: list[Any]) -> None:
    state, timers = service["state"], service["timers"]
    for change in patch:
        field = change[0]
        if field.startswith("@"):
            if change[1] is None:
                timers.pop(field[1:], None)
            else:
                timers[field[1:]] = change[1]
        elif len(change) == 2:
            state[field] = change[1]
        elif change[1] == "merge":
            kept = {k: x for k, x in state[field].items() if k not in change[3]}
            state[field] = kept | change[2]
        else:
            state[field] = state[field][: change[1]] + change[2]
