-- For taking out what is done with, and what came back of it.
CREATE INDEX digest_composed ON digest (composed_at);
CREATE INDEX bounce_of ON bounce (delivery);

-- Mails that are counted among those that ended and are not kept any more.
INSERT INTO counter (name, value) VALUES ('pruned sent', 0), ('pruned refused', 0), ('pruned given-up', 0);
