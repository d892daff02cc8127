package sqlitetally

import (
	"embed"

	"github.com/hubbub-live/hubbub/internal/sqlitefile"
)

//go:embed schema/*.sql
var schema embed.FS

// kind tells the file from any other: "hubt".
var kind = sqlitefile.Kind{ID: 0x68756274, Schema: schema, Folder: "schema"}
