-- +goose Up
-- The tables that SQLite has after its fourth step; the number says that rows of one
-- fit the other. MySQL commits each statement by itself, so a step may be left half
-- done: every statement has to be good to run again.
--
-- Times are milliseconds since 1970, 0 where there is none. Flags are 0 or 1.
-- What is compared is bytes: no collation of MySQL 8.0.12 minds spaces at the end.
-- A character takes four bytes at most.

CREATE TABLE IF NOT EXISTS streams (
	id            VARBINARY(256) NOT NULL PRIMARY KEY,
	host_id       VARBINARY(512) NOT NULL,
	host_name     VARCHAR(272)   NOT NULL,
	host_picture  VARCHAR(512)   NOT NULL,
	title         VARCHAR(1024)  NOT NULL,
	status        VARBINARY(16)  NOT NULL,
	language      VARCHAR(35)    NOT NULL,
	thumbnail_url VARCHAR(512)   NOT NULL,
	playback_url  VARCHAR(512)   NOT NULL,
	demo          INTEGER        NOT NULL,
	created_at    BIGINT         NOT NULL,
	ended_at      BIGINT         NOT NULL,
	KEY streams_newest (created_at DESC, id),
	KEY streams_newest_by_status (status, created_at DESC, id),
	KEY streams_by_host (host_id, created_at DESC, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What is unique unless it is '' has a column that is NULL then.
CREATE TABLE IF NOT EXISTS users (
	id           VARBINARY(512)  NOT NULL PRIMARY KEY,
	kind         VARBINARY(16)   NOT NULL,
	name         VARCHAR(272)    NOT NULL,
	picture      VARCHAR(512)    NOT NULL,
	created_at   BIGINT          NOT NULL,
	username     VARBINARY(128)  NOT NULL DEFAULT '',
	name_fold    VARBINARY(1088) NOT NULL DEFAULT '',
	name_shape   VARBINARY(1088) NOT NULL DEFAULT '',
	password     VARBINARY(1020) NOT NULL DEFAULT '',
	admin        INTEGER         NOT NULL DEFAULT 0,
	banned_at    BIGINT          NOT NULL DEFAULT 0,
	banned_until BIGINT          NOT NULL DEFAULT 0,
	banned_by    VARBINARY(512)  NOT NULL DEFAULT '',
	ban_reason   VARCHAR(1024)   NOT NULL DEFAULT '',
	one_username VARBINARY(128)  AS (NULLIF(username, '')) VIRTUAL,
	one_name     VARBINARY(1088) AS (NULLIF(name_fold, '')) VIRTUAL,
	one_shape    VARBINARY(1088) AS (NULLIF(name_shape, '')) VIRTUAL,
	UNIQUE KEY users_by_username (one_username),
	UNIQUE KEY users_by_name (one_name),
	UNIQUE KEY users_by_shape (one_shape),
	KEY users_with_username (username),
	KEY users_with_name (name_fold),
	KEY users_by_age (kind, created_at),
	KEY users_by_ban (banned_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS refresh_families (
	id         VARBINARY(104) NOT NULL PRIMARY KEY,
	user_id    VARBINARY(512) NOT NULL,
	hash       VARBINARY(32)  NOT NULL,
	created_at BIGINT         NOT NULL,
	expires_at BIGINT         NOT NULL,
	ended_at   BIGINT         NOT NULL,
	KEY refresh_families_by_user (user_id),
	KEY refresh_families_by_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS codes (
	hash       VARBINARY(32)  NOT NULL PRIMARY KEY,
	kind       VARBINARY(16)  NOT NULL,
	user_id    VARBINARY(512) NOT NULL,
	expires_at BIGINT         NOT NULL,
	KEY codes_by_user (kind, user_id),
	KEY codes_by_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS stream_moderators (
	stream_id  VARBINARY(256) NOT NULL,
	user_id    VARBINARY(512) NOT NULL,
	created_at BIGINT         NOT NULL,
	PRIMARY KEY (stream_id, user_id),
	KEY stream_moderators_by_user (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS stream_words (
	stream_id VARBINARY(256) NOT NULL PRIMARY KEY,
	words     MEDIUMTEXT     NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS bot_tokens (
	id           VARBINARY(512) NOT NULL PRIMARY KEY,
	user_id      VARBINARY(512) NOT NULL,
	name         VARCHAR(512)   NOT NULL,
	scopes       VARBINARY(512) NOT NULL,
	created_at   BIGINT         NOT NULL,
	expires_at   BIGINT         NOT NULL,
	last_used_at BIGINT         NOT NULL,
	KEY bot_tokens_by_user (user_id, created_at, id),
	KEY bot_tokens_by_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS revocations (
	id            VARBINARY(104) NOT NULL PRIMARY KEY,
	user_id       VARBINARY(512) NOT NULL,
	token         VARBINARY(512) NOT NULL,
	reason        VARBINARY(16)  NOT NULL,
	issued_before BIGINT         NOT NULL,
	noted_at      BIGINT         NOT NULL,
	void_until    BIGINT         NOT NULL,
	KEY revocations_by_age (noted_at, id),
	KEY revocations_by_end (void_until)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS identities (
	issuer     VARBINARY(1024) NOT NULL,
	subject    VARBINARY(1024) NOT NULL,
	user_id    VARBINARY(512)  NOT NULL,
	created_at BIGINT          NOT NULL,
	PRIMARY KEY (issuer, subject),
	KEY identities_by_user (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS erasures (
	user_id  VARBINARY(512) NOT NULL PRIMARY KEY,
	noted_at BIGINT         NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
