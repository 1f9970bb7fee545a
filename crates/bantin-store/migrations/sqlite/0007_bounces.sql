-- What came back, as far as it is proved to be about a delivery of ours.
CREATE TABLE bounce (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    delivery INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    subscriber INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    code TEXT,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX bounce_at ON bounce (at);
CREATE INDEX delivery_message ON delivery (message_id);

-- What is remembered of a subscriber's bounces, as JSON; NULL: nothing.
ALTER TABLE subscriber ADD COLUMN bounces TEXT;

-- Addresses that called a mail of ours spam, as a keyed hash: nobody but their owner subscribes them again.
CREATE TABLE suppressed (
    mark TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;
