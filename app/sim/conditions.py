"""Conditions on a moment of a run, as scripts and expectations write them.

A condition is an expression in Python's grammar over a few names, read by Python's own parser and evaluated
here, node by node, so that nothing but what is listed can be written:

    n1.role == "leader" and len(n2.log) >= 3
    leader is not None and leader.commitIndex >= 2
    sent("AppendEntries", "n1", "n2") >= 2
    c1.answers[-1].result == "7"

Names: every node and client; `leader` (the node that leads in the newest term, or None); `nodes` (all
servers that are up); `now` (virtual microseconds); `true`, `false`, `none`. A node has `status` and the
fields of its state; where several services run, `n1["2pc"].state` is that of one of them. `sent`,
`delivered`, `dropped` count messages by type, sender and receiver (each may be `"*"` or left out), `rule`
counts how often a rule was applied. `znode("n1", "/a")` is what a ZooKeeper server has there, or none.
`count(x for x in nodes if …)`, `any(…)`, `all(…)`, `len`, `min`, `max`, `sum`.
"""

from __future__ import annotations

import ast
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from app.sim.cluster import Cluster
from app.sim.errors import Refused
from app.sim.process import CRASHED, Machine
from app.sim.trace import Event, plain
from protocols.zookeeper.tree import Tree

LONGEST = 500
DEEPEST = 60
"""No condition is longer than this, in characters, or nested deeper."""


class Counts:
    """How often things have happened: kept along, so that asking is cheap."""

    def __init__(self) -> None:
        self.messages: Counter[tuple[str, str, str, str]] = Counter()
        self.rules: Counter[tuple[str, str]] = Counter()
        self.ends: dict[int, tuple[str, str, str]] = {}

    def add(self, events: Iterable[Event]) -> None:
        for e in events:
            if e.kind == "send":
                self.ends[e.seq] = (e.body[1], e.node, e.body[0])
                self.messages["sent", *self.ends[e.seq]] += 1
            elif e.kind in ("deliver", "drop"):
                ends = self.ends.pop(e.body[0], None)
                if ends:
                    self.messages["delivered" if e.kind == "deliver" else "dropped", *ends] += 1
            for rule, _ in e.why:
                self.rules[rule, e.node] += 1

    def of(self, what: str, kind: str = "*", src: str = "*", dst: str = "*") -> int:
        return sum(
            n
            for (w, k, s, d), n in self.messages.items()
            if w == what and kind in ("*", k) and src in ("*", s) and dst in ("*", d)
        )

    def rule(self, rule: str, node: str = "*") -> int:
        return sum(n for (r, at), n in self.rules.items() if r == rule and node in ("*", at))

    def copy(self) -> Counts:
        twin = Counts()
        twin.messages, twin.rules, twin.ends = self.messages.copy(), self.rules.copy(), self.ends.copy()
        return twin


class NodeValue:
    """A node as conditions see it; equal to its name."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def get(self, field: str) -> Any:
        m = self.machine
        if field in ("name", "status"):
            return getattr(m, field)
        for p in m.processes:
            if field == p.service:
                return {
                    w: plain(getattr(p.state, n)) for w, n in zip(p.shape.wire, p.shape.names, strict=True)
                }
        for p in m.processes:
            if field in p.shape.wire:
                return plain(getattr(p.state, p.shape.names[p.shape.wire.index(field)]))
        known = ["name", "status", *(w for p in m.processes for w in p.shape.wire)]
        raise Refused("condition-field", field=field, node=m.name, known=", ".join(known))

    def __eq__(self, other: object) -> bool:
        return self.machine.name == (other.machine.name if isinstance(other, NodeValue) else other)

    def __hash__(self) -> int:
        return hash(self.machine.name)


OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.USub: operator.neg,
}
CONSTANTS = {"true": True, "false": False, "none": None, "null": None}
ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.BinOp, ast.Compare, ast.Call,
    ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.List, ast.Tuple, ast.GeneratorExp,
    ast.comprehension, ast.expr_context, *OPERATORS,
)  # fmt: skip


@lru_cache(maxsize=4096)
def compile_condition(text: str) -> ast.expr:
    """The condition's syntax tree. Raises Refused when it is not one."""
    if len(text) > LONGEST:
        raise Refused("condition-too-long", most=LONGEST)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Refused("condition-syntax", text=text) from None
    _check_form(text, tree.body)
    return tree.body


def _check_form(text: str, tree: ast.expr) -> None:
    """Refuse what conditions do not have, and what is nested too deep to be evaluated."""
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        for node in level:
            if not isinstance(node, ALLOWED):
                raise Refused("condition-word", text=text, word=type(node).__name__)
            if isinstance(node, ast.Call) and not isinstance(node.func, ast.Name):
                raise Refused("condition-function", name=ast.unparse(node.func), known=", ".join(FUNCTIONS))
            if isinstance(node, ast.GeneratorExp) and (
                len(node.generators) > 1 or not isinstance(node.generators[0].target, ast.Name)
            ):
                raise Refused("condition-word", text=text, word="for … for")
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise Refused("condition-syntax", text=text)


FUNCTIONS = (
    "sent",
    "delivered",
    "dropped",
    "rule",
    "broken",
    "znode",
    "count",
    "len",
    "any",
    "all",
    "min",
    "max",
    "sum",
)
ALWAYS_KNOWN = ("name", "status")
NOT_THERE = (IndexError, KeyError, TypeError, ValueError, StopIteration, Refused)
"""What evaluating raises when something does not exist at that moment: an entry, a key, the least of none."""


def check_condition(text: str, fields: Mapping[str, frozenset[str]]) -> None:
    """Refuse a condition that names what does not exist; `fields`: those of each endpoint and `leader`."""
    scope = dict.fromkeys(("nodes", "now", *CONSTANTS), None)
    _check_names(compile_condition(text), {**scope, **fields})


def _check_names(node: ast.AST, scope: Mapping[str, frozenset[str] | None]) -> None:
    """`scope` has the names that may be used here, with their fields where those are known."""
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        if node.func.id not in FUNCTIONS:
            raise Refused("condition-function", name=node.func.id, known=", ".join(FUNCTIONS))
        below: list[ast.expr] = node.args
    elif isinstance(node, ast.GeneratorExp):
        (loop,) = node.generators
        assert isinstance(loop.target, ast.Name)
        _check_names(loop.iter, scope)
        servers = isinstance(loop.iter, ast.Name) and loop.iter.id == "nodes"
        scope = {**scope, loop.target.id: scope.get("leader") if servers else None}
        below = [node.elt, *loop.ifs]
    else:
        below = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    if isinstance(node, ast.Name) and node.id not in scope:
        raise Refused("condition-name", name=node.id, known=", ".join(scope))
    for child in below:
        _check_names(child, scope)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        have = scope[node.value.id]
        if have is not None and node.attr not in have and node.attr not in ALWAYS_KNOWN:
            listed = ", ".join([*ALWAYS_KNOWN, *sorted(have)])
            raise Refused("condition-field", field=node.attr, node=node.value.id, known=listed)


def holds(text: str, cluster: Cluster, counts: Counts) -> bool:
    """Whether the condition is true now. What is not there (yet) makes it false."""
    try:
        return bool(Evaluation(cluster, counts).of(compile_condition(text)))
    except NOT_THERE:
        return False


class Evaluation:
    """Evaluates one condition at one moment."""

    def __init__(self, cluster: Cluster, counts: Counts) -> None:
        self.cluster = cluster
        self.local: dict[str, Any] = {}
        self.functions: dict[str, Callable[..., Any]] = {
            "sent": lambda *a: counts.of("sent", *map(name_of, a)),
            "delivered": lambda *a: counts.of("delivered", *map(name_of, a)),
            "dropped": lambda *a: counts.of("dropped", *map(name_of, a)),
            "rule": lambda *a: counts.rule(*map(name_of, a)),
            "broken": lambda law: bool(cluster.broken[law]),
            "znode": lambda node, path: znode(cluster.machines[name_of(node)], path),
            "count": lambda xs: sum(1 for _ in xs),
            "len": len, "any": any, "all": all, "min": min, "max": max, "sum": sum,
        }  # fmt: skip

    def of(self, node: ast.expr) -> Any:
        method = getattr(self, "_" + type(node).__name__.lower(), None)
        if method is None:
            raise Refused("condition-word", text=ast.unparse(node), word=type(node).__name__)
        return method(node)

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _list(self, node: ast.List | ast.Tuple) -> Any:
        return [self.of(item) for item in node.elts]

    _tuple = _list

    def _name(self, node: ast.Name) -> Any:
        name = node.id
        if name in self.local:
            return self.local[name]
        if name in self.cluster.machines:
            return NodeValue(self.cluster.machines[name])
        if name == "leader":
            return leader(self.cluster)
        if name == "nodes":
            return [NodeValue(m) for m in self.cluster.machines.values()
                    if not m.is_client and m.status != CRASHED]  # fmt: skip
        if name == "now":
            return self.cluster.now
        if name in CONSTANTS:
            return CONSTANTS[name]
        raise Refused(
            "condition-name", name=name, known=", ".join([*self.cluster.machines, "leader", "nodes"])
        )

    def _attribute(self, node: ast.Attribute) -> Any:
        value = self.of(node.value)
        if isinstance(value, NodeValue):
            return value.get(node.attr)
        return value[node.attr]

    def _subscript(self, node: ast.Subscript) -> Any:
        value, key = self.of(node.value), self.of(node.slice)
        return value.get(key) if isinstance(value, NodeValue) else value[key]

    def _boolop(self, node: ast.BoolOp) -> Any:
        test = all if isinstance(node.op, ast.And) else any
        return test(self._truth(value) for value in node.values)

    def _truth(self, node: ast.expr) -> bool:
        """One side of and/or: an element that is not there yet makes this side false, not the whole."""
        try:
            return bool(self.of(node))
        except NOT_THERE:
            return False

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            return not self._truth(node.operand)
        return OPERATORS[type(node.op)](self.of(node.operand))

    def _binop(self, node: ast.BinOp) -> Any:
        return OPERATORS[type(node.op)](self.of(node.left), self.of(node.right))

    def _compare(self, node: ast.Compare) -> bool:
        left = self.of(node.left)
        for op, right in zip(node.ops, map(self.of, node.comparators), strict=True):
            if not OPERATORS[type(op)](left, right):
                return False
            left = right
        return True

    def _call(self, node: ast.Call) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
        if name not in self.functions or node.keywords:
            raise Refused("condition-function", name=name, known=", ".join(self.functions))
        return self.functions[name](*[self.of(a) for a in node.args])

    def _generatorexp(self, node: ast.GeneratorExp) -> Any:
        (loop,) = node.generators
        if not isinstance(loop.target, ast.Name):
            raise Refused("condition-word", text=ast.unparse(node), word="for")
        values = []
        for item in self.of(loop.iter):
            self.local[loop.target.id] = item
            if all(self._truth(test) for test in loop.ifs):
                values.append(self.of(node.elt))
        self.local.pop(loop.target.id, None)
        return values


def name_of(value: Any) -> Any:
    return value.machine.name if isinstance(value, NodeValue) else value


def znode(machine: Machine, path: str) -> dict[str, Any] | None:
    """What the server there has at `path`: its data as text, its children, owner, versions and zxids."""
    tree = next(p.state.tree for p in machine.processes if isinstance(getattr(p.state, "tree", None), Tree))
    node = tree.get(path)
    if node is None:
        return None
    stat = node.stat
    return {
        "data": (node.data or b"").decode(errors="replace"),
        "children": [*tree.children(path)],
        "owner": node.owner,
        **{f: getattr(stat, f) for f in ("version", "cversion", "aversion", "czxid", "mzxid", "pzxid")},
    }


def leader(cluster: Cluster) -> NodeValue | None:
    """The server, not crashed, that leads; of several, the one of the newest term. Where several services
    run, the first that has a leader counts."""
    for service in cluster.laws:
        found = [
            (term, p.machine)
            for p in cluster.processes
            if p.service == service and p.machine.status != CRASHED
            and (term := p.actor.leadership(p.state)) is not None
        ]  # fmt: skip
        if found:
            return NodeValue(max(found, key=lambda item: item[0])[1])
    return None
