-- name: CreateStream :exec
INSERT INTO streams (id, host_id, host_name, host_picture, title, status, language, thumbnail_url, playback_url, demo, created_at, ended_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetStream :one
SELECT * FROM streams WHERE id = ? AND status <> 'deleted';

-- name: EditStream :execrows
UPDATE streams SET
	title = COALESCE(sqlc.narg(title), title),
	language = COALESCE(sqlc.narg(language), language),
	thumbnail_url = COALESCE(sqlc.narg(thumbnail_url), thumbnail_url),
	playback_url = COALESCE(sqlc.narg(playback_url), playback_url)
WHERE id = sqlc.arg(id) AND status <> 'deleted';

-- name: EndStream :execrows
UPDATE streams SET status = 'ended', ended_at = ? WHERE id = ? AND status = 'live';

-- name: DeleteStream :execrows
UPDATE streams SET status = 'deleted', host_id = '', host_name = '', host_picture = '', title = '', language = '', thumbnail_url = '', playback_url = '', ended_at = ?
WHERE id = ? AND status <> 'deleted';

-- name: RenameHost :exec
UPDATE streams SET host_name = ?, host_picture = ? WHERE host_id = ?;

-- name: ListStreams :many
SELECT * FROM streams WHERE status <> 'deleted' ORDER BY created_at DESC, id LIMIT ? OFFSET ?;

-- name: ListStreamsByStatus :many
SELECT * FROM streams WHERE status = ? ORDER BY created_at DESC, id LIMIT ? OFFSET ?;

-- name: ListStreamsByHost :many
SELECT * FROM streams WHERE host_id = ? AND status <> 'deleted' ORDER BY created_at DESC, id LIMIT ? OFFSET ?;

-- name: ListStreamsByHostAndStatus :many
SELECT * FROM streams WHERE host_id = ? AND status = ? ORDER BY created_at DESC, id LIMIT ? OFFSET ?;

-- name: CountStreams :one
SELECT COUNT(*) FROM streams WHERE host_id = ? AND status = ?;

-- name: ListModerators :many
SELECT user_id FROM stream_moderators WHERE stream_id = ? ORDER BY created_at, user_id;

-- name: CountModerators :one
SELECT COUNT(*) FROM stream_moderators WHERE stream_id = ?;

-- name: AddModerator :exec
INSERT INTO stream_moderators (stream_id, user_id, created_at) VALUES (?, ?, ?);

-- name: RemoveModerator :execrows
DELETE FROM stream_moderators WHERE stream_id = ? AND user_id = ?;

-- name: RemoveModerators :exec
DELETE FROM stream_moderators WHERE stream_id = ?;

-- name: GetWords :one
SELECT words FROM stream_words WHERE stream_id = ?;

-- name: DeleteWords :exec
DELETE FROM stream_words WHERE stream_id = ?;

-- name: InsertWords :exec
INSERT INTO stream_words (stream_id, words) VALUES (?, ?);
