-- +goose Up
-- Whom the owner of a stream named.
CREATE TABLE stream_moderators (
	stream_id  VARCHAR(64)  NOT NULL,
	user_id    VARCHAR(128) NOT NULL,
	created_at BIGINT       NOT NULL,
	PRIMARY KEY (stream_id, user_id)
);
CREATE INDEX stream_moderators_by_user ON stream_moderators (user_id);

-- The blocked words of a stream, one a line.
CREATE TABLE stream_words (
	stream_id VARCHAR(64) NOT NULL PRIMARY KEY,
	words     TEXT        NOT NULL
);

CREATE INDEX streams_by_host ON streams (host_id, created_at DESC, id);
