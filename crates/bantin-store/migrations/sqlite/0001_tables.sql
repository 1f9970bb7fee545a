-- Times are epoch milliseconds (UTC). "published" columns hold 'at:MILLISECONDS' or 'on:YYYY-MM-DD', NULL when unknown.
-- JSON is text. A migration, once released, is never edited: its checksum is kept.

-- One row for each number that grows: 'version' (with every change readers could see) and 'seq' (of items).
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter (name, value) VALUES ('seq', 0), ('version', 0);

CREATE TABLE secret (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    bytes BLOB NOT NULL
) STRICT;

-- The schedule is the state: a source is due by next_at and taken by lease_until (0: free).
CREATE TABLE source (
    id TEXT NOT NULL PRIMARY KEY,
    config TEXT NOT NULL,
    zone TEXT NOT NULL,
    managed_by TEXT NOT NULL CHECK (managed_by IN ('file', 'store')),
    retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
    health TEXT NOT NULL,
    validators TEXT,
    rows_hash TEXT,
    polled_before INTEGER NOT NULL DEFAULT 0 CHECK (polled_before IN (0, 1)),
    next_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX source_due ON source (next_at, id) WHERE NOT retired;

-- What the listing said and what the article said stand side by side; what readers see is made of both when it is read.
CREATE TABLE item (
    seq INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    url TEXT NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('open', 'backlog', 'held')),
    first_seen INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    sort_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    listed TEXT NOT NULL,
    row_title TEXT NOT NULL,
    row_published TEXT,
    row_lead TEXT,
    row_image TEXT,
    article_read INTEGER NOT NULL DEFAULT 0 CHECK (article_read IN (0, 1)),
    article_next_at INTEGER,
    article_tries INTEGER NOT NULL DEFAULT 0,
    article_validators TEXT NOT NULL DEFAULT '{}',
    article_title TEXT,
    article_published TEXT,
    article_lead TEXT,
    updated INTEGER,
    byline TEXT,
    section TEXT,
    images TEXT NOT NULL DEFAULT '[]',
    attachments TEXT NOT NULL DEFAULT '[]',
    content_text TEXT NOT NULL DEFAULT '',
    content_html TEXT NOT NULL DEFAULT '',
    UNIQUE (source, key)
) STRICT;
CREATE INDEX item_newest ON item (sort_at, seq) WHERE standing <> 'held';
CREATE INDEX item_newest_of_source ON item (source, sort_at, seq) WHERE standing <> 'held';
CREATE INDEX item_open ON item (seq) WHERE standing = 'open';
CREATE INDEX item_open_since ON item (first_seen) WHERE standing = 'open';
CREATE INDEX item_backlog_since ON item (sort_at) WHERE standing = 'backlog';
CREATE INDEX item_arrivals ON item (source, seq) WHERE standing <> 'backlog';
CREATE INDEX item_article_due ON item (source, article_next_at) WHERE article_next_at IS NOT NULL;

CREATE TABLE revision (
    item INTEGER NOT NULL REFERENCES item (seq) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    title TEXT NOT NULL,
    lead TEXT,
    content_html TEXT NOT NULL,
    PRIMARY KEY (item, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed (
    name TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    config TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- address_key is the address in lower case: one mailbox, one subscriber.
CREATE TABLE subscriber (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL,
    address_key TEXT NOT NULL UNIQUE,
    name TEXT,
    lang TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'paused', 'left', 'bouncing')),
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    left_at INTEGER
) STRICT;

-- An ended subscription stays, so that its number is never another's. An empty schedule means: at once.
CREATE TABLE subscription (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    subscriber INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    wanted TEXT NOT NULL,
    schedule TEXT NOT NULL,
    zone TEXT NOT NULL,
    when_empty INTEGER NOT NULL CHECK (when_empty IN (0, 1)),
    cursor INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX subscription_once ON subscription (subscriber, wanted, schedule, zone)
    WHERE ended_at IS NULL;
CREATE INDEX subscription_due ON subscription (next_at) WHERE ended_at IS NULL AND schedule <> '';
CREATE INDEX subscription_behind ON subscription (cursor, id) WHERE ended_at IS NULL AND schedule = '';

CREATE TABLE digest (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('items', 'confirmation')),
    lang TEXT NOT NULL,
    subject TEXT NOT NULL,
    body_text TEXT NOT NULL,
    body_html TEXT NOT NULL,
    list TEXT NOT NULL,
    composed_at INTEGER NOT NULL,
    items TEXT NOT NULL
) STRICT;

-- from_cursor and slot (the next_at that the subscription moved on to) name the window served. A window that holds items
-- moves the cursor, an empty one moves the slot, so the UNIQUE below means: one window, one mail.
CREATE TABLE delivery (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    digest INTEGER NOT NULL REFERENCES digest (id),
    subscriber INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    subscription INTEGER REFERENCES subscription (id) ON DELETE CASCADE,
    from_cursor INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'refused', 'given-up')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    reply TEXT,
    UNIQUE (subscription, from_cursor, slot)
) STRICT;
CREATE INDEX delivery_due ON delivery (next_at, id) WHERE state = 'waiting';
CREATE INDEX delivery_sending ON delivery (id) WHERE state = 'sending';
CREATE INDEX delivery_waiting ON delivery (subscriber) WHERE state = 'waiting';
-- For counting. Those that wait are left out, or SQLite would look here for the due ones and sort them all.
CREATE INDEX delivery_done ON delivery (state) WHERE state <> 'waiting';

CREATE TABLE hold (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    reason TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
