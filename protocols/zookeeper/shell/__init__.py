"""ZooKeeper's shell, zkCli: a line typed is a program (`run`) that is given what the shell remembers.

Where the real shell silently ignores something, this one does what was meant, or nothing, and says so.
"""

from protocols.zookeeper.shell.commands import COMMANDS, prompt, run
from protocols.zookeeper.shell.completion import complete
from protocols.zookeeper.shell.memory import (
    Action,
    Close,
    Connect,
    ForgetWatches,
    Outcome,
    Quit,
    ShellMemory,
)
from protocols.zookeeper.shell.texts import event_lines, state_lines

__all__ = [
    "COMMANDS",
    "Action",
    "Close",
    "Connect",
    "ForgetWatches",
    "Outcome",
    "Quit",
    "ShellMemory",
    "complete",
    "event_lines",
    "prompt",
    "run",
    "state_lines",
]
