-- Classes: a class is the fold of its facts, in order.

CREATE TABLE class (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    room TEXT NOT NULL,
    lead TEXT NOT NULL,          -- SHA-256 of the token in the private link
    title TEXT NOT NULL,         -- JSON: {"en": …, "zh": …}
    nodes TEXT NOT NULL,         -- JSON: the names of the room's machines
    seats INTEGER NOT NULL,
    opened INTEGER NOT NULL,     -- milliseconds since 1970
    used INTEGER NOT NULL        -- when somebody last said something
);

CREATE TABLE class_fact (
    class TEXT NOT NULL,
    number INTEGER NOT NULL,
    fact TEXT NOT NULL,          -- JSON: [by, at, event]
    PRIMARY KEY (class, number)
);
