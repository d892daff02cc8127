-- name: CreateUser :exec
INSERT INTO users (id, kind, name, picture, created_at) VALUES (?, ?, ?, ?, ?);

-- name: GetUser :one
SELECT * FROM users WHERE id = ?;

-- name: CreateFamily :exec
INSERT INTO refresh_families (id, user_id, hash, created_at, expires_at, ended_at) VALUES (?, ?, ?, ?, ?, 0);

-- name: GetFamily :one
SELECT * FROM refresh_families WHERE id = ?;

-- name: RotateFamily :execrows
UPDATE refresh_families SET hash = sqlc.arg(next), expires_at = sqlc.arg(expires_at)
WHERE id = sqlc.arg(id) AND hash = sqlc.arg(old) AND ended_at = 0;

-- name: EndFamily :exec
UPDATE refresh_families SET ended_at = ? WHERE id = ? AND ended_at = 0;

-- name: SweepFamilies :execrows
DELETE FROM refresh_families WHERE expires_at < ?;

-- name: SweepGuests :execrows
DELETE FROM users WHERE users.kind = 'guest' AND users.created_at < ?
AND NOT EXISTS (SELECT 1 FROM refresh_families WHERE refresh_families.user_id = users.id);
