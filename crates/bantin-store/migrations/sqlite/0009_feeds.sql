-- Tokens of private feeds, of which only a hash is known.
CREATE TABLE feed_token (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    feed TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    holder TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    used_on TEXT
) STRICT;

-- Items that the agency took back. They stand as 'held', which is nowhere; "was" is how they stood before.
CREATE TABLE withdrawn (
    item INTEGER NOT NULL PRIMARY KEY REFERENCES item (seq) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    was TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX withdrawn_at ON withdrawn (at);

-- What a feed had in the past, in parts that never change: "items" is packed JSON.
CREATE TABLE archive (
    feed TEXT NOT NULL,
    number INTEGER NOT NULL,
    part TEXT NOT NULL,
    closed_at INTEGER NOT NULL,
    items BLOB NOT NULL,
    PRIMARY KEY (feed, number),
    UNIQUE (feed, part)
) STRICT;

-- How far a feed's items were looked at for that, and those that are in no part yet: JSON.
CREATE TABLE archive_place (
    feed TEXT NOT NULL PRIMARY KEY,
    upto INTEGER NOT NULL,
    open TEXT NOT NULL
) STRICT, WITHOUT ROWID;
