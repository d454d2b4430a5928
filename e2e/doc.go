// Package e2e has no Go in it: the browser journeys beside this file are played by
// Node (see run.mjs). The line that `go test ./...` prints for a package without
// test files is how it tells that they were left out; scripts/test plays them.
package e2e
