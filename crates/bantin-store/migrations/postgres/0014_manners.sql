-- JSON: what a source let us know of how it wants to be asked, and why its next poll is when it is.
ALTER TABLE source ADD COLUMN manners TEXT;

-- What a host is owed across restarts. name: with its port where that is not the Web's. asked_at: when the last request to it
-- ended. silent: JSON, the addresses that asked for silence, each with its end.
CREATE TABLE host (
    name TEXT NOT NULL PRIMARY KEY,
    asked_at BIGINT NOT NULL DEFAULT 0,
    silent TEXT NOT NULL DEFAULT '[]'
);

-- What the robots.txt of an origin says to us (JSON), until it must be asked again.
CREATE TABLE robots (
    origin TEXT NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL,
    rules TEXT NOT NULL
);

-- A row while our own line is down.
CREATE TABLE outage (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    since BIGINT NOT NULL
);
