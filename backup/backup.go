// Package backup makes copies (bản sao lưu) of all there is: the database at one
// instant, every scan and the keys, in a folder or in a store that speaks S3, each
// with its checksum and encrypted when that is wanted; it keeps as many as were
// asked for and puts them back.
//
// How a place of copies is laid out:
//
//	STEM-2026-11-25T013000.db        the database; .dump of PostgreSQL; .age encrypted
//	STEM-2026-11-25T013000.db.sha256 its checksum, as sha256sum -c reads it
//	STEM-2026-11-25T013000.files     the keys of all files that belong to that copy
//	files/ab/ab…                     the files, each once, whichever copy it is of
//	STEM.db.log-key, .signed         the key of the log of the trail; encrypted it
//	                                 lies with its copy: STEM-TIME.log-key.age
//	STEM.db.seal-key                 the key of second factors, in the same way
//
// What was laid down in the clear before copies were encrypted goes as cover says.
package backup

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"cchc/base/file"
	"cchc/base/moment"
)

// A Copy is one copy of a database.
type Copy struct {
	Stem   string // the database's name without its ending
	At     time.Time
	Dump   bool // of PostgreSQL
	Sealed bool // encrypted
	Size   int64
	Summed bool // its checksum is beside it
	Listed bool // so are the keys of its files
}

const (
	timeForm     = "2006-01-02T150405"
	sumEnding    = ".sha256"
	sealedEnding = ".age"
	filesDir     = "files/"
)

// base names what belongs to the copy.
func (c Copy) base() string { return c.Stem + "-" + c.At.In(moment.Zone).Format(timeForm) }

// Name is the file of the database.
func (c Copy) Name() string {
	name := c.base() + ".db"
	if c.Dump {
		name = c.base() + ".dump"
	}
	if c.Sealed {
		name += sealedEnding
	}
	return name
}

func (c Copy) list() string { return c.base() + ".files" }

func (c Copy) erased() string { return c.base() + ".erased" }

var copyName = regexp.MustCompile(`^(.+)-(\d{4}-\d\d-\d\dT\d{6})\.(db|dump)(\.age)?$`)

// Copies lists the copies on a shelf, of all databases, the oldest first.
func Copies(ctx context.Context, shelf *file.Shelf) ([]Copy, error) {
	items, err := shelf.List(ctx, "")
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, x := range items {
		names[x.Name] = true
	}
	var out []Copy
	for _, x := range items {
		m := copyName.FindStringSubmatch(x.Name)
		if m == nil {
			continue
		}
		at, err := time.ParseInLocation(timeForm, m[2], moment.Zone)
		if err != nil {
			continue
		}
		c := Copy{Stem: m[1], At: at, Dump: m[3] == "dump", Sealed: m[4] != "", Size: x.Size, Summed: names[x.Name+sumEnding]}
		c.Listed = names[c.list()]
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Copy) int { return a.At.Compare(b.At) })
	return out, nil
}

// Stem is how copies of a database are called: its file's name without the ending,
// or a PostgreSQL database's name.
func Stem(dsn string) string {
	if name, ok := postgresName(dsn); ok {
		return name
	}
	return strings.TrimSuffix(filepath.Base(dsn), filepath.Ext(dsn))
}

// Choose finds the newest copy that is not after until (of all when zero) for a
// database called stem: copies of a training may stand beside, so those of the name
// come first. Those after now are of a clock that was ahead; without until they are
// taken only when there are no others.
func Choose(all []Copy, stem string, until, now time.Time) (Copy, error) {
	if slices.ContainsFunc(all, func(x Copy) bool { return x.Stem == stem }) {
		all = slices.DeleteFunc(slices.Clone(all), func(x Copy) bool { return x.Stem != stem })
	}
	if len(all) == 0 {
		return Copy{}, fmt.Errorf("no copy of a database is there")
	}
	for _, x := range all {
		if x.Stem != all[0].Stem {
			return Copy{}, fmt.Errorf("there are copies of %s and of %s, none of %s: name the database as one of them", all[0].Stem, x.Stem, stem)
		}
	}
	if now = now.Add(moment.Skew); until.IsZero() && !all[0].At.After(now) {
		until = now
	}
	for _, x := range slices.Backward(all) {
		if until.IsZero() || !x.At.After(until) {
			return x, nil
		}
	}
	return Copy{}, fmt.Errorf("the oldest copy is of %s", all[0].At.Format("02/01/2006 15:04:05"))
}
