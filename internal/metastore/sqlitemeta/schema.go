package sqlitemeta

import (
	"embed"

	"github.com/hubbub-live/hubbub/internal/sqlitefile"
)

//go:embed migrations/*.sql
var migrations embed.FS

// kind tells the file from any other: "hubm".
var kind = sqlitefile.Kind{ID: 0x6875626d, Schema: migrations, Folder: "migrations"}
