-- The latest moment, by our clock, at which a subscription was served: a clock that is set back brings no slot twice.
ALTER TABLE subscription ADD COLUMN served_at INTEGER NOT NULL DEFAULT 0;

-- News left out of a digest because another mail was on its way with it, until that mail has gone: should it never go, the
-- next digest has the news after all.
CREATE TABLE left_out (
    subscription INTEGER NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
    item INTEGER NOT NULL,
    PRIMARY KEY (subscription, item)
) STRICT, WITHOUT ROWID;
