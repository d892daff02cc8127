-- +goose Up
-- Times are milliseconds since 1970, 0 where there is none. Flags are 0 or 1.
-- Foreign keys are left to the code: the order of deletes is its business.

CREATE TABLE streams (
	id            VARCHAR(64)   NOT NULL PRIMARY KEY,
	host_id       VARCHAR(128)  NOT NULL, -- '' for nobody's
	host_name     VARCHAR(272)  NOT NULL,
	host_picture  VARCHAR(512)  NOT NULL,
	title         VARCHAR(1024) NOT NULL,
	status        VARCHAR(16)   NOT NULL,
	language      VARCHAR(35)   NOT NULL,
	thumbnail_url VARCHAR(512)  NOT NULL,
	playback_url  VARCHAR(512)  NOT NULL,
	demo          INTEGER       NOT NULL,
	created_at    BIGINT        NOT NULL,
	ended_at      BIGINT        NOT NULL
);
CREATE INDEX streams_newest ON streams (created_at DESC, id);
CREATE INDEX streams_newest_by_status ON streams (status, created_at DESC, id);

CREATE TABLE users (
	id         VARCHAR(128) NOT NULL PRIMARY KEY,
	kind       VARCHAR(16)  NOT NULL,
	name       VARCHAR(272) NOT NULL,
	picture    VARCHAR(512) NOT NULL,
	created_at BIGINT       NOT NULL
);
CREATE INDEX users_by_age ON users (kind, created_at);

-- A sign-in, with the hash of the newest of its refresh tokens.
CREATE TABLE refresh_families (
	id         VARCHAR(26)  NOT NULL PRIMARY KEY,
	user_id    VARCHAR(128) NOT NULL,
	hash       BLOB         NOT NULL,
	created_at BIGINT       NOT NULL,
	expires_at BIGINT       NOT NULL,
	ended_at   BIGINT       NOT NULL
);
CREATE INDEX refresh_families_by_user ON refresh_families (user_id);
CREATE INDEX refresh_families_by_expiry ON refresh_families (expires_at);
