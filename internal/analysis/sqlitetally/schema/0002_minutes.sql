-- +goose Up

-- One row per stream and minute with messages, by mood. The newest minute of a
-- stream is in its tally, and maybe here in part.
CREATE TABLE minutes (
    stream    TEXT    NOT NULL,
    minute    INTEGER NOT NULL, -- Unix time divided by 60 s
    praise    INTEGER NOT NULL,
    criticism INTEGER NOT NULL,
    laughter  INTEGER NOT NULL,
    question  INTEGER NOT NULL,
    advice    INTEGER NOT NULL,
    other     INTEGER NOT NULL,
    PRIMARY KEY (stream, minute)
) STRICT, WITHOUT ROWID;
