-- The version of the page reader that read the listing, and that read the item's article; 0: one that kept no number.
ALTER TABLE source ADD COLUMN reader BIGINT NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN reader BIGINT NOT NULL DEFAULT 0;
-- Hashes of the article page's runs of text, four bytes each: what says whether the page changed or only its reading.
ALTER TABLE item ADD COLUMN page_runs BYTEA;
-- What feeds gave as the item's last change before a newer version read other dates from the same page.
ALTER TABLE item ADD COLUMN feed_updated BIGINT;
-- The hash of what a topic's subscribers are told of: bytes that change without it are a better reading of the same.
ALTER TABLE hub_topic ADD COLUMN news TEXT;
