package scorecard

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/unit"
)

// Evidence (tài liệu kiểm chứng) is a document that proves something. It belongs to
// a unit and to no set and no round: it can prove many leaves of many years, and
// stays when they go.
type Evidence struct {
	ID      string
	Unit    unit.ID
	Number  string      // "12/KH-UBND"
	Day     moment.Date // of the document; zero: it has none
	Issuer  string
	Title   string
	Pages   int // 0: not counted
	Note    string
	Version int // one more with each change
	Created moment.Instant
	By      string // account
	Files   []EvidenceFile
	Links   int // how many leaves it proves, over all years
}

// An EvidenceFile is a file of a document, by the hash of its content.
type EvidenceFile struct {
	Ord  int // from 1
	Key  string
	Name string
	Type string
	Size int64
}

const evidenceColumns = `e.id, e.unit_id, e.number, e.day, e.issuer, e.title, e.pages, e.note, e.version, e.created_at, e.created_by,
			(SELECT COUNT(*) FROM evidence_link l WHERE l.evidence_id = e.id)`

var (
	evidenceGet    = db.SQL("scorecard.evidence.get", `SELECT `+evidenceColumns+` FROM evidence e WHERE e.id = $1`)
	evidenceInsert = db.SQL("scorecard.evidence.insert", `
		INSERT INTO evidence (id, unit_id, number, day, issuer, title, pages, note, version, created_at, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10)`)
	evidenceUpdate = db.SQL("scorecard.evidence.update", `
		UPDATE evidence
		SET number = $1, day = $2, issuer = $3, title = $4, pages = $5, note = $6, version = version + 1
		WHERE id = $7`)
	evidenceOfUnit = db.SQL("scorecard.evidence.of_unit", `
		SELECT `+evidenceColumns+`
		FROM evidence e
		WHERE e.unit_id = $1
		ORDER BY e.created_at DESC, e.id DESC`)
	evidenceFiles = db.SQL("scorecard.evidence.files", `
		SELECT ord, file_key, file_name, file_type, file_size
		FROM evidence_file
		WHERE evidence_id = $1
		ORDER BY ord`)
	evidenceFileInsert = db.SQL("scorecard.evidence.file.insert", `
		INSERT INTO evidence_file (evidence_id, ord, file_key, file_name, file_type, file_size, account, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	evidenceFileUsed = db.SQL("scorecard.evidence.file.used", `SELECT COUNT(*) FROM evidence_file WHERE file_key = $1`)
	evidenceNamed    = db.SQL("scorecard.evidence.file.named", `
		SELECT f.file_key, MIN(f.file_size), MAX(f.file_size), MIN(e.number || ' ' || e.title || ', file ' || f.file_name)
		FROM evidence_file f
		JOIN evidence e ON e.id = f.evidence_id
		WHERE f.file_key > $1
		GROUP BY f.file_key
		ORDER BY f.file_key
		LIMIT 500`)
	evidenceSheets = db.SQL("scorecard.evidence.sheets", `
		SELECT DISTINCT sheet_id
		FROM evidence_link
		WHERE evidence_id = $1 AND sheet_id IS NOT NULL`)
)

// FileUse is where evidence refers to stored files. Nothing takes evidence away, so
// whatever is in it stays; points rest on it.
var FileUse = file.Use{What: "files of evidence", Columns: []string{"evidence_file.file_key"}, Count: evidenceFileUsed, Named: evidenceNamed, Whole: true}

func scanEvidence(r db.Scanner) (e Evidence, err error) {
	err = r.Scan(&e.ID, &e.Unit, &e.Number, &e.Day, &e.Issuer, &e.Title, &e.Pages, &e.Note, &e.Version, &e.Created, &e.By, &e.Links)
	return e, err
}

func scanEvidenceFile(r db.Scanner) (f EvidenceFile, err error) {
	err = r.Scan(&f.Ord, &f.Key, &f.Name, &f.Type, &f.Size)
	return f, err
}

// Label names a document as lists show it: number, day, title.
func (e Evidence) Label() string {
	var parts []string
	for _, s := range []string{e.Number, e.Day.VN(), e.Title} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

func getEvidence(ctx context.Context, q db.Queryer, id string) (Evidence, error) {
	e, err := db.One(ctx, q, evidenceGet, scanEvidence, id)
	if errors.Is(err, db.ErrNotFound) {
		return e, fault.New(fault.NotFound, "evidence.unknown").Because(err)
	}
	if err != nil {
		return e, fmt.Errorf("read evidence %s: %w", id, err)
	}
	e.Files, err = db.All(ctx, q, evidenceFiles, scanEvidenceFile, id)
	return e, err
}

// Evidence returns a document with its files: for who has a post in its unit, and
// for who may see a sheet that it proves something on.
func (k *Desk) Evidence(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Evidence, error) {
	if err := k.Guard.CheckAnywhere(a, auth.ScoreRead); err != nil {
		return Evidence{}, err
	}
	e, err := getEvidence(ctx, q, id)
	if err != nil {
		return e, err
	}
	ok, err := k.mayReadEvidence(ctx, q, a, e)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "evidence.unknown")
	}
	if err != nil {
		return Evidence{}, err
	}
	return e, nil
}

func (k *Desk) mayReadEvidence(ctx context.Context, q db.Queryer, a actor.Actor, e Evidence) (bool, error) {
	may, err := k.Guard.May(ctx, q, a, auth.ScoreRead, e.Unit)
	if err != nil || !may || a.IsSystem() {
		return may, err
	}
	own, err := k.ownUnit(ctx, q, a, e.Unit)
	if err != nil || own {
		return own, err
	}
	sheets, err := db.Column[string](ctx, q, evidenceSheets, e.ID)
	if err != nil {
		return false, err
	}
	for _, id := range sheets {
		_, _, err := k.Sheet(ctx, q, a, id)
		if err == nil {
			return true, nil
		}
		if fault.As(err) == nil {
			return false, err
		}
	}
	return false, nil
}

// EvidenceOf returns a unit's own documents that contain the words, the latest
// first; all of them for "". It needs ScoreRead and a post in the unit.
func (k *Desk) EvidenceOf(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, words string) ([]Evidence, error) {
	if err := k.Guard.Check(ctx, q, a, auth.ScoreRead, u); err != nil {
		return nil, err
	}
	if own, err := k.ownUnit(ctx, q, a, u); err != nil {
		return nil, err
	} else if !own && !a.IsSystem() {
		return nil, fault.New(fault.Forbidden, "rounds.not_own")
	}
	all, err := db.All(ctx, q, evidenceOfUnit, scanEvidence, string(u))
	if err != nil {
		return nil, err
	}
	want := strings.Fields(i18n.Fold(words))
	out := all[:0]
next:
	for _, e := range all {
		text := searchText(e)
		for _, w := range want {
			if !strings.Contains(text, w) {
				continue next
			}
		}
		out = append(out, e)
	}
	return out, nil
}

func searchText(e Evidence) string {
	return i18n.Fold(e.Number + " " + e.Title + " " + e.Issuer + " " + e.Day.VN())
}

// AddEvidence keeps a new document of a unit. It needs ScoreEnter and a post in the
// unit. Faults: Invalid with the fields title, day, pages and texts that are too long.
func (k *Desk) AddEvidence(ctx context.Context, a actor.Actor, e Evidence) (Evidence, error) {
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.mustEnter(ctx, tx, a, e.Unit); err != nil {
			return err
		}
		if err := e.check(tx.Now.Date()); err != nil {
			return err
		}
		e.ID, e.Version, e.Created, e.By = db.NewID(), 1, tx.Now, a.Account
		if _, err := tx.Exec(ctx, evidenceInsert, e.ID, string(e.Unit), e.Number, e.Day, e.Issuer, e.Title, e.Pages, e.Note, e.Created, e.By); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ScoreEnter), Kind: "evidence", ID: e.ID, Unit: e.Unit, Changes: e.changes(Evidence{})})
	})
	return e, err
}

// check trims a document's texts and refuses what cannot be.
func (e *Evidence) check(today moment.Date) error {
	for _, s := range []*string{&e.Number, &e.Issuer, &e.Title, &e.Note} {
		*s = strings.TrimSpace(*s)
	}
	f := fault.New(fault.Invalid, "evidence.invalid")
	if e.Title == "" {
		f.With("title", "evidence.title_missing")
	}
	if e.Day > today {
		f.With("day", "evidence.day_ahead")
	}
	if e.Pages < 0 || e.Pages > 100_000 {
		f.With("pages", "evidence.pages_wrong")
	}
	tooLong(f, "number", e.Number, "issuer", e.Issuer, "title", e.Title, "note", e.Note)
	return f.Or()
}

func (e Evidence) changes(old Evidence) []audit.Change {
	var out []audit.Change
	for _, c := range []audit.Change{
		{Field: "number", From: old.Number, To: e.Number}, {Field: "day", From: old.Day.String(), To: e.Day.String()},
		{Field: "issuer", From: old.Issuer, To: e.Issuer}, {Field: "title", From: old.Title, To: e.Title},
		{Field: "pages", From: strconv.Itoa(old.Pages), To: strconv.Itoa(e.Pages)}, {Field: "note", From: old.Note, To: e.Note},
	} {
		if c.From != c.To {
			out = append(out, c)
		}
	}
	return out
}

// EditEvidence changes what is said of a document. e.Version is the one that was
// seen. It needs ScoreEnter and a post in the unit. Faults as of AddEvidence;
// Conflict evidence.changed.
func (k *Desk) EditEvidence(ctx context.Context, a actor.Actor, e Evidence) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		old, err := getEvidence(ctx, tx, e.ID)
		if err != nil {
			return err
		}
		if err := k.mustEnter(ctx, tx, a, old.Unit); err != nil {
			return err
		}
		if err := e.check(tx.Now.Date()); err != nil {
			return err
		}
		if old.Version != e.Version {
			return fault.New(fault.Conflict, "evidence.changed")
		}
		changes := e.changes(old)
		if len(changes) == 0 {
			return nil
		}
		if _, err := tx.Exec(ctx, evidenceUpdate, e.Number, e.Day, e.Issuer, e.Title, e.Pages, e.Note, e.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ScoreEnter), Kind: "evidence", ID: e.ID, Unit: old.Unit, Changes: changes})
	})
}

// AddFile adds a stored file to a document. It needs ScoreEnter and a post in the
// unit. The same content is not added twice.
func (k *Desk) AddFile(ctx context.Context, a actor.Actor, id string, info file.Info, name string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		e, err := getEvidence(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := k.mustEnter(ctx, tx, a, e.Unit); err != nil {
			return err
		}
		for _, f := range e.Files {
			if f.Key == info.Key {
				return nil
			}
		}
		if err := file.Refer(ctx, tx, info.Key); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, evidenceFileInsert, id, len(e.Files)+1, info.Key, file.Name(name, info.Type), info.Type.MIME, info.Size, a.Account, tx.Now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ScoreEnter), Kind: "evidence", ID: id, Unit: e.Unit,
			Changes: []audit.Change{{Field: "file", To: info.Key}}})
	})
}

// MayAddFile returns nil for who may add files to a document: ask before a byte is
// stored.
func (k *Desk) MayAddFile(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Evidence, error) {
	e, err := getEvidence(ctx, q, id)
	if err != nil {
		return e, err
	}
	return e, k.mustEnter(ctx, q, a, e.Unit)
}
