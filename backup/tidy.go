package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
)

// markEnding names the mark that stands beside a copy while it is made: what a program
// leaves that is killed meanwhile is known by it, and is nobody else's.
const markEnding = ".making"

// brokenAfter is when a mark on a shelf that cannot be locked is of a program that is
// gone: twice as long as a copy may take.
var brokenAfter = 2 * Work.Timeout

// marked does the work of making a copy with a mark beside it.
func (m *Maker) marked(ctx context.Context, c Copy, work func() error) error {
	mark := c.base() + markEnding
	if _, _, err := m.Shelf.Put(ctx, mark, func(w io.Writer) error { _, err := fmt.Fprintln(w, c.Name()); return err }); err != nil {
		return err
	}
	if err := work(); err != nil {
		return err // the mark stays, for what may lie there
	}
	return m.Shelf.Remove(ctx, mark)
}

var halfCopy = regexp.MustCompile(`^(.+)-\d{4}-\d\d-\d\dT\d{6}\.(db|dump)(\.age)?\.half(-journal)?$`)

// tidy removes what copies of this database left that were broken off: what lies half
// written, and what bears a mark and has no checksum, which is written last. Nobody
// else is at work on the shelf: it is locked.
func (m *Maker) tidy(ctx context.Context) error {
	stem := Stem(m.DSN)
	halves, err := m.Shelf.Halves(filesDir)
	if err != nil {
		return err
	}
	for _, name := range halves {
		half := halfCopy.FindStringSubmatch(name)
		if !strings.HasPrefix(path.Base(name), ".half-") && (half == nil || half[1] != stem) {
			continue
		}
		if err := m.Shelf.Remove(ctx, name); err != nil {
			return err
		}
	}
	items, err := m.Shelf.List(ctx, "")
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, x := range items {
		there[x.Name] = true
	}
	for _, x := range items {
		base, marked := strings.CutSuffix(x.Name, markEnding)
		name := copyName.FindStringSubmatch(base + ".db")
		if !marked || name == nil || name[1] != stem {
			continue
		}
		if m.Shelf.Dir() == "" && m.DB.Now().Time().Sub(x.At) < brokenAfter {
			continue
		}
		var wrong []error
		for _, ending := range []string{".db", ".db" + sealedEnding, ".dump", ".dump" + sealedEnding} {
			if there[base+ending] && !there[base+ending+sumEnding] {
				wrong = append(wrong, m.Shelf.Remove(ctx, base+ending))
				m.say("%s: broken off, removed", m.Shelf.Path(base+ending))
			}
		}
		if err := errors.Join(append(wrong, m.Shelf.Remove(ctx, x.Name))...); err != nil {
			return err
		}
	}
	return nil
}
