-- Tokens for programs: only a hash of each is kept. scopes is a JSON list; last_used_at goes by the day.
CREATE TABLE api_token (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX api_token_name ON api_token (name) WHERE revoked_at IS NULL;
