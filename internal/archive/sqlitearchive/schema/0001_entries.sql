-- +goose Up

-- One row per record of raw-chats. Only erasing changes a row.
CREATE TABLE entries (
    stream  TEXT    NOT NULL,
    epoch   INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    time    INTEGER NOT NULL, -- Unix ms
    kind    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    id      TEXT    NOT NULL,
    sender  TEXT    NOT NULL,
    erased  INTEGER NOT NULL,
    value   BLOB    NOT NULL,
    PRIMARY KEY (stream, epoch, n)
) STRICT, WITHOUT ROWID;

-- Both stay near their ends as rows arrive. There is none by sender: scattered
-- over the users of a room it would cost two thirds of the write rate, for the
-- sake of erasing, which may scan.
CREATE INDEX entries_by_id ON entries (stream, id) WHERE kind = '' AND id <> '';
CREATE INDEX entries_by_kind ON entries (stream, kind, epoch, n) WHERE kind <> '';

-- One row per stream with entries. Messages before (cleared_epoch, cleared_n) are withheld.
CREATE TABLE rooms (
    stream        TEXT    NOT NULL PRIMARY KEY,
    messages      INTEGER NOT NULL,
    cleared_epoch INTEGER NOT NULL DEFAULT 0,
    cleared_n     INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Messages withheld one by one, whether they are here already or not.
CREATE TABLE withheld (
    stream TEXT NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (stream, id)
) STRICT, WITHOUT ROWID;

-- Users whose messages up to a time are kept without name and text.
CREATE TABLE erasures (
    user    TEXT    NOT NULL PRIMARY KEY,
    through INTEGER NOT NULL -- Unix ms
) STRICT, WITHOUT ROWID;

-- One row: how many entries there are.
CREATE TABLE totals (
    entries INTEGER NOT NULL
) STRICT;
INSERT INTO totals VALUES (0);
