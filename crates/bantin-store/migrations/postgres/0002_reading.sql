-- Documents that an item names, as JSON.
ALTER TABLE item ADD COLUMN refs TEXT NOT NULL DEFAULT '[]';
-- The language's primary tag (BCP 47).
ALTER TABLE item ADD COLUMN lang TEXT;

-- found: the recipe that detection found where the admin gave none; proposal: a repaired one that waits for the admin.
ALTER TABLE source ADD COLUMN found TEXT;
ALTER TABLE source ADD COLUMN proposal TEXT;

-- The last good page of a source and the first bad one after it, gzipped: what a repair is made from.
CREATE TABLE kept_page (
    source TEXT NOT NULL REFERENCES source (id),
    which TEXT NOT NULL CHECK (which IN ('good', 'bad')),
    at BIGINT NOT NULL,
    url TEXT NOT NULL,
    content_type TEXT,
    body BYTEA NOT NULL,
    PRIMARY KEY (source, which)
);

-- How far the reading of a source's older pages has come; step is JSON: how the next page is asked for.
CREATE TABLE backfill (
    source TEXT NOT NULL PRIMARY KEY REFERENCES source (id),
    url TEXT NOT NULL,
    pages BIGINT NOT NULL,
    step TEXT,
    changed_at BIGINT NOT NULL
);
