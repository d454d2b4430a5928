package db_test

import (
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cchc/base/db"
)

// expandFrom is the first migration that the rule holds for.
const expandFrom = 53

var (
	comments  = regexp.MustCompile(`(?m)--.*$`)
	literals  = regexp.MustCompile(`'[^']*'`)
	contracts = regexp.MustCompile(`(?m)^-- contract: nothing older than ([0-9]{4}) runs on it$`)
	created   = regexp.MustCompile(`(?i)\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([a-z_]+)`)
	// What the program of the version before may trip over.
	takesAway = map[string]*regexp.Regexp{
		"drops a table or view":              regexp.MustCompile(`(?i)\bDROP\s+(TABLE|VIEW)\b`),
		"drops a column":                     regexp.MustCompile(`(?i)\bDROP\s+COLUMN\b`),
		"renames":                            regexp.MustCompile(`(?i)\bRENAME\b`),
		"changes a column":                   regexp.MustCompile(`(?i)\bALTER\s+COLUMN\b`),
		"adds a rule to a table that exists": regexp.MustCompile(`(?i)\bADD\s+(CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN)\b`),
		"deletes rows":                       regexp.MustCompile(`(?i)\b(DELETE\s+FROM|TRUNCATE)\b`),
	}
	// A trigger that is asked before somebody empties its table empties nothing.
	refuses   = regexp.MustCompile(`(?i)\bBEFORE\s+TRUNCATE\s+ON\b`)
	addColumn = regexp.MustCompile(`(?i)\bADD\s+(?:COLUMN\s+)?([^;,]*)`)
	onTable   = regexp.MustCompile(`(?i)\bCREATE\s+(UNIQUE\s+INDEX|TRIGGER)\b[^;]*?\bON\s+([a-z_]+)`)
)

// wrongFor says what in a migration the version before may trip over, "" for nothing.
func wrongFor(number int, text string) string {
	if m := contracts.FindStringSubmatch(text); m != nil {
		oldest, _ := strconv.Atoi(m[1])
		switch {
		case oldest >= number:
			return "takes away what the version right before it needs: that is for a later release"
		case !strings.Contains(text, "UPDATE schema_floor SET version = "+strconv.Itoa(oldest)):
			return "says that nothing older than " + m[1] + " runs, and does not raise schema_floor"
		}
		return ""
	}
	text = literals.ReplaceAllString(comments.ReplaceAllString(text, ""), "''")
	text = refuses.ReplaceAllString(text, "")
	own := map[string]bool{}
	for _, m := range created.FindAllStringSubmatch(text, -1) {
		own[strings.ToLower(m[1])] = true
	}
	for what, found := range takesAway {
		if found.MatchString(text) {
			return what
		}
	}
	for _, m := range onTable.FindAllStringSubmatch(text, -1) {
		if !own[strings.ToLower(m[2])] {
			return "makes a rule on " + m[2] + ", which was there before"
		}
	}
	for _, alter := range regexp.MustCompile(`(?i)\bALTER\s+TABLE\b[^;]*`).FindAllString(text, -1) {
		for _, m := range addColumn.FindAllStringSubmatch(alter, -1) {
			column := strings.ToUpper(m[1])
			if strings.Contains(column, "NOT NULL") && !strings.Contains(column, "DEFAULT") {
				return "adds a column that must have a value and has none by itself"
			}
		}
	}
	return ""
}

// While servers are exchanged one after the other, those of the version before go on
// with the new schema: a migration only adds. What it takes away it takes in a later
// release, and says so.
func TestMigrationsLeaveTheVersionBeforeRunning(t *testing.T) {
	t.Parallel()
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		for _, name := range migrationNames(t, e) {
			number, err := strconv.Atoi(name[:4])
			if err != nil || number < expandFrom {
				continue
			}
			b, err := fs.ReadFile(db.Migrations(e), name)
			if err != nil {
				t.Fatal(err)
			}
			if what := wrongFor(number, string(b)); what != "" {
				t.Errorf("%s/%s %s. Servers of the version before still run on it: see docs/adr/0037", e, name, what)
			}
		}
	}
}

func TestTheRuleForMigrationsFindsWhatTakesAway(t *testing.T) {
	t.Parallel()
	for text, wrong := range map[string]bool{
		"CREATE TABLE a (id TEXT NOT NULL PRIMARY KEY, x TEXT NOT NULL, CONSTRAINT y UNIQUE (x));\nCREATE UNIQUE INDEX b ON a (x);": false,
		"ALTER TABLE dossier ADD COLUMN x TEXT NOT NULL DEFAULT '';":                                                                false,
		"ALTER TABLE dossier ADD COLUMN x TEXT;":                                                                                    false,
		"CREATE INDEX x ON dossier (y); DROP INDEX z;":                                                                              false,
		"-- it does not DROP TABLE a\nCREATE INDEX x ON a (b);":                                                                     false,
		"INSERT INTO a (b) VALUES ('DROP TABLE x');":                                                                                false,
		"ALTER TABLE dossier ADD COLUMN x TEXT NOT NULL;":                                                                           true,
		"ALTER TABLE dossier ADD x TEXT NOT NULL;":                                                                                  true,
		"DROP TABLE dossier;":                                                          true,
		"ALTER TABLE dossier DROP COLUMN x;":                                           true,
		"ALTER TABLE dossier RENAME COLUMN x TO y;":                                    true,
		"ALTER TABLE dossier ALTER COLUMN x TYPE BIGINT;":                              true,
		"ALTER TABLE dossier ADD CONSTRAINT x CHECK (y > 0);":                          true,
		"CREATE UNIQUE INDEX x ON dossier (y);":                                        true,
		"CREATE TRIGGER x BEFORE INSERT ON dossier FOR EACH ROW EXECUTE FUNCTION y();": true,
		"DELETE FROM dossier;":                                                         true,
		"TRUNCATE dossier;":                                                            true,
		"TRUNCATE TABLE dossier;":                                                      true,
		"CREATE TABLE a (b TEXT);\nCREATE TRIGGER x BEFORE TRUNCATE ON a FOR EACH STATEMENT EXECUTE FUNCTION y();": false,
		"-- contract: nothing older than 0060 runs on it\nDROP TABLE a;\nUPDATE schema_floor SET version = 60;":    false,
		"-- contract: nothing older than 0060 runs on it\nDROP TABLE a;":                                           true,
		"-- contract: nothing older than 0070 runs on it\nDROP TABLE a;\nUPDATE schema_floor SET version = 70;":    true,
	} {
		if what := wrongFor(70, text); (what != "") != wrong {
			t.Errorf("%q: %q", text, what)
		}
	}
}
