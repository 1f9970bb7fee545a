-- Who may use the admin pages; password is a PHC string of argon2id.
CREATE TABLE account (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- Logins that have not ended. mark is the SHA-256 of the token in the browser, which is kept nowhere else.
CREATE TABLE session (
    mark TEXT NOT NULL PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of ON session (account);

-- The account that did it, by its name: the entry outlives the account.
ALTER TABLE audit ADD COLUMN who TEXT;

-- paused: not polled until the admin says so. refused: the proposal that the admin does not want to see again.
ALTER TABLE source ADD COLUMN paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1));
ALTER TABLE source ADD COLUMN refused TEXT;

ALTER TABLE feed ADD COLUMN managed_by TEXT NOT NULL DEFAULT 'file' CHECK (managed_by IN ('file', 'store'));

-- For counting what became of mails by day.
CREATE INDEX delivery_ended ON delivery (changed_at, state) WHERE state IN ('sent', 'refused', 'given-up');
