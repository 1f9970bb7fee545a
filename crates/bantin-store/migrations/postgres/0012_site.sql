-- The words of items, as our own code cuts and folds them. Which words an item has, and not where: no positions, no text.
-- place is the item's search_place, by which results are sorted.
CREATE TABLE item_search (
    place BIGINT NOT NULL PRIMARY KEY,
    words TSVECTOR NOT NULL
);
CREATE INDEX item_search_words ON item_search USING gin (words);

-- NULL: not in the index.
ALTER TABLE item ADD COLUMN search_place BIGINT;
CREATE UNIQUE INDEX item_searched ON item (search_place) WHERE search_place IS NOT NULL;
CREATE INDEX item_unsearched ON item (seq) WHERE search_place IS NULL AND standing <> 'held';

-- Pictures of items, fetched once and never again. id names the address in ours.
CREATE TABLE picture (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'kept', 'refused', 'dropped')),
    wanted_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    media_type TEXT NOT NULL DEFAULT '',
    width BIGINT NOT NULL DEFAULT 0,
    height BIGINT NOT NULL DEFAULT 0,
    size BIGINT NOT NULL DEFAULT 0,
    kept_at BIGINT
);
CREATE INDEX picture_due ON picture (next_at) WHERE state = 'waiting';
CREATE INDEX picture_kept ON picture (kept_at) WHERE state = 'kept';
CREATE TABLE picture_body (
    id TEXT NOT NULL PRIMARY KEY REFERENCES picture (id) ON DELETE CASCADE,
    bytes BYTEA NOT NULL
);
