package notice

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
)

// A FileSender writes messages into a folder, a file of JSON lines for each
// channel, for a gateway's own program to take them from there. The files hold
// addresses: only this program's user may read them.
type FileSender struct {
	Dir string

	mu sync.Mutex
}

// Via names the way.
func (s *FileSender) Via() string { return "file" }

// Send appends the messages and has them on disk before it says so.
func (s *FileSender) Send(_ context.Context, list []Message) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	wrong := make([]error, len(list))
	for i, m := range list {
		wrong[i] = s.write(m)
	}
	return wrong
}

func (s *FileSender) write(m Message) error {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(s.Dir, m.Channel+".jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(append(line, '\n')); err != nil {
		return err
	}
	return f.Sync()
}
