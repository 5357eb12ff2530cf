"""The SQLite file: made, checked, brought up to date, and refused in one sentence when it cannot be used."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from functools import lru_cache
from pathlib import Path
from secrets import token_urlsafe

MEMORY = ":memory:"
OURS = 0x51534350
"""SQLite's `application_id` of our files: QSCP."""
MIGRATIONS = Path(__file__).parent / "migrations"
ELSEWHERE = "Name another file with QUORUMSCOPE_DATABASE, or :memory: to keep nothing."


class CannotKeep(Exception):
    """One sentence that says why the file cannot be used. With `passing`, it holds no data of ours that could
    come to harm: a server that was not told to use this very file may go on without."""

    def __init__(self, sentence: str, passing: bool) -> None:
        super().__init__(sentence)
        self.passing = passing


def connect(path: str) -> sqlite3.Connection:
    """The file, ready for use by this server alone. Raises CannotKeep."""
    try:
        if path != MEMORY:
            _make(Path(path))
        db = sqlite3.connect(path, isolation_level=None, timeout=0.2)
    except (OSError, sqlite3.Error) as error:
        raise _because(path, error) from None
    try:
        return _ready(db, path)
    except sqlite3.Error as error:
        db.close()
        raise _because(path, error) from None
    except CannotKeep:
        db.close()
        raise


def _make(path: Path) -> None:
    """For nobody but us to read: it holds what people wrote."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _ready(db: sqlite3.Connection, path: str) -> sqlite3.Connection:
    """Locked for as long as it is open. A commit is on the disk when it returns, though the power fail."""
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    _check(db, path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    migrate(db)
    db.execute("BEGIN EXCLUSIVE")
    db.execute(f"PRAGMA application_id = {OURS}")  # a write: now it is known that it can be written to
    db.execute("COMMIT")
    return db


def _check(db: sqlite3.Connection, path: str) -> None:
    if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise _damaged(path)
    tables = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and db.execute("PRAGMA application_id").fetchone()[0] != OURS:
        raise CannotKeep(f"{path} is the database of another program. {ELSEWHERE}", passing=False)
    found, known = version(db), len(migrations())
    if found > known:
        raise CannotKeep(
            f"{path} was written by a newer Quorumscope (its tables are of version {found}, this one knows "
            f"{known}): nothing in it was touched. Run that version, or name another file with "
            "QUORUMSCOPE_DATABASE.",
            passing=False,
        )


def _damaged(path: str) -> CannotKeep:
    return CannotKeep(
        f"{path} is damaged, or no database at all: nothing in it was touched. Put a copy in its place, move "
        "it away to begin with an empty one, or name another file with QUORUMSCOPE_DATABASE.",
        passing=False,
    )


def _because(path: str, error: OSError | sqlite3.Error) -> CannotKeep:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return _damaged(path)
    return CannotKeep(f"Rooms cannot be kept in {path}: {reason(error)}. {ELSEWHERE}", passing=True)


def reason(error: OSError | sqlite3.Error) -> str:
    """In a few words, what the disk has against it."""
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    known = {
        "SQLITE_BUSY": "another server uses it",
        "SQLITE_READONLY": "it may be read, and not written to",
        "SQLITE_CANTOPEN": "it may not be opened",
        "SQLITE_FULL": "the disk is full",
        "SQLITE_IOERR": "the disk has failed to read or to write",
    }
    name = getattr(error, "sqlite_errorname", "") or ""
    return next((words for code, words in known.items() if name.startswith(code)), str(error))


def secret(path: str, name: str) -> str:
    """A secret of this file's own, made when it is first asked for."""
    db = connect(path)
    db.execute("INSERT OR IGNORE INTO secrets (name, value) VALUES (?, ?)", (name, token_urlsafe(18)))
    found: str = db.execute("SELECT value FROM secrets WHERE name = ?", (name,)).fetchone()[0]
    db.close()
    return found


# -- migrations ----------------------------------------------------------------------------------------------


@lru_cache
def migrations() -> tuple[str, ...]:
    """The scripts, in order: the first is number 1."""
    files = sorted(MIGRATIONS.glob("[0-9]*.sql"))
    for number, file in enumerate(files, start=1):
        if int(file.name.partition("-")[0]) != number:
            raise RuntimeError(f"{file.name}: number {number} is missing, or given twice")
    return tuple(file.read_text(encoding="utf-8") for file in files)


def version(db: sqlite3.Connection) -> int:
    """How many migrations the file has behind it."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> None:
    """Each in a transaction of its own: a server that is killed meanwhile goes on with the same one."""
    for number, script in enumerate(migrations(), start=1):
        if number > version(db):
            try:
                db.executescript(
                    f"BEGIN; {script}\n; PRAGMA user_version = {number};"
                    f" PRAGMA application_id = {OURS}; COMMIT;"
                )
            except sqlite3.Error:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
