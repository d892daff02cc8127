-- name: CreateBot :exec
INSERT INTO bot_tokens (id, user_id, name, scopes, created_at, expires_at, last_used_at) VALUES (?, ?, ?, ?, ?, ?, 0);

-- name: CountBots :one
SELECT COUNT(*) FROM bot_tokens WHERE user_id = ? AND expires_at > ?;

-- name: GetBot :one
SELECT * FROM bot_tokens WHERE id = ?;

-- name: ListBots :many
SELECT * FROM bot_tokens WHERE user_id = ? AND expires_at > ? ORDER BY created_at, id;

-- name: UseBot :exec
UPDATE bot_tokens SET last_used_at = sqlc.arg(seen) WHERE id = sqlc.arg(id) AND last_used_at < sqlc.arg(seen);

-- name: DeleteBot :execrows
DELETE FROM bot_tokens WHERE id = ? AND user_id = ?;

-- name: DeleteBotsOf :exec
DELETE FROM bot_tokens WHERE user_id = ?;

-- name: SweepBots :execrows
DELETE FROM bot_tokens WHERE expires_at < ?;

-- name: CreateRevocation :exec
INSERT INTO revocations (id, user_id, token, reason, issued_before, noted_at, void_until) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: ListRevocations :many
SELECT * FROM revocations WHERE noted_at >= ? AND void_until > ? ORDER BY noted_at, id;

-- name: SweepRevocations :execrows
DELETE FROM revocations WHERE void_until < ?;

-- name: CreateIdentity :exec
INSERT INTO identities (issuer, subject, user_id, created_at) VALUES (?, ?, ?, ?);

-- name: GetIdentity :one
SELECT user_id FROM identities WHERE issuer = ? AND subject = ?;

-- name: DeleteIdentitiesOf :exec
DELETE FROM identities WHERE user_id = ?;

-- name: CreateErasure :exec
INSERT INTO erasures (user_id, noted_at) VALUES (?, ?);

-- name: ListErasures :many
SELECT * FROM erasures ORDER BY noted_at, user_id;

-- name: DeleteErasure :exec
DELETE FROM erasures WHERE user_id = ?;

-- name: ListStreamIDsOf :many
SELECT id FROM streams WHERE host_id = ? ORDER BY id;

-- name: EndStreamsOf :exec
UPDATE streams SET status = 'ended', ended_at = ? WHERE host_id = ? AND status = 'live';

-- name: BlankStreamsOf :exec
UPDATE streams SET host_name = '', host_picture = '', title = id, thumbnail_url = '', playback_url = '' WHERE host_id = ?;

-- name: DeleteFamiliesOf :exec
DELETE FROM refresh_families WHERE user_id = ?;

-- name: DeleteAllCodesOf :exec
DELETE FROM codes WHERE user_id = ?;

-- name: DeleteUser :exec
DELETE FROM users WHERE id = ?;
