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

-- name: SweepBots :execrows
DELETE FROM bot_tokens WHERE expires_at < ?;

-- name: CreateRevocation :exec
INSERT INTO revocations (id, user_id, token, reason, issued_before, noted_at, void_until) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: ListRevocations :many
SELECT * FROM revocations WHERE noted_at >= ? AND void_until > ? ORDER BY noted_at, id;

-- name: SweepRevocations :execrows
DELETE FROM revocations WHERE void_until < ?;
