"""The table of commands, and how a line is run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.programs import Zk
from protocols.zookeeper.shell import acl, nodes, quota, session, watches
from protocols.zookeeper.shell.memory import Outcome, Shell, ShellMemory
from protocols.zookeeper.shell.parse import Given, Refused, Syntax, integer, parse, words
from protocols.zookeeper.shell.texts import error_text


class Command(msgspec.Struct, frozen=True):
    """`offline` commands need no session; `old` ones are not in the usage any more."""

    run: Callable[[Shell, Given], Awaitable[None]]
    syntax: Syntax = Syntax()
    offline: bool = False
    old: bool = False


USAGE = "ZooKeeper -server host:port -client-configuration properties-file cmd args"
RECONFIG = (
    "[-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] | "
    "[-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]"
)


async def usage(shell: Shell, given: Given) -> None:
    lines = (f"\t{name} {c.syntax.usage}" for name, c in sorted(COMMANDS.items()) if not c.old)
    shell.say(USAGE, *lines)


async def redo(shell: Shell, given: Given) -> None:
    number = integer(given.words[0], f"redo: '{given.words[0]}' is not a number of the history")
    line = shell.memory.line(number) if number < shell.memory.count - 1 else None
    if line is None:
        raise Refused("Command index out of range")
    if words(line)[:1] == ("redo",):
        raise Refused("No redoing redos")
    shell.instead(line)
    await execute(shell, line)


COMMANDS: dict[str, Command] = {
    "addWatch": Command(watches.add_watch, Syntax(watches.ADD_WATCH, valued="m", least=1, most=1)),
    "addauth": Command(acl.add_auth, Syntax("scheme auth", least=1, most=2)),
    "close": Command(session.close),
    "config": Command(session.not_offered, Syntax("[-c] [-w] [-s]", flags="cws"), offline=True),
    "connect": Command(session.connect, Syntax("host:port", most=1), offline=True),
    "create": Command(
        nodes.create, Syntax("[-s] [-e] [-c] [-t ttl] path [data] [acl]", "esc", "t", least=1, most=3)
    ),
    "delete": Command(nodes.delete, Syntax("[-v version] path", valued="v", least=1, most=2)),
    "deleteall": Command(nodes.delete_all, Syntax("path [-b batch size]", valued="b", least=1, most=1)),
    "delquota": Command(quota.del_quota, Syntax("[-n|-b|-N|-B] path", "nbNB", least=1, most=1, group="nbNB")),
    "get": Command(nodes.get, Syntax("[-s] [-w] path", "sw", least=1, most=2)),
    "getAcl": Command(acl.get_acl, Syntax("[-s] path", "s", least=1, most=1)),
    "getAllChildrenNumber": Command(nodes.get_all_children_number, Syntax("path", least=1, most=1)),
    "getEphemerals": Command(nodes.get_ephemerals, Syntax("path", most=1)),
    "help": Command(usage, offline=True, old=True),
    "history": Command(session.history, offline=True),
    "listquota": Command(quota.list_quota, Syntax("path", least=1, most=1)),
    "ls": Command(nodes.ls, Syntax("[-s] [-w] [-R] path", "swR", least=1, most=2)),
    "ls2": Command(nodes.ls2, Syntax("path [watch]", least=1, most=2), old=True),
    "printwatches": Command(watches.print_watches, Syntax("on|off", most=1), offline=True),
    "quit": Command(session.leave, offline=True),
    "reconfig": Command(session.not_offered, Syntax(RECONFIG, most=-1, free=True), offline=True),
    "redo": Command(redo, Syntax("cmdno", least=1, most=1), offline=True),
    "removewatches": Command(watches.remove_watches, Syntax("path [-c|-d|-a] [-l]", "cdal", least=1, most=1)),
    "rmr": Command(nodes.rmr, Syntax("path [-b batch size]", valued="b", least=1, most=1), old=True),
    "set": Command(nodes.set_data, Syntax("[-s] [-v version] path data", "s", "v", least=2, most=3)),
    "setAcl": Command(acl.set_acl, Syntax("[-s] [-v version] [-R] path acl", "sR", "v", least=2, most=2)),
    "setquota": Command(
        quota.set_quota,
        Syntax("-n|-b|-N|-B val path", valued="nbNB", least=1, most=1, group="nbNB", required=True),
    ),
    "stat": Command(nodes.stat, Syntax("[-w] path", "w", least=1, most=2)),
    "sync": Command(nodes.sync, Syntax("path", least=1, most=1)),
    "version": Command(session.version),
    "whoami": Command(acl.who_am_i),
}


async def run(zk: Zk, memory: ShellMemory, line: str) -> Outcome:
    """One line of the shell: what it prints is said, and the outcome is what remains of it."""
    shell = Shell(zk, memory)
    if line.strip():
        shell.typed(line)
        try:
            await execute(shell, line)
        except Refused as e:
            shell.say(*str(e).split("\n"))
        except ZooKeeperError as e:
            shell.say(error_text(e.code, e.path))
            if e.code == Code.SESSION_EXPIRED:
                shell.remember(closed=True)  # the event that tells of it is the client's own
    return Outcome(shell.memory, shell.action)


async def execute(shell: Shell, line: str) -> None:
    name, *rest = words(line)
    command = COMMANDS.get(name)
    if command is None:
        await usage(shell, Given({}, ()))
        raise Refused(f"Command not found: Command not found {name}")
    if shell.memory.closed and not command.offline:
        raise Refused("Not connected")
    given = parse(name, command.syntax, tuple(rest))
    if given.ignored and command.run is not watches.add_watch:
        shell.say(f"Ignored: {' '.join(given.ignored)}")
    await command.run(shell, given)


def prompt(memory: ShellMemory, server: str, connected: bool) -> str:
    """`[zk: n1(CONNECTED) 3] `"""
    state = "CLOSED" if memory.closed else "CONNECTED" if connected else "CONNECTING"
    return f"[zk: {server}({state}) {memory.count}] "
