-- group_name: the office somebody belongs to. paused_until: when a pause ends. link_number: which of the links to the
-- preferences holds; raising it makes the older ones void. asked_at: when the last mail that asks to confirm was queued.
ALTER TABLE subscriber ADD COLUMN group_name TEXT;
ALTER TABLE subscriber ADD COLUMN paused_until INTEGER;
ALTER TABLE subscriber ADD COLUMN link_number INTEGER NOT NULL DEFAULT 1;
ALTER TABLE subscriber ADD COLUMN asked_at INTEGER;
CREATE INDEX subscriber_paused ON subscriber (paused_until) WHERE state = 'paused';
CREATE INDEX subscriber_pending ON subscriber (created_at) WHERE state = 'pending';

-- What was asked for on the public page, until the owner of the address confirms it.
CREATE TABLE request (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    subscriber INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    wanted TEXT NOT NULL,
    schedule TEXT NOT NULL,
    zone TEXT NOT NULL,
    when_empty INTEGER NOT NULL CHECK (when_empty IN (0, 1)),
    lang TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    UNIQUE (subscriber, wanted, schedule, zone)
) STRICT;
CREATE INDEX request_age ON request (asked_at);

-- What was agreed to and what became of it. No reference to the subscriber's row, which may be erased: then subscriber is
-- taken out and mark, a keyed hash of the address, is all that is left.
CREATE TABLE audit (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    what TEXT NOT NULL,
    subscriber INTEGER,
    mark TEXT,
    detail TEXT NOT NULL,
    by_whom TEXT NOT NULL
) STRICT;
CREATE INDEX audit_age ON audit (at);
CREATE INDEX audit_of ON audit (subscriber) WHERE subscriber IS NOT NULL;
CREATE INDEX audit_marked ON audit (mark) WHERE mark IS NOT NULL;

-- For taking a subscriber's deliveries away, and the digests that were nobody else's.
CREATE INDEX delivery_of_digest ON delivery (digest);
