-- name: CreateStream :exec
INSERT INTO streams (id, host_id, host_name, host_picture, title, status, language, thumbnail_url, playback_url, demo, created_at, ended_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetStream :one
SELECT * FROM streams WHERE id = ?;

-- name: EndStream :execrows
UPDATE streams SET status = 'ended', ended_at = ? WHERE id = ? AND status = 'live';

-- name: ListStreams :many
SELECT * FROM streams ORDER BY created_at DESC, id LIMIT ? OFFSET ?;

-- name: ListStreamsByStatus :many
SELECT * FROM streams WHERE status = ? ORDER BY created_at DESC, id LIMIT ? OFFSET ?;
