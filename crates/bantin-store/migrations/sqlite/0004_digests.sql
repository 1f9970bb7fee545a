-- What a digest told of: an item with the revision it had, either as news or as revised. From it follows what a subscriber
-- knows already. Items that a digest only counts are not here.
CREATE TABLE digest_item (
    item INTEGER NOT NULL,
    digest INTEGER NOT NULL REFERENCES digest (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    as_revised INTEGER NOT NULL CHECK (as_revised IN (0, 1)),
    PRIMARY KEY (item, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX digest_item_of ON digest_item (digest);
CREATE INDEX delivery_heard ON delivery (subscriber, digest);
CREATE INDEX item_revised ON item (changed_at) WHERE standing = 'open' AND revision > 0;

-- Digests from before: every item in its present revision, so that nobody hears of old edits now.
INSERT INTO digest_item (item, digest, revision, as_revised)
    SELECT DISTINCT i.seq, d.id, i.revision, 0 FROM digest d, json_each(d.items) one JOIN item i ON i.seq = one.value;
