"""Commands for watches: addWatch, removewatches, printwatches."""

from __future__ import annotations

from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.shell.memory import ForgetWatches, Shell
from protocols.zookeeper.shell.parse import Given, Refused, checked

MODES = ("PERSISTENT", "PERSISTENT_RECURSIVE")
ADD_WATCH = f"[-m mode] path # optional mode is one of [{', '.join(MODES)}] - default is {MODES[1]}"
CHILDREN, DATA, ANY = 1, 2, 3


async def add_watch(shell: Shell, given: Given) -> None:
    mode = given.options.get("m", MODES[1]).upper()
    if given.ignored or mode not in MODES:
        raise Refused(f"addWatch {ADD_WATCH}")
    await shell.zk.add_watch(checked(given.words[0]), recursive=mode == MODES[1])


async def remove_watches(shell: Shell, given: Given) -> None:
    """The events that tell of it are the client's own: it knows which watches there were."""
    path = checked(given.words[0])
    kind = CHILDREN if "c" in given.options else DATA if "d" in given.options else ANY
    try:
        await shell.zk.remove_watches(path, kind)
    except ZooKeeperError as e:
        if e.code != Code.CONNECTION_LOSS or "l" not in given.options:
            raise
        shell.action = ForgetWatches(path, kind)


async def print_watches(shell: Shell, given: Given) -> None:
    if not given.words:
        shell.say(f"printwatches is {'on' if shell.memory.print_watches else 'off'}")
    elif given.words[0] in ("on", "off"):
        shell.remember(print_watches=given.words[0] == "on")
    else:
        raise Refused("printwatches on|off")
