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

-- name: RemoveModeratorEverywhere :exec
DELETE FROM stream_moderators WHERE user_id = ?;

-- name: DeleteBotsOf :exec
DELETE FROM bot_tokens WHERE user_id = ?;

-- name: DeleteIdentitiesOf :exec
DELETE FROM identities WHERE user_id = ?;

-- name: DeleteFamiliesOf :exec
DELETE FROM refresh_families WHERE user_id = ?;

-- name: DeleteAllCodesOf :exec
DELETE FROM codes WHERE user_id = ?;

-- name: DeleteUser :exec
DELETE FROM users WHERE id = ?;
