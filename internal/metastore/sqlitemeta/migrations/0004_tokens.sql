-- +goose Up
-- Long-lived tokens for programs. The token itself is not kept.
CREATE TABLE bot_tokens (
	id           VARCHAR(128) NOT NULL PRIMARY KEY, -- its jti
	user_id      VARCHAR(128) NOT NULL,
	name         VARCHAR(512) NOT NULL,
	scopes       VARCHAR(128) NOT NULL, -- words, with spaces between them
	created_at   BIGINT       NOT NULL,
	expires_at   BIGINT       NOT NULL,
	last_used_at BIGINT       NOT NULL
);
CREATE INDEX bot_tokens_by_user ON bot_tokens (user_id, created_at, id);
CREATE INDEX bot_tokens_by_expiry ON bot_tokens (expires_at);

-- Which tokens are void: one, or those of a user that were issued before a time.
CREATE TABLE revocations (
	id            VARCHAR(26)  NOT NULL PRIMARY KEY,
	user_id       VARCHAR(128) NOT NULL,
	token         VARCHAR(128) NOT NULL, -- its jti; '' for those of the user
	reason        VARCHAR(16)  NOT NULL,
	issued_before BIGINT       NOT NULL,
	noted_at      BIGINT       NOT NULL,
	void_until    BIGINT       NOT NULL
);
CREATE INDEX revocations_by_age ON revocations (noted_at, id);
CREATE INDEX revocations_by_end ON revocations (void_until);

-- Who a user is at a provider by which they sign in.
CREATE TABLE identities (
	issuer     VARCHAR(256) NOT NULL,
	subject    VARCHAR(256) NOT NULL, -- told apart by case
	user_id    VARCHAR(128) NOT NULL,
	created_at BIGINT       NOT NULL,
	PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);

-- Erasures of users that are not known to be done everywhere.
CREATE TABLE erasures (
	user_id  VARCHAR(128) NOT NULL PRIMARY KEY,
	noted_at BIGINT       NOT NULL
);
