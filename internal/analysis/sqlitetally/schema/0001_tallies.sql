-- +goose Up

-- One row per partition of raw-chats: everything through (epoch, n) is counted.
CREATE TABLE cursors (
    partition         INTEGER NOT NULL PRIMARY KEY,
    epoch             INTEGER NOT NULL,
    n                 INTEGER NOT NULL,
    time              INTEGER NOT NULL, -- of the record there, Unix ms
    counted           INTEGER NOT NULL, -- messages
    unpublished_epoch INTEGER NOT NULL, -- before it all results are published
    unpublished_n     INTEGER NOT NULL
) STRICT;

-- One row per stream; (epoch, n) is its newest message. Not WITHOUT ROWID: the
-- tally of a hot room has 27 KiB.
CREATE TABLE tallies (
    stream    TEXT    NOT NULL PRIMARY KEY,
    partition INTEGER NOT NULL,
    epoch     INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    tally     BLOB    NOT NULL
) STRICT;
CREATE INDEX tallies_by_newest ON tallies (partition, epoch, n);
