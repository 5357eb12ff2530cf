"""What the shell prints: zkCli's words for errors, stats and events."""

from __future__ import annotations

from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import ADMIN, CREATE, DELETE, READ, WRITE, Acl, Stat

TOLD = {
    Code.NO_NODE: "Node does not exist: {path}",
    Code.NO_CHILDREN_FOR_EPHEMERALS: "Ephemerals cannot have children: {path}",
    Code.NODE_EXISTS: "Node already exists: {path}",
    Code.NOT_EMPTY: "Node not empty: {path}",
    Code.INVALID_ACL: "Acl is not valid : {path}",
    Code.NO_AUTH: "Insufficient permission : {path}",
    Code.BAD_ARGUMENTS: "Arguments are not valid : {path}",
    Code.BAD_VERSION: "version No is not valid : {path}",
    Code.QUOTA_EXCEEDED: "Quota has exceeded : {path}",
}
"""Errors that the shell has a sentence for; the others go by their names."""

NAMES = {
    Code.RUNTIME_INCONSISTENCY: "RuntimeInconsistency",
    Code.CONNECTION_LOSS: "ConnectionLoss",
    Code.MARSHALLING_ERROR: "MarshallingError",
    Code.UNIMPLEMENTED: "Unimplemented",
    Code.BAD_ARGUMENTS: "BadArguments",
    Code.NO_NODE: "NoNode",
    Code.NO_AUTH: "NoAuth",
    Code.BAD_VERSION: "BadVersion",
    Code.NO_CHILDREN_FOR_EPHEMERALS: "NoChildrenForEphemerals",
    Code.NODE_EXISTS: "NodeExists",
    Code.NOT_EMPTY: "Directory not empty",
    Code.SESSION_EXPIRED: "Session expired",
    Code.INVALID_ACL: "InvalidACL",
    Code.AUTH_FAILED: "AuthFailed",
    Code.SESSION_MOVED: "Session moved",
    Code.NO_WATCHER: "No such watcher",
    Code.QUOTA_EXCEEDED: "Quota has exceeded",
}

EVENTS = {
    1: "NodeCreated",
    2: "NodeDeleted",
    3: "NodeDataChanged",
    4: "NodeChildrenChanged",
    5: "DataWatchRemoved",
    6: "ChildWatchRemoved",
    7: "PersistentWatchRemoved",
}

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def keeper_error(code: Code, path: str) -> str:
    """As `KeeperException` puts it."""
    return f"KeeperErrorCode = {NAMES.get(code, code.name)}{f' for {path}' if path else ''}"


def error_text(code: Code, path: str) -> str:
    return TOLD[code].format(path=path) if code in TOLD else keeper_error(code, path)


def date(millis: int) -> str:
    """`Thu Jan 01 00:00:00 UTC 1970`"""
    days, second = divmod(millis // 1000, 86_400)
    year, month, day = civil(days)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f"{DAYS[(days + 3) % 7]} {MONTHS[month - 1]} {day:02} {clock} UTC {year}"


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day, so many days after 1970-01-01. Years begin in March here, so that the day that a
    leap year has more is its last one."""
    era, day = divmod(days + 719_468, 146_097)  # since 0000-03-01, in eras of 400 years
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    month += 3 if month < 10 else -9
    return 400 * era + year + (month <= 2), month, day + 1


def hexadecimal(number: int) -> str:
    return hex(number % (1 << 64))


def stat_lines(stat: Stat) -> tuple[str, ...]:
    return (
        f"cZxid = {hexadecimal(stat.czxid)}",
        f"ctime = {date(stat.ctime)}",
        f"mZxid = {hexadecimal(stat.mzxid)}",
        f"mtime = {date(stat.mtime)}",
        f"pZxid = {hexadecimal(stat.pzxid)}",
        f"cversion = {stat.cversion}",
        f"dataVersion = {stat.version}",
        f"aclVersion = {stat.aversion}",
        f"ephemeralOwner = {hexadecimal(stat.ephemeral_owner)}",
        f"dataLength = {stat.data_length}",
        f"numChildren = {stat.num_children}",
    )


def acl_lines(acl: tuple[Acl, ...]) -> tuple[str, ...]:
    lines: list[str] = []
    for entry in acl:
        lines += [f"'{entry.scheme},'{entry.id}", f": {perms_text(entry.perms)}"]
    return tuple(lines)


def perms_text(perms: int) -> str:
    letters = (("c", CREATE), ("d", DELETE), ("r", READ), ("w", WRITE), ("a", ADMIN))
    return "".join(letter for letter, bit in letters if perms & bit)


def data_lines(data: bytes | None) -> tuple[str, ...]:
    """UTF-8; what is not, shows as U+FFFD."""
    return ("null",) if data is None else tuple(data.decode(errors="replace").split("\n"))


def listed(names: tuple[str, ...]) -> str:
    return f"[{', '.join(names)}]"


def event_lines(event: int, path: str) -> tuple[str, ...]:
    """A watch has fired, or was removed."""
    return watcher(f"WatchedEvent state:SyncConnected type:{EVENTS[event]} path:{path}")


def state_lines(state: str) -> tuple[str, ...]:
    """What a session's watcher is told: SyncConnected, Disconnected, Expired, AuthFailed or Closed."""
    return watcher(f"WatchedEvent state:{state} type:None path:null")


def watcher(text: str) -> tuple[str, ...]:
    return "", "WATCHER::", "", text
