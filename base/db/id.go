package db

import "github.com/google/uuid"

// NewID returns a new id: a UUIDv7 in its canonical text. Ids made later sort
// later, and two databases never make the same one: units merge, their rows must
// be able to.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }
