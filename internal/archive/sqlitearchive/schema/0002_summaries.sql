-- +goose Up

-- One row per summary: of messages after (from_epoch, from_n), through (epoch, n).
CREATE TABLE summaries (
    stream     TEXT    NOT NULL,
    epoch      INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    from_epoch INTEGER NOT NULL,
    from_n     INTEGER NOT NULL,
    method     TEXT    NOT NULL,
    time       INTEGER NOT NULL, -- Unix ms
    PRIMARY KEY (stream, epoch, n)
) STRICT, WITHOUT ROWID;

-- Their sentences. Erasing what one cites deletes it.
CREATE TABLE sentences (
    stream TEXT    NOT NULL,
    epoch  INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    number INTEGER NOT NULL, -- from 0
    text   TEXT    NOT NULL,
    cites  TEXT    NOT NULL, -- JSON: the ids of messages, in order
    PRIMARY KEY (stream, epoch, n, number)
) STRICT, WITHOUT ROWID;

-- Which sentences cite a message. Those of sentences that were deleted stay.
CREATE TABLE citations (
    stream TEXT    NOT NULL,
    id     TEXT    NOT NULL,
    epoch  INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (stream, id, epoch, n, number)
) STRICT, WITHOUT ROWID;
