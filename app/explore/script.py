"""A schedule that was found, as a room that plays it: all messages are held, and delivered in its order."""

from __future__ import annotations

from typing import Any

from app.explore.world import KEY, Ask, Move, Rules
from app.sim.config import ClusterConfig, read_config

PACE, HOP = "30ms", "15ms"
PATIENT = "60s"


def play(rules: Rules, moves: tuple[Move, ...], options: dict[str, Any], what: str) -> ClusterConfig:
    """The room: its clients are those of the plan."""
    steps: list[dict[str, Any]] = [{"at": "10ms", "do": ["network manual"], "say": OPENING[what]}]
    world = rules.start()
    for number, move in enumerate(moves):
        following = world.after(rules, move)
        asked = move.server if isinstance(move, Ask) else ""
        if isinstance(move, Ask):
            planned = rules.plan[move.number]
            verb = f"put {KEY} {planned.value}" if planned.op == "put" else f"get {KEY}"
            steps.append({"after": PACE, "do": [f"request {planned.client} {verb} at {asked}"]})
            steps.append({"after": HOP, "do": [f"deliver first QuorumRequest {planned.client} -> {asked}"]})
        else:
            steps.append({"after": PACE, "do": [f"deliver first {move.kind} {move.src} -> {move.dst}"]})
        answers = [
            f"deliver first QuorumReply {server_of(rules, moves, n)} -> {rules.plan[n].client}"
            for n, (before, now) in enumerate(zip(world.calls, following.calls, strict=True))
            if now and now.returned is not None and (before is None or before.returned is None)
        ]
        if answers:
            steps.append({"after": HOP, "do": answers})
        world = following
        if number == len(moves) - 1:
            steps.append({"after": HOP, "do": [], "say": ENDING[what]})
    return read_config(
        {
            "services": ["quorum"],
            "nodes": list(rules.members),
            "clients": sorted({planned.client for planned in rules.plan}),
            "options": {
                "quorum": {**options, "timeout": PATIENT, "patience": PATIENT, "claims": CLAIMS[what]},
                "client-quorum": {"timeout": PATIENT},
            },
            "script": steps,
        }
    )


def server_of(rules: Rules, moves: tuple[Move, ...], number: int) -> str:
    """Whom the operation was asked of."""
    return next(move.server for move in moves if isinstance(move, Ask) and move.number == number)


CLAIMS = {"stale": ["regular"], "non-linearizable": ["linearizable"]}
OPENING = {
    "stale": {
        "en": "The shortest schedule that ends in a stale read. Every message waits to be let through.",
        "zh": "以陈旧读收场的最短调度。每条消息都等着被放行。",
    },
    "non-linearizable": {
        "en": "The shortest schedule that no single copy could show. Every message waits to be let through.",
        "zh": "单一副本绝不会出现的最短调度。每条消息都等着被放行。",
    },
}
ENDING = {
    "stale": {
        "en": "The write was over before the read began, and the read does not know of it.",
        "zh": "读开始之前写就已完成，读却不知道它。",
    },
    "non-linearizable": {
        "en": "c2 has seen “new”; c3, who asked later, has not: a write under way may be seen and missed.",
        "zh": "c2 看到了“new”，后来才问的 c3 却没有。写还没完成时，可能被看到，也可能被错过。",
    },
}
