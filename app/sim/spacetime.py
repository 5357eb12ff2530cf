"""The space-time diagram of a stretch of a run as a picture that stands by itself (SVG).

Time runs to the right; every endpoint has a line; a message is a slanted line from its sending to its
delivery.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.sim.errors import sentence
from app.sim.text import reasons, xml
from app.sim.trace import Event
from protocols.registry import protocol_of

LEFT, TOP, ROW, BOTTOM, RIGHT = 64, 44, 56, 46, 24
COLOURS = {
    "message": "#5d6976", "client": "#2e8b57", "forward": "#0072b2", "prevote": "#a8487d", "vote": "#008562",
    "append": "#cf5a00", "propose": "#c0302a", "ack": "#8c7400", "commit": "#4c7a00", "abort": "#6d1b1b",
    "discover": "#7350a5", "sync": "#8a5a2b", "snapshot": "#5d4037",
}  # fmt: skip
"""For each family of messages: its colour on paper, as in static/css/tokens.css."""
STYLE = """
text { font: 13px system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; fill: #1b2530 }
.axis { fill: #5d6976; font-size: 11px } .life { stroke: #aab3bc } .tick { stroke: #e2e5e9 }
.down { stroke: #c3c9d0; stroke-width: 8 } .away { stroke: #c3c9d0; stroke-width: 8; stroke-dasharray: 3 5 }
.lost { stroke-dasharray: 4 3; opacity: .7 } .x { stroke: #b3261e; stroke-width: 2 } .lead { fill: #0b5cad }
"""


def spacetime_svg(events: list[Event], nodes: list[str], start: int, end: int, lang: str = "en") -> str:
    """The diagram of `events` between `start` and `end` (virtual microseconds), for the endpoints `nodes`."""
    return "\n".join(Diagram(nodes, start, max(end, start + 1_000), lang).draw(events)) + "\n"


class Diagram:
    """Where everything is, and the drawing of it."""

    def __init__(self, nodes: list[str], start: int, end: int, lang: str) -> None:
        self.nodes, self.start, self.end, self.lang = nodes, start, end, lang
        self.inner = min(12_000, max(900, (end - start) // 250))
        self.row = {name: TOP + ROW * n for n, name in enumerate(nodes)}
        self.width = LEFT + self.inner + RIGHT
        self.height = TOP + ROW * (len(nodes) - 1) + BOTTOM

    def x(self, time: int) -> float:
        share = (min(max(time, self.start), self.end) - self.start) / (self.end - self.start)
        return round(LEFT + share * self.inner, 1)

    def draw(self, events: list[Event]) -> Iterator[str]:
        title = xml(sentence("panels.spacetime.title", {}, self.lang))
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" lang="{self.lang}" role="img" width="{self.width}" '
            f'height="{self.height}" viewBox="0 0 {self.width} {self.height}">'
        )
        yield f"<title>{title}</title><style>{STYLE}</style>"
        yield f'<rect width="{self.width}" height="{self.height}" fill="#fafaf7"/>'
        yield from self._axis()
        yield from self._lives(events)
        yield from self._messages(events)
        yield from self._moments(events)
        yield "</svg>"

    def _axis(self) -> Iterator[str]:
        span = self.end - self.start
        steps = (m * 10**p for p in range(2, 12) for m in (1, 2, 5))
        step = next(s for s in steps if span / s <= max(4, self.inner / 120))
        bottom = self.height - BOTTOM + 14
        for time in range(-(-self.start // step) * step, self.end + 1, step):
            x, label = self.x(time), f"{time / 1000:g} ms"
            yield f'<line class="tick" x1="{x}" y1="{TOP - 18}" x2="{x}" y2="{bottom}"/>'
            yield f'<text class="axis" x="{x}" y="{bottom + 16}" text-anchor="middle">{label}</text>'

    def _lives(self, events: list[Event]) -> Iterator[str]:
        for name, y in self.row.items():
            yield f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{xml(name)}</text>'
            yield f'<line class="life" x1="{LEFT}" y1="{y}" x2="{LEFT + self.inner}" y2="{y}"/>'
        since: dict[str, tuple[int, str]] = {}
        for e in events:
            if e.node not in self.row:
                continue
            if e.kind in ("crash", "pause"):
                since.setdefault(e.node, (e.time, "down" if e.kind == "crash" else "away"))
            elif e.kind in ("restart", "resume") and e.node in since:
                yield self._bar(e.node, *since.pop(e.node), e.time)
        for node, (time, kind) in since.items():
            yield self._bar(node, time, kind, self.end)

    def _bar(self, node: str, start: int, kind: str, end: int) -> str:
        y = self.row[node]
        return f'<line class="{kind}" x1="{self.x(start)}" y1="{y}" x2="{self.x(end)}" y2="{y}"/>'

    def _messages(self, events: list[Event]) -> Iterator[str]:
        sent = {e.seq: e for e in events if e.kind == "send"}
        ended = {e.body[0]: e for e in events if e.kind in ("deliver", "drop")}
        for seq, e in sent.items():
            if e.node not in self.row or e.body[0] not in self.row:
                continue  # a client that is not here: not yet, or no more
            end = ended.get(seq)
            time = end.time if end else min(self.end, e.body[3])
            lost = end is not None and end.kind == "drop"
            yield from self._message(e, time, lost, end is None)

    def _message(self, e: Event, end: int, lost: bool, open_: bool) -> Iterator[str]:
        dst, kind = e.body[0], e.body[1]
        y1, y2 = float(self.row[e.node]), float(self.row[dst])
        share = 1.0
        if lost or open_:
            share = min(1.0, (end - e.time) / max(1, e.body[3] - e.time))
        x2, y2 = self.x(end), round(y1 + (y2 - y1) * share, 1)
        css = ' class="lost"' if lost else ""
        label = xml(f"#{e.seq} {kind} {e.node} → {dst}")
        yield (
            f'<line{css} stroke="{colour(e.service, kind)}" x1="{self.x(e.time)}" y1="{y1}" '
            f'x2="{x2}" y2="{y2}">'
            f"<title>{label}</title></line>"
        )
        if lost:
            yield f'<path class="x" d="M{x2 - 4} {y2 - 4}l8 8m0 -8l-8 8"/>'

    def _moments(self, events: list[Event]) -> Iterator[str]:
        for e in [e for e in events if e.node in self.row]:
            told = " ".join(reasons(e, self.lang))
            if any(rule == "become-leader" for rule, _ in e.why):
                yield self._dot(e, "lead", 7, told)
            elif e.kind == "violation":
                yield f'<circle cx="{self.x(e.time)}" cy="{self.row[e.node]}" r="8" fill="none" class="x"/>'
            elif told and e.kind in ("timeout", "request"):
                yield self._dot(e, "", 3, told)

    def _dot(self, e: Event, css: str, r: int, told: str) -> str:
        return (
            f'<circle class="{css}" cx="{self.x(e.time)}" cy="{self.row[e.node]}" r="{r}">'
            f"<title>{xml(told)}</title></circle>"
        )


def colour(service: str, kind: str) -> str:
    """A message's colour by what it is about."""
    return COLOURS[protocol_of(service).families.get(kind, "client")]


def endpoints(view: dict[str, Any]) -> list[str]:
    """The lines of a diagram of a cluster: its servers, then its clients."""
    return list(view["nodes"])
