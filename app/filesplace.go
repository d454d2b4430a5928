package app

import (
	"path/filepath"
	"strings"

	"cchc/base/db"
)

// filesAt is where scans are kept of the database that is served.
func (r *rooms) filesAt(given string) string { return filesOf(r.db.Name(), given, r.training) }

// files is where scans are kept of the command's database, which may not be there yet. No
// flag says that it is a training's: its name does.
func (f dbFlag) files(given string) string { return filesOf(f.DB, given, trains(f.DB)) }

// filesOf is where scans of a database are kept, for the server and every command: where
// somebody says (--files), else beside the database file, or in the working folder for a
// database elsewhere. Those of a training are apart, also when both are told the same
// place; who names the training's own means that.
func filesOf(dsn, given string, training bool) string {
	const prefix = "prefix=training/"
	if given != "" && !strings.Contains(given, "://") {
		given = filepath.Clean(given) // DIR/ is DIR, also where an end is added to it
	}
	switch {
	case given != "" && (!training || strings.HasSuffix(given, trainingEnd) || strings.Contains(given, prefix)):
		return given
	case strings.Contains(given, "?"): // a store elsewhere
		return given + "&" + prefix
	case strings.Contains(given, "://"):
		return given + "?" + prefix
	case given == "":
		given = "files"
		if !db.IsPostgres(dsn) {
			given = filepath.Join(filepath.Dir(dsn), given)
		}
	}
	if training {
		given += trainingEnd
	}
	return given
}
