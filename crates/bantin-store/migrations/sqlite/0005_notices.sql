-- What whoever runs bantin is to be told, as JSON, until it is sent and some time after.
CREATE TABLE notice (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    what TEXT NOT NULL,
    next_at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    sent_at INTEGER
) STRICT;
CREATE INDEX notice_waiting ON notice (next_at) WHERE sent_at IS NULL;

-- A hold that the admin made ends when the admin says so.
ALTER TABLE hold ADD COLUMN by_admin INTEGER NOT NULL DEFAULT 0 CHECK (by_admin IN (0, 1));
