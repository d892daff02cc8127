-- +goose Up
-- Users with a username and, most of them, a password; and who is banned from the
-- site. Users without an account have '' where an account has something.

ALTER TABLE users ADD COLUMN username     VARCHAR(32)   NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN name_fold    VARCHAR(272)  NOT NULL DEFAULT ''; -- the name without case
ALTER TABLE users ADD COLUMN name_shape   VARCHAR(272)  NOT NULL DEFAULT ''; -- the name as it looks
ALTER TABLE users ADD COLUMN password     VARCHAR(255)  NOT NULL DEFAULT ''; -- a PHC string
ALTER TABLE users ADD COLUMN admin        INTEGER       NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN banned_at    BIGINT        NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN banned_until BIGINT        NOT NULL DEFAULT 0; -- 0: for good
ALTER TABLE users ADD COLUMN banned_by    VARCHAR(128)  NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN ban_reason   VARCHAR(1024) NOT NULL DEFAULT '';
CREATE UNIQUE INDEX users_by_username ON users (username) WHERE username <> '';
CREATE UNIQUE INDEX users_by_name ON users (name_fold) WHERE name_fold <> '';
CREATE UNIQUE INDEX users_by_shape ON users (name_shape) WHERE name_shape <> '';
CREATE INDEX users_by_ban ON users (banned_at) WHERE banned_at > 0;

-- Codes of one-time links, of which only the hash is kept.
CREATE TABLE codes (
	hash       BLOB         NOT NULL PRIMARY KEY,
	kind       VARCHAR(16)  NOT NULL,
	user_id    VARCHAR(128) NOT NULL, -- '' where the code makes the user
	expires_at BIGINT       NOT NULL  -- 0: never
);
CREATE INDEX codes_by_user ON codes (kind, user_id);
CREATE INDEX codes_by_expiry ON codes (expires_at);
