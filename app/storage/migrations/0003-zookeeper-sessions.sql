-- The passwords of real clients' sessions in the live room, so that they go on after a restart.

CREATE TABLE zookeeper_sessions (
  session TEXT PRIMARY KEY,      -- SQLite's integers have a sign
  given BLOB NOT NULL,           -- what its client has,
  inner BLOB NOT NULL,           -- what it is in the room,
  branch TEXT NOT NULL,          -- on this branch
  life TEXT NOT NULL             -- of this life of the room; in another one the same number is another session
);
