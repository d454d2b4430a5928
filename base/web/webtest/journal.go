package webtest

import (
	"bytes"
	"sync"
)

// A Journal is a log that tests read while it is written.
type Journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write keeps a line.
func (j *Journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

// String returns all that was written.
func (j *Journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}
