-- A room is its configuration and what people did to it: see app/rooms/keeping.py.

CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE rooms (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,           -- JSON: language to words
  config TEXT NOT NULL,          -- JSON
  token BLOB NOT NULL,           -- SHA-256 of what drives it
  life TEXT NOT NULL,            -- changes when its history becomes another one
  code TEXT NOT NULL,            -- the protocols and the simulator that made its history
  branch TEXT NOT NULL,          -- the one that everybody sees
  made INTEGER NOT NULL,         -- how many branches have had a number
  used REAL NOT NULL             -- seconds since 1970
);

CREATE TABLE branches (
  room TEXT NOT NULL,
  id TEXT NOT NULL,
  parent TEXT,
  fork_seq INTEGER NOT NULL,
  fork_time INTEGER NOT NULL,
  private INTEGER NOT NULL,
  playing INTEGER NOT NULL,
  speed REAL NOT NULL,
  whole INTEGER NOT NULL,        -- its commands are there from the beginning of everything
  seq INTEGER,                   -- where it stands; NULL: it runs, and has been shown to nobody beyond `time`
  time INTEGER NOT NULL,
  PRIMARY KEY (room, id)
);

CREATE TABLE commands (
  room TEXT NOT NULL,
  branch TEXT NOT NULL,
  seq INTEGER NOT NULL,          -- given after this event,
  time INTEGER NOT NULL,         -- at this virtual time
  text TEXT NOT NULL,
  PRIMARY KEY (room, branch, seq)
) WITHOUT ROWID;

CREATE TABLE keyframes (
  room TEXT NOT NULL,
  branch TEXT NOT NULL,
  seq INTEGER NOT NULL,          -- the branch as it stood after this event: what was before is not kept
  data BLOB NOT NULL,
  PRIMARY KEY (room, branch, seq)
);
