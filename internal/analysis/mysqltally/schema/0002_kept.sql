-- +goose Up
-- What an engine publishes, for who asks: one row per stream, its newest result. Its
-- minutes are in tally_minutes, each with all that is counted of it.
CREATE TABLE IF NOT EXISTS kept_results (
	stream VARBINARY(256)   NOT NULL PRIMARY KEY,
	epoch  INTEGER UNSIGNED NOT NULL, -- (epoch, n): everything through it is in the result
	n      BIGINT UNSIGNED  NOT NULL,
	made   BIGINT           NOT NULL, -- Unix ms
	value  MEDIUMBLOB       NOT NULL
) ENGINE=InnoDB;
