-- Items whose own page answered 410 (gone for good), since when and when last, and what was done about it. One that is
-- 'restored' was put back by the admin, and is not withdrawn by itself any more.
CREATE TABLE gone (
    item BIGINT NOT NULL PRIMARY KEY REFERENCES item (seq) ON DELETE CASCADE,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('seen', 'too-many', 'withdrawn', 'restored'))
);
