// Package postgrestest has the tests that only make sense on PostgreSQL. Where
// TEST_POSTGRES is not set it runs none, and `go test ./...` says so on its line:
//
//	ok  	cchc/base/db/postgrestest	0.004s [no tests to run]
//
// That line is how a run on SQLite alone tells that PostgreSQL was left out;
// scripts/test starts a server and leaves nothing out.
package postgrestest
