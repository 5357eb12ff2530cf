"""What must outlive the process: numbered writes, group commit, a disk that refuses, unusable files."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.storage import sqlite
from app.storage.file import OURS, CannotKeep, connect, migrations
from app.storage.sqlite import Sqlite

pytestmark = pytest.mark.anyio
PUT = "INSERT INTO secrets (name, value) VALUES (?, ?)"


@asynccontextmanager
async def opened(path: Path | str) -> AsyncIterator[Sqlite]:
    db = Sqlite(str(path))
    await db.open()
    try:
        yield db
    finally:
        await db.close()


async def test_what_is_written_is_there_after_the_process(tmp_path: Path) -> None:
    path = tmp_path / "below" / "q.db"
    async with opened(path) as db:
        assert db.keeps
        number = db.write(PUT, "a", "1")
        assert db.safe < number, "it is not waited for"
        assert await db.until_safe(number)
        assert db.safe >= number
        db.write(PUT, "b", "2")
    async with opened(path) as db:
        assert await db.read("SELECT name, value FROM secrets ORDER BY name") == [("a", "1"), ("b", "2")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_what_comes_together_is_written_in_one_transaction(tmp_path: Path) -> None:
    async with opened(tmp_path / "q.db") as db:
        heard: list[int] = []
        db.listen(lambda: heard.append(db.safe))
        last = [db.write(PUT, f"{n}", "x") for n in range(500)][-1]
        await db.until_safe(last)
        assert db.commits == 1
        assert heard == [500]
        assert await db.read("SELECT count(*) FROM secrets") == [(500,)]


async def test_a_reader_sees_what_was_asked_for_before_it() -> None:
    async with opened(":memory:") as db:
        assert not db.keeps
        db.write(PUT, "a", "1")
        assert await db.read("SELECT value FROM secrets WHERE name = ?", "a") == [("1",)]


async def test_a_reader_who_gives_up_takes_nobody_elses_write_along(tmp_path: Path) -> None:
    async with opened(tmp_path / "q.db") as db:
        for n in range(50):
            db.write(PUT, f"{n}", "x")
            reading = asyncio.create_task(db.read("SELECT 1"))
            for _ in range(n % 5):
                await asyncio.sleep(0)
            reading.cancel()
        assert await db.read("SELECT count(*) FROM secrets") == [(50,)]


async def test_a_wrong_write_costs_nobody_else_his(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(tmp_path / "q.db") as db:
        db.write(PUT, "a", "1")
        db.write(PUT, "a", "twice")
        db.write("INSERT INTO nowhere VALUES (1)")
        assert await db.until_safe(db.write(PUT, "b", "2"))
        assert await db.read("SELECT name, value FROM secrets ORDER BY name") == [("a", "1"), ("b", "2")]
    assert "UNIQUE constraint" in caplog.text
    assert "no such table: nowhere" in caplog.text


async def test_on_a_full_disk_it_goes_on_and_nothing_is_lost_when_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sqlite, "AGAIN", 0.01)
    async with opened(tmp_path / "q.db") as db:
        assert await db.until_safe(db.write(PUT, "a", "1"))
        ((pages,),) = await db.read("PRAGMA page_count")
        await db.read(f"PRAGMA max_page_count = {pages}")
        assert not await db.until_safe(db.write(PUT, "b", "2" * 50_000)), "told that it is not kept"
        assert db.trouble == "What happens here cannot be kept now: the disk is full."
        assert not await db.until_safe(db.write(PUT, "c", "3"))
        assert caplog.text.count("the disk is full") == 1, "said once"
        await db._db.execute("PRAGMA max_page_count = 100000")
        for _ in range(500):
            if not db.trouble:
                break
            await asyncio.sleep(0.01)
        assert await db.until_safe(db.write(PUT, "d", "4"))
        assert await db.read("SELECT name FROM secrets ORDER BY name") == [("a",), ("b",), ("c",), ("d",)]


async def test_when_too_much_is_owed_what_is_kept_stays_a_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "AGAIN", 0.01)
    monkeypatch.setattr(sqlite, "MOST_OWED", 10)
    async with opened(tmp_path / "q.db") as db:
        ((pages,),) = await db.read("PRAGMA page_count")
        await db.read(f"PRAGMA max_page_count = {pages}")
        for n in range(20):
            db.write(PUT, f"{n}", "x" * 50_000)
        assert not await db.until_safe(db.written)
        await db._db.execute("PRAGMA max_page_count = 100000")
        assert not await db.until_safe(db.write(PUT, "later", "x")), "not without what was before it"
    async with opened(tmp_path / "q.db") as db:
        assert await db.read("SELECT count(*) FROM secrets") == [(0,)]


# -- killed --------------------------------------------------------------------------------------------------

WRITER = """
import asyncio, sys
from app.storage.sqlite import Sqlite
async def main():
    db = Sqlite(sys.argv[1])
    await db.open()
    async def one(k):
        n = 0
        while True:
            n += 1
            await db.until_safe(db.write("INSERT INTO secrets (name, value) VALUES (?, ?)", f"{k}-{n}", "x"))
            print(f"{k}-{n}", flush=True)
    await asyncio.gather(*(one(k) for k in range(20)))
asyncio.run(main())
"""


def test_whatever_was_acknowledged_is_there_after_sigkill(tmp_path: Path) -> None:
    path = tmp_path / "q.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline().strip() for _ in range(400)]
        os.kill(writer.pid, signal.SIGKILL)
        said += [line.strip() for line in writer.stdout.read().splitlines(keepends=True) if line[-1] == "\n"]
    db = connect(str(path))
    there = {name for (name,) in db.execute("SELECT name FROM secrets")}
    db.close()
    assert len(said) >= 400
    assert not set(said) - there


# -- files that cannot be used -------------------------------------------------------------------------------


def refused(path: Path) -> CannotKeep:
    with pytest.raises(CannotKeep) as caught:
        connect(str(path))
    sentence = str(caught.value)
    assert str(path) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return caught.value


@pytest.mark.parametrize(
    "content", [b"not a database, but somebody's notes\n" * 100, b"SQLite format 3\0" + b"\7" * 5000]
)
def test_a_damaged_file_is_refused_and_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "q.db"
    path.write_bytes(content)
    error = refused(path)
    assert "is damaged, or no database at all: nothing in it was touched" in str(error)
    assert not error.passing
    assert path.read_bytes() == content


def test_a_torn_page_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "q.db"
    db = connect(str(path))
    db.executemany(PUT, [(f"{n}", "x" * 500) for n in range(200)])
    db.close()
    data = bytearray(path.read_bytes())
    data[-20_000:-12_000] = b"\xff" * 8_000
    path.write_bytes(data)
    assert "is damaged" in str(refused(path))


def test_the_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "q.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name)")
    other.close()
    before = path.read_bytes()
    error = refused(path)
    assert "is the database of another program" in str(error)
    assert not error.passing
    assert path.read_bytes() == before


def test_a_newer_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "q.db"
    connect(str(path)).close()
    with sqlite3.connect(path) as later:
        later.execute("PRAGMA user_version = 99")
    later.close()
    before = path.read_bytes()
    error = refused(path)
    assert "was written by a newer Quorumscope (its tables are of version 99" in str(error)
    assert not error.passing
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for path, why in (
        (tmp_path / "file" / "q.db", "file exists"),
        (tmp_path / "folder", "may not be opened"),
    ):
        error = refused(path)
        assert why in str(error)
        assert error.passing


def test_a_second_server_is_told_of_the_first(tmp_path: Path) -> None:
    first = connect(str(tmp_path / "q.db"))
    try:
        error = refused(tmp_path / "q.db")
    finally:
        first.close()
    assert "another server uses it" in str(error)
    assert error.passing
    connect(str(tmp_path / "q.db")).close()


# -- migrations ----------------------------------------------------------------------------------------------


def test_a_file_of_any_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    fresh = connect(":memory:")
    schema = "SELECT name, sql FROM sqlite_schema ORDER BY name"
    wanted = fresh.execute(schema).fetchall()
    fresh.close()
    for number in range(1, len(migrations())):
        path = tmp_path / f"{number}.db"
        old = sqlite3.connect(path, isolation_level=None)
        for script in migrations()[:number]:
            old.executescript(script)
        old.execute(f"PRAGMA user_version = {number}")
        old.execute(f"PRAGMA application_id = {OURS}")
        old.close()
        now = connect(str(path))
        assert now.execute(schema).fetchall() == wanted
        now.close()


def test_a_migration_that_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "q.db"
    connect(str(path)).close()
    broken = (*migrations(), "CREATE TABLE half (x); CREATE TABLE half (x)")
    monkeypatch.setattr("app.storage.file.migrations", lambda: broken)
    assert "table half already exists" in str(refused(path))
    monkeypatch.undo()
    db = connect(str(path))
    assert not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'half'").fetchall()
    db.close()
