-- name: CreateUser :exec
INSERT INTO users (id, kind, name, picture, created_at, username, name_fold, name_shape, password, admin, banned_at, banned_until, banned_by, ban_reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetUser :one
SELECT * FROM users WHERE id = ?;

-- name: GetUserByUsername :one
SELECT * FROM users WHERE username = ? AND username <> '';

-- name: GetUserByName :one
SELECT * FROM users WHERE name_fold = ? AND name_fold <> '';

-- name: ListAccounts :many
SELECT * FROM users
WHERE (kind = 'account' OR banned_at > 0)
AND (INSTR(username, sqlc.arg(part)) > 0 OR INSTR(name_fold, sqlc.arg(part)) > 0 OR INSTR(LOWER(name), sqlc.arg(part)) > 0)
ORDER BY created_at DESC, id LIMIT sqlc.arg(most) OFFSET sqlc.arg(skip);

-- name: ListBarred :many
SELECT * FROM users WHERE banned_at > 0 AND banned_at >= ? ORDER BY banned_at, id;

-- name: CountAdmins :one
SELECT COUNT(*) FROM users WHERE admin = 1;

-- name: SetProfile :execrows
UPDATE users SET name = ?, name_fold = ?, name_shape = ?, picture = ? WHERE id = ?;

-- name: SetPassword :execrows
UPDATE users SET password = ? WHERE id = ?;

-- name: SetAdmin :execrows
UPDATE users SET admin = ? WHERE id = ?;

-- name: SetBan :execrows
UPDATE users SET banned_at = ?, banned_until = ?, banned_by = ?, ban_reason = ? WHERE id = ?;

-- name: CreateFamily :exec
INSERT INTO refresh_families (id, user_id, hash, created_at, expires_at, ended_at) VALUES (?, ?, ?, ?, ?, 0);

-- name: GetFamily :one
SELECT * FROM refresh_families WHERE id = ?;

-- name: RotateFamily :execrows
UPDATE refresh_families SET hash = sqlc.arg(next), expires_at = sqlc.arg(expires_at)
WHERE id = sqlc.arg(id) AND hash = sqlc.arg(old) AND ended_at = 0;

-- name: EndFamily :exec
UPDATE refresh_families SET ended_at = ? WHERE id = ? AND ended_at = 0;

-- name: EndFamiliesOf :exec
UPDATE refresh_families SET ended_at = ? WHERE user_id = ? AND ended_at = 0;

-- name: CreateIdentity :exec
INSERT INTO identities (issuer, subject, user_id, created_at) VALUES (?, ?, ?, ?);

-- name: GetIdentity :one
SELECT user_id FROM identities WHERE issuer = ? AND subject = ?;

-- name: CreateCode :exec
INSERT INTO codes (hash, kind, user_id, expires_at) VALUES (?, ?, ?, ?);

-- name: GetCode :one
SELECT * FROM codes WHERE hash = ?;

-- name: DeleteCode :execrows
DELETE FROM codes WHERE hash = ?;

-- name: DeleteCodesOf :exec
DELETE FROM codes WHERE kind = ? AND user_id = ?;

-- name: CountCodes :one
SELECT COUNT(*) FROM codes WHERE kind = ?;

-- name: SweepFamilies :execrows
DELETE FROM refresh_families WHERE expires_at < ?;

-- name: SweepCodes :execrows
DELETE FROM codes WHERE expires_at > 0 AND expires_at < ?;

-- name: SweepGuests :execrows
DELETE FROM users WHERE users.kind = 'guest' AND users.created_at < ?
AND NOT EXISTS (SELECT 1 FROM refresh_families WHERE refresh_families.user_id = users.id);
