package metastore

// A Row is a row of a table by its columns: int64, float64, string, []byte or nil.
type Row map[string]any

// Carried are the tables that are carried from one site to another. Every other
// table is in Left.
var Carried = []string{
	"users", "identities", "streams", "stream_moderators", "stream_words",
	// Where the secret for tokens is shared they are good elsewhere too.
	"bot_tokens", "revocations",
	"erasures", // what is not done is to be done there
}

// Left are the tables that stay behind, with the reason.
var Left = map[string]string{
	"goose_db_version": "which schema the rows are of is said once",
	"refresh_families": "whoever was signed in signs in again: the key that signs tokens is not carried either",
	"codes":            "one-time links are for the site that gave them out",
}
