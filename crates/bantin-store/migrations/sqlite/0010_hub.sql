-- The topics of the WebSub hub, with a hash of the bytes that were announced last.
CREATE TABLE hub_topic (
    topic TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is pushed a topic, until when. owed: the hash of what is still to be pushed, NULL when the callback has the newest;
-- owed_since: since when it was owed something without a break. The schedule is the state: the bytes are those that the
-- topic has when they are pushed.
CREATE TABLE hub_subscription (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    callback TEXT NOT NULL,
    host TEXT NOT NULL,
    secret BLOB,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    owed TEXT,
    owed_since INTEGER,
    next_at INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    sending INTEGER NOT NULL DEFAULT 0 CHECK (sending IN (0, 1)),
    pushed_at INTEGER,
    UNIQUE (topic, callback)
) STRICT;
CREATE INDEX hub_subscription_due ON hub_subscription (next_at, id) WHERE owed IS NOT NULL;
CREATE INDEX hub_subscription_host ON hub_subscription (host);

-- What was asked for and is not verified yet. mode 'denied': a subscriber that is told that its topic is gone.
CREATE TABLE hub_request (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    mode TEXT NOT NULL CHECK (mode IN ('subscribe', 'unsubscribe', 'denied')),
    topic TEXT NOT NULL,
    callback TEXT NOT NULL,
    host TEXT NOT NULL,
    secret BLOB,
    lease_seconds INTEGER NOT NULL,
    challenge TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    sending INTEGER NOT NULL DEFAULT 0 CHECK (sending IN (0, 1)),
    UNIQUE (topic, callback, mode)
) STRICT;
CREATE INDEX hub_request_host ON hub_request (host);
