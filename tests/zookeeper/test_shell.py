"""The shell's texts, row by row: zkCli's, except where it silently ignores what was meant."""

from datetime import UTC, datetime, timedelta

import pytest

from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import (
    Acl,
    Create,
    CreateContainer,
    CreateTtl,
    GetChildren,
    Operation,
    RemoveWatches,
)
from protocols.zookeeper.prepare import TreeOptions
from protocols.zookeeper.programs import Answered, Ask, AwaitEvent, Expired, Identity, Input, Sleep, advance
from protocols.zookeeper.shell import (
    COMMANDS,
    Close,
    Connect,
    ForgetWatches,
    Outcome,
    Quit,
    ShellMemory,
    complete,
    event_lines,
    prompt,
    run,
    state_lines,
)
from protocols.zookeeper.shell.parse import Refused, words
from protocols.zookeeper.shell.texts import date
from tests.zookeeper.play import Server

ME = Identity("c1", "n1", 0x100000000000001)
COMMONS = "org.apache.commons.cli."
OLD = " has been deprecated. Please use "


class Typing:
    """Somebody who types lines; an operation in `faults` is not executed but answered with that error."""

    def __init__(self) -> None:
        self.server = Server()
        self.memory = ShellMemory()
        self.faults: dict[type[Operation], Code] = {}
        self.asked: list[Operation] = []

    def type(self, line: str) -> list[str]:
        return self.outcome(line)[0]

    def outcome(self, line: str) -> tuple[list[str], Outcome]:
        self.asked = []
        inputs: tuple[Input, ...] = ()
        while True:
            progress = advance(run, (self.memory, line), ME, inputs)
            if progress.waits_for is None:
                break
            assert not isinstance(progress.waits_for, AwaitEvent | Sleep)
            assert isinstance(progress.waits_for, Ask)
            inputs += (self.answer(progress.waits_for.operation),)
        assert progress.error is None
        self.memory = progress.result.memory
        return list(progress.said), progress.result

    def answer(self, operation: Operation) -> Input:
        self.asked.append(operation)
        fault = self.faults.get(type(operation))
        if fault == Code.SESSION_EXPIRED:
            return Expired()
        return self.server.answer(ME.session, operation) if fault is None else Answered(fault)


@pytest.fixture
def shell() -> Typing:
    """With /g: a, b (data "hello"), an ephemeral e, p that may only be administered; and an empty /q."""
    typing = Typing()
    for line in (
        "create /g", "create /q", "create /g/a", "create /g/b hello", "create -e /g/e",
        "create /g/p x world:anyone:a",
    ):  # fmt: skip
        assert typing.type(line)[0].startswith("Created")
    return typing


ROWS = {
    # ZOOKEEPER.md, "Shell texts"
    "create /a": "Created /a",
    "create /g": "Node already exists: /g",
    "create /g/x/y": "Node does not exist: /g/x/y",
    "create /g/e/child": "Ephemerals cannot have children: /g/e/child",
    "create -e -c /x": "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.",
    "create -c -s /x": "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.",
    "create -e -t 100 /x": "TTLs cannot be used with Ephemeral znodes",
    "create -c -t 100 /x": "TTLs cannot be used with Container znodes",
    "create -t 0 /x": "ttl must be positive and cannot be larger than: 1099511627775",
    "create -t 1099511627776 /x": "ttl must be positive and cannot be larger than: 1099511627775",
    "create -t abc /x": "-t argument must be a long value",
    "create -q /x": f"{COMMONS}UnrecognizedOptionException: Unrecognized option: -q",
    "create -t": f"{COMMONS}MissingArgumentException: Missing argument for option: t",
    "set /g/a -5": f"{COMMONS}UnrecognizedOptionException: Unrecognized option: -5",
    "set -v 7 /g/a x": "version No is not valid : /g/a",
    "delete -v 7 /g/a": "version No is not valid : /g/a",
    "setAcl -v 7 /g/a world:anyone:r": "version No is not valid : /g/a",
    "delete /g": "Node not empty: /g",
    "delete /": "Arguments are not valid : /",
    "get /g/p": "Insufficient permission : /g/p",
    "setAcl /g/p wrld:anyone:r": "Acl is not valid : /g/p",
    "create /g/z x bad": "bad does not have the form scheme:id:perm\nAcl is not valid : /g/z",
    "ls a": "Path must start with / character",
    "ls /a/": "Path must not end with / character",
    "get //": "Path must not end with / character",
    "get /a/../b": 'Invalid path string "/a/../b" caused by relative paths not allowed @4',
    "stat /g//h": 'Invalid path string "/g//h" caused by empty node name specified @3',
    "set /g/a": "set [-s] [-v version] path data",
    "get": "get [-s] [-w] path",
    "ls": "ls [-s] [-w] [-R] path",
    "delete": "delete [-v version] path",
    "setAcl /g": "setAcl [-s] [-v version] [-R] path acl",
    "sync /nowhere": "Sync is OK",
    "redo 9999": "Command index out of range",
    "removewatches /g/a": "KeeperErrorCode = No such watcher for /g/a",
    "getAcl /": "'world,'anyone\n: cdrwa",
    # Silent successes
    "set /g/a x": "",
    "set -v 0 /g/a x": "",
    "setAcl /g/a world:anyone:r": "",
    "setAcl -R /q world:anyone:cdrwa": "",
    "delete /g/a": "",
    "deleteall /q": "",
    "deleteall -b 1 /q": "",
    "addauth digest alice:secret": "",
    "addWatch /g": "",
    "addWatch -m persistent /g/nowhere": "",
    # What is there
    "ls /": "[g, q, zookeeper]",
    "ls /g": "[a, b, e, p]",
    "ls -R /g": "/g\n/g/a\n/g/b\n/g/e\n/g/p\nInsufficient permission : /g/p",
    "ls /nowhere": "Node does not exist: /nowhere",
    "ls -R /nowhere": "Node does not exist: /nowhere",
    "stat /nowhere": "Node does not exist: /nowhere",
    "get /g/a": "null",
    "get /g/b": "hello",
    "create -s /q/": "Created /q/0000000000",
    "create -s -e /q/n-": "Created /q/n-0000000000",
    "create -se /q/n-": "Created /q/n-0000000000",
    "create -c /box": "Created /box",
    "create -t 5000 -s /q/t": "Created /q/t0000000000",
    "getEphemerals": "[/g/e]",
    "getEphemerals /q": "[]",
    "getAllChildrenNumber /g": "4",
    "getAllChildrenNumber": "getAllChildrenNumber path",
    "whoami": "Auth scheme: User\nip: 127.0.0.1",
    "deleteall /nowhere": "Node does not exist: /nowhere",
    "deleteall /": "Insufficient permission : /g/p",
    "deleteall /zookeeper": "Failed to delete some node(s) in the subtree!",
    "deleteall -b x /q": "-b argument must be an int value",
    "addWatch -m sometimes /g": "addWatch [-m mode] path # optional mode is one of "
    "[PERSISTENT, PERSISTENT_RECURSIVE] - default is PERSISTENT_RECURSIVE",
    # Old forms
    "ls /q watch": f"'ls path [watch]'{OLD}'ls [-w] path' instead.\n[]",
    "get /g/b watch": f"'get path [watch]'{OLD}'get [-s] [-w] path' instead.\nhello",
    "set /g/a x 0": "zkCli ignores the version 0 here; this shell heeds it. "
    "Please use 'set [-v version] path data' instead.",
    "set /g/a x 3": "zkCli ignores the version 3 here; this shell heeds it. "
    "Please use 'set [-v version] path data' instead.\nversion No is not valid : /g/a",
    "set /g/a hello world": "'world' is not a version. "
    "Data with spaces in it goes in quotes: set path 'some data'",
    "delete /g/a 99": f"'delete path [version]'{OLD}'delete [-v version] path' instead.\n"
    "zkCli ignores the version 99 here; this shell heeds it.\nversion No is not valid : /g/a",
    "rmr /q": f"The command 'rmr'{OLD}'deleteall' instead.",
    # What zkCli swallows, or dies of
    "set -v x /g/a y": "-v argument must be an int value",
    "set -v 99999999999 /g/a y": "-v argument must be an int value",
    "redo x": "redo: 'x' is not a number of the history",
    "redo": "redo cmdno",
    "setAcl /q world:anyone:z": "Unknown perm type: z\nAcl is not valid : /q",
    "setAcl /q world:anyone:r,bad": "bad does not have the form scheme:id:perm\nAcl is not valid : /q",
    "get /g/b x y z": "Ignored: y z\n'get path [watch]' has been deprecated. "
    "Please use 'get [-s] [-w] path' instead.\nhello",
    'set /g/a "x': 'Unbalanced quote: "x',
    "printwatches maybe": "printwatches on|off",
    "reconfig -add x": "Not offered: the members of this ensemble are fixed when it is set up.",
    "config": "Not offered: the members of this ensemble are fixed when it is set up.",
    # Quotas
    "setquota -n 5 /nowhere": "/nowhere does not exist.",
    "setquota -n 0 /g": "the num quota must be greater than zero",
    "setquota -b -1 /g": "the bytes quota must be greater than or equal to zero",
    "setquota -n x /g": "NumberFormatException happens when parsing the option value",
    "setquota -n 5 /zookeeper/quota/x": "cannot set a quota under the path: /zookeeper/quota",
    "setquota /g": f"{COMMONS}MissingOptionException: Missing required option: [-n num soft quota, "
    "-b bytes soft quota, -N num hard quota, -B bytes hard quota]",
    "setquota -n 1 -b 1 /g": f"{COMMONS}AlreadySelectedException: The option 'b' was specified but an option "
    "from this group has already been selected: 'n'",
    "setquota -n 2 /g": "[Warning]: the count quota you create is less than the existing count:5",
    "listquota /g": "absolute path is /zookeeper/quota/g/zookeeper_limits\nquota for /g does not exist.",
    "delquota /g": "Quota does not exist for /g",
}


@pytest.mark.parametrize("line", ROWS)
def test_a_line_says_what_zkcli_says(shell: Typing, line: str) -> None:
    assert "\n".join(shell.type(line)) == ROWS[line]


def test_what_was_refused_has_not_been_asked(shell: Typing) -> None:
    for line, said in ROWS.items():
        if "Invalid path" in said or COMMONS in said or "does not have the form" in said:
            shell.type(line)
            assert shell.asked == []


def test_old_forms_do_what_was_meant(shell: Typing) -> None:
    shell.type("set /g/a x 0")
    shell.type("set /g/a y 0")
    assert shell.type("get /g/a") == ["x"]
    shell.type("delete /g/a 0")
    assert "a" in shell.server.tree.children("/g")
    shell.type("delete /g/a 1")
    assert "a" not in shell.server.tree.children("/g")
    shell.type("ls -s /g watch")
    shell.type("get /g/b true")
    shell.type("stat /g/nowhere watch")
    assert shell.server.watches.of(ME.session) == (("/g", "child"), ("/g/b", "data"), ("/g/nowhere", "data"))
    assert shell.type("ls2 /q")[:2] == [f"'ls2'{OLD}'ls [-s] path' instead.", "[]"]


def test_a_stat_is_printed_as_zkcli_does(shell: Typing) -> None:
    shell.server.now_ms = 1767225600000
    shell.type("set /g/b 世界")
    zxid = shell.server.zxid
    assert shell.type("get -s /g/b") == [
        "世界",
        "cZxid = 0x100000004",
        "ctime = Thu Jan 01 00:00:00 UTC 1970",
        f"mZxid = {hex(zxid)}",
        "mtime = Thu Jan 01 00:00:00 UTC 2026",
        "pZxid = 0x100000004",
        "cversion = 0",
        "dataVersion = 1",
        "aclVersion = 0",
        "ephemeralOwner = 0x0",
        "dataLength = 6",
        "numChildren = 0",
    ]
    assert "ephemeralOwner = 0x100000000000001" in shell.type("stat /g/e")
    assert "dataVersion = 2" in shell.type("set -s /g/b x")
    assert shell.type("ls -s /q")[0] == "[]"
    assert shell.type("ls -s /q")[1:] == shell.type("stat /q")


def test_dates_are_the_calendars() -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    for days in range(-700_000, 2_900_000, 397):
        moment = start + timedelta(days=days, seconds=days % 86_400)
        millis = int((moment - start).total_seconds()) * 1000
        assert date(millis) == moment.strftime("%a %b %d %H:%M:%S UTC ") + str(moment.year)


def test_trees_are_listed_brothers_first_and_deleted_leaves_first(shell: Typing) -> None:
    for path in ("/q/a", "/q/a/x", "/q/a/x/1", "/q/b", "/q/b/y"):
        shell.type(f"create {path}")
    assert shell.type("ls -R /q") == ["/q", "/q/a", "/q/b", "/q/a/x", "/q/a/x/1", "/q/b/y"]
    shell.type("addWatch /q")
    shell.type("deleteall /q -b 2")
    deleted = [event.path for _, event in shell.server.events]
    assert deleted == ["/q/a/x/1", "/q/b/y", "/q/a/x", "/q/b", "/q/a", "/q"]


def test_acls_come_and_go_in_zkclis_notation(shell: Typing) -> None:
    shell.type("addauth digest alice:secret")
    assert shell.type("whoami") == ["Auth scheme: User", "ip: 127.0.0.1", "digest: alice"]
    assert shell.type("setAcl -R /q auth:alice:cdrwa,ip:10.0.0.0/8:r") == []
    acl = shell.type("getAcl -s /q")
    assert acl[0].startswith("'digest,'alice:")
    assert acl[1:4] == [": cdrwa", "'ip,'10.0.0.0/8", ": r"]
    assert acl[4].startswith("cZxid")
    shell.type("create /d x digest:bob:abc=:rw")
    assert shell.server.tree["/d"].acl == (Acl(3, "digest", "bob:abc="),)


def test_setting_acls_below_goes_on_where_one_is_refused(shell: Typing) -> None:
    shell.type("setAcl /g/p world:anyone:r")
    assert shell.type("setAcl -R /g world:anyone:ra") == ["KeeperErrorCode = NoAuth for /g/p"]
    assert shell.type("getAcl /g/e") == ["'world,'anyone", ": ra"]


def test_quotas_are_set_shown_changed_and_taken_away(shell: Typing) -> None:
    assert shell.type("setquota -n 9 /g") == []
    assert shell.type("setquota -b 100 /g") == []
    limits = "/zookeeper/quota/g/zookeeper_limits"
    assert shell.type("listquota /g") == [
        f"absolute path is {limits}",
        "Output quota for /g count=9,bytes=100",
        "Output stat for /g count=5,bytes=6",
    ]
    shell.type("create /g/q")
    assert shell.type("setquota -n 1 /g/q") == ["/g/q has a parent /g which has a quota"]
    shell.type("setquota -N 9 /g")
    assert "countHardLimit=9" in shell.type("listquota /g")[1]
    shell.type("delquota -N /g")
    shell.type("delquota -b /g")
    assert shell.type("listquota /g")[1] == "Output quota for /g count=9,bytes=-1"
    assert shell.type("delquota /g") == []
    assert shell.server.tree.children("/zookeeper/quota") == ()
    shell.type("create /g/q/1")
    shell.type("setquota -n 5 /g/q/1")
    assert shell.type("setquota -n 5 /g/q") == ["/g/q has a child /g/q/1 which has a quota"]


def test_a_hard_quota_is_enforced_where_the_server_does(shell: Typing) -> None:
    shell.server.options = TreeOptions(enforce_quota=True)
    shell.type("setquota -N 5 /g")
    assert shell.type("create /g/more") == ["Quota has exceeded : /g/more"]


def test_watches_are_removed_by_kind(shell: Typing) -> None:
    for line in ("ls -w /g", "get -w /g/b", "addWatch -m PERSISTENT /q", "ls -R -w /q"):
        shell.type(line)
    assert shell.type("removewatches /g -d") == ["KeeperErrorCode = No such watcher for /g"]
    assert shell.type("removewatches /g -c") == []
    assert shell.type("removewatches /g/b") == []
    assert shell.type("removewatches /q -a") == []
    assert shell.server.watches.of(ME.session) == ()


def test_without_a_server_watches_can_be_dropped_locally(shell: Typing) -> None:
    shell.faults = {RemoveWatches: Code.CONNECTION_LOSS}
    assert shell.type("removewatches /g") == ["KeeperErrorCode = ConnectionLoss for /g"]
    said, outcome = shell.outcome("removewatches /g -d -l")
    assert (said, outcome.action) == ([], ForgetWatches("/g", 2))


def test_events_are_printed_as_zkcli_does() -> None:
    assert event_lines(1, "/a") == (
        "",
        "WATCHER::",
        "",
        "WatchedEvent state:SyncConnected type:NodeCreated path:/a",
    )
    assert event_lines(5, "/a")[3].endswith("type:DataWatchRemoved path:/a")
    assert state_lines("Disconnected")[3] == "WatchedEvent state:Disconnected type:None path:null"


def test_history_keeps_eleven_in_sight_and_more_to_redo(shell: Typing) -> None:
    shell.memory = ShellMemory()
    shell.type("create /r 1")
    for _ in range(14):
        shell.type("ls /")
    assert shell.type("history") == [f"{n} - ls /" for n in range(5, 15)] + ["15 - history"]
    shell.type("delete /r")
    assert shell.type("redo 0") == ["Created /r"]
    assert shell.memory.line(17) == "create /r 1", "the history shows what was done again"
    assert shell.type("redo 18") == ["Command index out of range"], "this one itself"
    assert shell.type("redo 18") == ["No redoing redos"]
    assert shell.type("   ") == []
    assert prompt(shell.memory, "n1", True) == "[zk: n1(CONNECTED) 20] "
    assert prompt(shell.memory, "n1", False) == "[zk: n1(CONNECTING) 20] "


def test_printing_watches_is_remembered(shell: Typing) -> None:
    assert shell.type("printwatches") == ["printwatches is on"]
    assert shell.type("printwatches off") == []
    assert shell.type("printwatches") == ["printwatches is off"]
    assert not shell.memory.print_watches


def test_a_session_is_moved_closed_and_begun_again(shell: Typing) -> None:
    said, outcome = shell.outcome("connect n3:2181")
    assert outcome.action == Connect("n3")
    assert said == ["Moving session 0x100000000000001 to n3 (zkCli ends the session and begins another)"]
    said, outcome = shell.outcome("close")
    assert outcome.action == Close()
    assert said == list(state_lines("Closed"))
    assert prompt(shell.memory, "n1", False).startswith("[zk: n1(CLOSED) ")
    assert shell.type("ls /") == shell.type("close") == shell.type("version") == ["Not connected"]
    assert shell.type("history")[-1].endswith("history")
    said, outcome = shell.outcome("connect")
    assert (said, outcome.action) == (["Connecting to n1"], Connect(None))
    assert shell.type("ls /") != ["Not connected"]
    assert shell.outcome("quit")[1].action == Quit()


def test_a_refused_credential_ends_the_session(shell: Typing) -> None:
    assert shell.type("addauth nonsense x") == list(state_lines("AuthFailed"))
    assert shell.type("ls /") == ["Not connected"]


def test_what_the_network_does_is_told(shell: Typing) -> None:
    shell.faults = {GetChildren: Code.CONNECTION_LOSS}
    assert shell.type("ls /") == ["KeeperErrorCode = ConnectionLoss for /"]
    shell.faults = {GetChildren: Code.SESSION_EXPIRED}
    assert shell.type("ls /") == ["KeeperErrorCode = Session expired"]
    assert shell.type("ls /") == ["Not connected"]


def test_help_is_the_usage_and_so_is_what_is_not_known(shell: Typing) -> None:
    usage = shell.type("help")
    assert usage[0].startswith("ZooKeeper -server host:port")
    assert usage[1:] == sorted(usage[1:])
    assert "\tset [-s] [-v version] path data" in usage
    assert [line.split()[0] for line in usage[1:]] == sorted({*COMMANDS} - {"help", "ls2", "rmr"})
    assert shell.type("halp me") == [*usage, "Command not found: Command not found halp"]


def test_words_are_zkclis() -> None:
    assert words("""set "/a b" 'x "y" z' """) == ("set", "/a b", 'x "y" z')
    assert words("set /a it's") == ("set", "/a", "it's")
    assert words('create /a ""') == ("create", "/a", "")
    assert words("set  /a\tx\\ny") == ("set", "/a", "x\\ny"), "there are no escapes"
    assert words('set /a {"k":1}') == ("set", "/a", '{"k":1}')
    with pytest.raises(Refused):
        words("set /a 'x")


def test_data_is_utf_8_and_what_is_not_shows(shell: Typing) -> None:
    shell.type("create /u '你好 ZooKeeper'")
    assert shell.type("get /u") == ["你好 ZooKeeper"]
    shell.server.answer(1, Create("/bad", b"a\xffb\nc", (Acl(31, "world", "anyone"),)))
    assert shell.type("get /bad") == ["a\ufffdb", "c"]
    shell.type("create /empty ''")
    assert (shell.type("get /empty"), shell.server.tree["/empty"].data) == ([""], b"")


def test_the_kind_of_znode_is_asked_for(shell: Typing) -> None:
    def asked(line: str) -> Operation:
        shell.type(line)
        (operation,) = shell.asked
        return operation

    assert isinstance(asked("create -c /c1 x"), CreateContainer)
    ttl = asked("create /t1 x -t 4000")
    assert isinstance(ttl, CreateTtl)
    assert (ttl.ttl, ttl.flags, ttl.data) == (4000, 5, b"x")
    plain = asked("create /p1")
    assert isinstance(plain, Create)
    assert (plain.data, plain.flags) == (None, 0)


def test_lines_are_completed() -> None:
    known = {"/": ["zookeeper", "zk", "a"], "/zk": ["one", "two"]}

    def children_of(path: str) -> list[str]:
        return known.get(path, [])

    assert complete("de", children_of) == ("delete", "deleteall", "delquota")
    assert complete("ls -", children_of) == ("-R", "-s", "-w")
    assert complete("ls -s -", children_of) == ("-R", "-w")
    assert complete("ls /z", children_of) == ("/zk", "/zookeeper")
    assert complete("get -s /zk/", children_of) == ("/zk/one", "/zk/two")
    assert complete("get /nowhere/x", children_of) == ()
    assert complete("printwatches o", children_of) == ("off", "on")
    assert complete("addWatch -m persistent_", children_of) == ("PERSISTENT_RECURSIVE",)
    assert complete("nothing -", children_of) == ()
    assert set(complete("", children_of)) == set(COMMANDS)
