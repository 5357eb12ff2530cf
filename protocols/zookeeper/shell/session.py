"""Commands for the session and the shell itself: connect, close, quit, history, version, and what is not
offered. (`help` and `redo` need the table of all commands: commands.py.)"""

from __future__ import annotations

from protocols.zookeeper.shell.memory import Close, Connect, Quit, Shell
from protocols.zookeeper.shell.parse import Given, Refused
from protocols.zookeeper.shell.texts import hexadecimal, state_lines


async def connect(shell: Shell, given: Given) -> None:
    """zkCli would end the session and begin another; here it moves, with its ephemerals and watches."""
    server = given.words[0].partition(":")[0] if given.words else None
    there = server or shell.zk.server
    if shell.memory.closed or not shell.zk.session:
        shell.say(f"Connecting to {there}")
    else:
        session = hexadecimal(shell.zk.session)
        shell.say(f"Moving session {session} to {there} (zkCli ends the session and begins another)")
    shell.remember(closed=False)
    shell.action = Connect(server)


async def close(shell: Shell, given: Given) -> None:
    shell.closed(*state_lines("Closed"))
    shell.action = Close()


async def leave(shell: Shell, given: Given) -> None:
    if not shell.memory.closed:
        shell.closed(*state_lines("Closed"))
    shell.action = Quit()


async def history(shell: Shell, given: Given) -> None:
    """The latest eleven, this one included."""
    for number in range(max(0, shell.memory.count - 11), shell.memory.count):
        shell.say(f"{number} - {shell.memory.line(number)}")


async def version(shell: Shell, given: Given) -> None:
    shell.say("ZooKeeper CLI version: 3.8, as spoken by Quorumscope")


async def not_offered(shell: Shell, given: Given) -> None:
    raise Refused("Not offered: the members of this ensemble are fixed when it is set up.")
