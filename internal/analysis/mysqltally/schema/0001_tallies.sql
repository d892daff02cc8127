-- +goose Up
-- The tables that SQLite has after its second step. MySQL commits each statement by
-- itself, so a step may be left half done: every statement has to be good to run again.
-- "part" is a partition of raw-chats; the whole word is one of MySQL's own.

-- One row per partition: everything through (epoch, n) is counted.
CREATE TABLE IF NOT EXISTS tally_cursors (
	part              INTEGER         NOT NULL PRIMARY KEY,
	epoch             INTEGER UNSIGNED NOT NULL,
	n                 BIGINT UNSIGNED NOT NULL,
	time              BIGINT          NOT NULL, -- of the record there, Unix ms
	counted           BIGINT          NOT NULL, -- messages
	unpublished_epoch INTEGER UNSIGNED NOT NULL, -- before it all results are published
	unpublished_n     BIGINT UNSIGNED NOT NULL
) ENGINE=InnoDB;

-- One row per stream; (epoch, n) is its newest message. The tally of a hot room has
-- 27 KiB.
CREATE TABLE IF NOT EXISTS tallies (
	stream VARBINARY(256)   NOT NULL PRIMARY KEY,
	part   INTEGER          NOT NULL,
	epoch  INTEGER UNSIGNED NOT NULL,
	n      BIGINT UNSIGNED  NOT NULL,
	tally  MEDIUMBLOB       NOT NULL,
	KEY tallies_by_newest (part, epoch, n)
) ENGINE=InnoDB;

-- One row per stream and minute with messages, by mood. The newest minute of a stream
-- is in its tally, and maybe here in part.
CREATE TABLE IF NOT EXISTS tally_minutes (
	stream    VARBINARY(256)  NOT NULL,
	minute    BIGINT UNSIGNED NOT NULL, -- Unix time divided by 60 s
	praise    BIGINT UNSIGNED NOT NULL,
	criticism BIGINT UNSIGNED NOT NULL,
	laughter  BIGINT UNSIGNED NOT NULL,
	question  BIGINT UNSIGNED NOT NULL,
	advice    BIGINT UNSIGNED NOT NULL,
	other     BIGINT UNSIGNED NOT NULL,
	PRIMARY KEY (stream, minute)
) ENGINE=InnoDB;
