package dossier

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/i18n"
	"cchc/base/job"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/setting"
)

// Erased stands where a person's name was. It is data, as a name is, and so in
// Vietnamese.
const Erased = "(đã xoá dữ liệu)"

// KeepMonths is for how many months from its end a dossier keeps its applicant's
// data whoever asks: what the archives' rules and claims about the result need.
// No law fixes one number for all procedures; a unit's own list of retention
// periods does (Luật Lưu trữ 33/2024/QH15).
var KeepMonths = &setting.Setting{Name: "privacy.keep_months", Group: "retention", Kind: setting.Integer,
	Usual: "60", Least: 0, Most: 1200, Verb: auth.SettingChange}

// EraseFiles is the job that deletes scans which nothing refers to any more: files
// go after the write that let go of them, and only then.
var EraseFiles = job.Kind[[]string]{Name: "dossier.erase_files", Timeout: 10 * time.Minute, Attempts: 20}

// Parts of a dossier that are about a person.
const (
	PartApplicant = "applicant" // and with the applicant all that the dossier knows of people
	PartAgent     = "agent"     // the representative only
)

// A Subject says whose data: by an identity number, or by one of the person's
// dossiers.
type Subject struct {
	Number string
	Code   string
}

// An Erasable is a dossier that holds data of the person, and why they cannot be
// erased there.
type Erasable struct {
	Dossier
	Part    string
	Person  Person       // numbers masked
	Papers  int          // scans that go with them
	Problem *fault.Fault // nil when they can
}

// An Erasure is a request to erase a person's data (yêu cầu xoá dữ liệu cá nhân).
type Erasure struct {
	Subject
	Codes    []string // the dossiers that the preview showed as erasable: all of them, or nothing is done
	Reason   string
	Document string // number and day of the request
}

// A Forgotten is a dossier that no longer knows its person, for whoever else holds
// something of it.
type Forgotten struct {
	ID, Code string
	Part     string      // what of it: PartAgent alone leaves what the applicant's is
	Actor    actor.Actor // who erases
	// Scrub takes the person's name, numbers and addresses out of a text.
	Scrub func(text string) string
	// Redact collects what is taken out of the trail, for the entry of the act.
	Redact *audit.Redaction
}

var (
	erasableByNumber = db.SQL("dossier.erasable.number", `
		SELECT p.dossier_id, 'applicant'
		FROM dossier_person p
		WHERE p.id_number = $1 AND p.id_number <> ''
		UNION ALL
		SELECT g.dossier_id, 'agent'
		FROM dossier_agent g
		JOIN dossier_person q ON q.dossier_id = g.dossier_id
		WHERE g.id_number = $1 AND g.id_number <> '' AND q.id_number <> $1
		ORDER BY 1, 2`)
	originalsOut = db.SQL("dossier.erasable.originals", `SELECT COUNT(*) FROM dossier_original WHERE dossier_id = $1 AND returned_at IS NULL`)
	erasedOf     = db.SQL("dossier.erased.of", `
		SELECT part, at, account, reason, document
		FROM dossier_erased
		WHERE dossier_id = $1
		ORDER BY at, part`)
	erasedAdd = db.Rows("dossier.erased.add", "dossier_erased", "dossier_id, part, at, account, reason, document", "")

	erasePerson = db.SQL("dossier.erase.person", `
		UPDATE dossier_person SET name = $1, fold = $2, id_number = '', phone = '', email = '', address = '', representative = ''
		WHERE dossier_id = $3`)
	eraseAgentName = db.SQL("dossier.erase.representative", `UPDATE dossier_person SET representative = $1 WHERE dossier_id = $2`)
	eraseAgent     = db.SQL("dossier.erase.agent", `DELETE FROM dossier_agent WHERE dossier_id = $1`)
	erasePapers    = db.SQL("dossier.erase.papers", `
		UPDATE dossier_paper SET file_key = '', file_name = '', file_type = '', file_size = 0
		WHERE dossier_id = $1 AND file_key <> ''`)
	paperKeys = db.SQL("dossier.erase.keys", `SELECT file_key FROM dossier_paper WHERE dossier_id = $1 AND file_key <> ''`)
	// The index has papers with a file alone.
	keyUsed  = db.SQL("dossier.erase.key_used", `SELECT COUNT(*) FROM dossier_paper WHERE file_key = $1 AND file_key <> ''`)
	keyNamed = db.SQL("dossier.erase.key_named", `
		SELECT p.file_key, MIN(p.file_size), MAX(p.file_size), MIN(d.code || ', paper ' || CAST(p.ord AS TEXT))
		FROM dossier_paper p
		JOIN dossier d ON d.id = p.dossier_id
		WHERE p.file_key > $1 AND p.file_key <> ''
		GROUP BY p.file_key
		ORDER BY p.file_key
		LIMIT 500`)
)

// FileUse is where dossiers refer to stored files.
var FileUse = file.Use{What: "scans of dossiers", Columns: []string{"dossier_paper.file_key"}, Count: keyUsed, Named: keyNamed}

// Erasables returns the dossiers that hold data of a person, in units where the
// actor may erase, and how many others there are. Whose they are is told masked.
// Faults: Forbidden; Invalid with field number; NotFound.
func (k *Desk) Erasables(ctx context.Context, q db.Queryer, a actor.Actor, s Subject) (list []Erasable, others int, err error) {
	if err := k.Guard.CheckAnywhere(a, auth.DossierErase); err != nil {
		return nil, 0, err
	}
	type held struct{ id, part string }
	var found []held
	number := digits(s.Number)
	if s.Code != "" {
		d, err := find(ctx, q, s.Code)
		if err != nil {
			return nil, 0, err
		}
		if err := k.Guard.Check(ctx, q, a, auth.DossierErase, d.State.Unit); err != nil {
			return nil, 0, err
		}
		p, err := db.One(ctx, q, personOf, scanPerson, d.ID)
		if err != nil {
			return nil, 0, err
		}
		// Without an identity number nothing says that a person of the same name is
		// the same.
		if number = p.IDNumber; number == "" {
			found = []held{{d.ID, PartApplicant}}
		}
	}
	if number == "" && len(found) == 0 {
		return nil, 0, fault.New(fault.Invalid, "form.invalid").With("number", "erase.number_missing")
	}
	if number != "" {
		found, err = db.All(ctx, q, erasableByNumber, func(r db.Scanner) (h held, err error) {
			err = r.Scan(&h.id, &h.part)
			return h, err
		}, number)
		if err != nil {
			return nil, 0, err
		}
	}
	for _, h := range found {
		d, err := db.One(ctx, q, byID, scan, h.id)
		if err != nil {
			return nil, 0, err
		}
		may, err := k.Guard.May(ctx, q, a, auth.DossierErase, d.State.Unit)
		if err != nil {
			return nil, 0, err
		}
		if !may {
			others++
			continue
		}
		x := Erasable{Dossier: d, Part: h.part}
		if x.Person, err = k.Masked(ctx, q, d); err != nil {
			return nil, 0, err
		}
		if h.part == PartApplicant {
			keys, err := db.Column[string](ctx, q, paperKeys, d.ID)
			if err != nil {
				return nil, 0, err
			}
			x.Papers = len(keys)
		}
		if err := k.erasable(ctx, q, &d); err != nil {
			if x.Problem = fault.As(err); x.Problem == nil {
				return nil, 0, err
			}
		}
		list = append(list, x)
	}
	return list, others, nil
}

// erasable returns why a dossier must still know its person.
func (k *Desk) erasable(ctx context.Context, q db.Queryer, d *Dossier) error {
	if !auth.EraseDossier.In(d.Stands()) {
		return fault.New(fault.Conflict, "erase.in_progress")
	}
	if err := k.held(ctx, q, d); err != nil {
		return err
	}
	x, err := k.keeper(ctx, q)
	if err != nil {
		return err
	}
	until, err := x.until(ctx, q, d)
	if err != nil {
		return err
	}
	if until > k.DB.Now().Date() {
		return fault.New(fault.Conflict, "erase.kept", "Until", until)
	}
	return nil
}

// held returns what keeps a dossier's data whatever the rules say.
func (k *Desk) held(ctx context.Context, q db.Queryer, d *Dossier) error {
	if n, err := db.Value[int](ctx, q, holdOpen, d.ID); err != nil || n > 0 {
		if err != nil {
			return err
		}
		return fault.New(fault.Conflict, "erase.held")
	}
	if n, err := db.Value[int](ctx, q, originalsOut, d.ID); err != nil || n > 0 {
		if err != nil {
			return err
		}
		return fault.New(fault.Conflict, "erase.originals", "Count", n)
	}
	return nil
}

// Erase takes a person's data out of the dossiers of a preview: name, numbers and
// addresses, scans, what was noted of the representative, and the same wherever
// else it was written down. Facts, figures and the trail stay: the trail's hashes
// lose their salt, so that nobody can tell any more whether a value was this one,
// and where somebody typed a name into a reason there it is taken out too.
// It cannot be undone; copies made before (backups) go when they are replaced.
// Source: Luật 91/2025/QH15; NĐ 356/2025/NĐ-CP.
//
// Faults: Forbidden; Invalid with fields reason, document, number; Conflict when
// the dossiers are no longer those that were shown, or one cannot be erased.
func (k *Desk) Erase(ctx context.Context, a actor.Actor, e Erasure) (n int, err error) {
	err = k.DB.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = k.EraseTx(ctx, tx, a, e)
		return err
	})
	return n, err
}

// EraseTx is Erase as part of another write.
func (k *Desk) EraseTx(ctx context.Context, tx *db.Tx, a actor.Actor, e Erasure) (int, error) {
	e.Reason, e.Document = strings.TrimSpace(e.Reason), strings.TrimSpace(e.Document)
	f := fault.New(fault.Invalid, "form.invalid")
	if e.Reason == "" {
		f.With("reason", "dossier.reason_missing")
	}
	if e.Document == "" {
		f.With("document", "erase.document_missing")
	}
	if err := f.Or(); err != nil {
		return 0, err
	}
	list, _, err := k.Erasables(ctx, tx, a, e.Subject)
	if err != nil {
		return 0, err
	}
	var codes []string
	list = slices.DeleteFunc(list, func(x Erasable) bool { return x.Problem != nil })
	for _, x := range list {
		codes = append(codes, x.Code)
	}
	if !slices.Equal(sortedCopy(codes), sortedCopy(e.Codes)) || len(codes) == 0 {
		return 0, fault.New(fault.Conflict, "erase.changed")
	}
	var scans []string
	for i := range list {
		if err := unnamed(ctx, tx, &list[i], e); err != nil {
			return 0, err
		}
		keys, err := k.erase(ctx, tx, a, &list[i], e)
		if err != nil {
			return 0, err
		}
		scans = append(scans, keys...)
	}
	if len(scans) > 0 {
		err = EraseFiles.Enqueue(ctx, tx, scans)
	}
	return len(list), err
}

func sortedCopy(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// unnamed refuses a request whose reason or document names the person: both stay, here
// and in the trail. It is for texts that somebody types about this one person. The
// decision by which a retention rule is carried out is about a whole unit's dossiers, and
// says nothing of one of them: where it has the unit's own name, an applicant of that name
// is no reason to refuse it.
func unnamed(ctx context.Context, tx *db.Tx, x *Erasable, e Erasure) error {
	p, err := db.One(ctx, tx, personOf, scanPerson, x.ID)
	if err != nil {
		return err
	}
	if s := scrubber(p, x.Part); s.in(e.Reason) || s.in(e.Document) {
		return fault.New(fault.Invalid, "form.invalid").With("reason", "erase.reason_names")
	}
	return nil
}

// erase takes the person out of one dossier and returns the keys of its scans.
func (k *Desk) erase(ctx context.Context, tx *db.Tx, a actor.Actor, x *Erasable, e Erasure) ([]string, error) {
	d := &x.Dossier
	p, err := db.One(ctx, tx, personOf, scanPerson, d.ID)
	if err != nil {
		return nil, err
	}
	s := scrubber(p, x.Part)
	var scans []string
	if x.Part == PartAgent {
		_, err = tx.Exec(ctx, eraseAgentName, Erased, d.ID)
	} else {
		if scans, err = db.Column[string](ctx, tx, paperKeys, d.ID); err != nil {
			return nil, err
		}
		if _, err = tx.Exec(ctx, erasePapers, d.ID); err != nil {
			return nil, err
		}
		if _, err = tx.Exec(ctx, erasePerson, Erased, i18n.Fold(Erased), d.ID); err != nil {
			return nil, err
		}
		if _, err = unfind(ctx, tx, d.ID); err != nil {
			return nil, err
		}
		f := d.findable(Erased)
		err = enterFound(ctx, tx, [][]any{f.args(d.ID)}, f.wordRows(d.ID))
	}
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, eraseAgent, d.ID); err != nil {
		return nil, err
	}
	if err := s.rows(ctx, tx, d.ID); err != nil {
		return nil, err
	}
	if err := look.Scrub(ctx, tx, d.ID, s.text); err != nil {
		return nil, err
	}
	redacted := &audit.Redaction{}
	if k.Forget != nil {
		if err := k.Forget(ctx, tx, Forgotten{ID: d.ID, Code: d.Code, Part: x.Part, Actor: a, Scrub: s.text, Redact: redacted}); err != nil {
			return nil, err
		}
	}
	if err := s.trail(ctx, tx, a, redacted, d.ID); err != nil {
		return nil, err
	}
	if err := tx.InsertRows(ctx, erasedAdd, [][]any{{d.ID, x.Part, tx.Now, a.Account, e.Reason, e.Document}}); err != nil {
		return nil, err
	}
	if k.Publish != nil {
		k.Publish(ctx, tx, d.State.Unit, d.Code)
	}
	return scans, audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierErase), Kind: "dossier", ID: d.ID, Unit: d.State.Unit, Reason: e.Reason,
		Changes: append([]audit.Change{{Field: "erased", To: x.Part}, {Field: "document", To: e.Document}, {Field: "scans", To: strconv.Itoa(len(scans))}}, redacted.Changes()...)})
}

// An Erasing is what was erased of a dossier, and at whose request.
type Erasing struct {
	Part             string
	At               moment.Instant
	Account          string
	Reason, Document string
}

var personErased = db.SQL("dossier.erased.person", `SELECT COUNT(*) FROM dossier_erased WHERE dossier_id = $1 AND part = 'applicant'`)

// Erasings returns what was erased of a dossier; none is the usual.
func (k *Desk) Erasings(ctx context.Context, q db.Queryer, d Dossier) ([]Erasing, error) {
	return db.All(ctx, q, erasedOf, func(r db.Scanner) (e Erasing, err error) {
		err = r.Scan(&e.Part, &e.At, &e.Account, &e.Reason, &e.Document)
		return e, err
	}, d.ID)
}

// digits leaves the figures of a number as people type them.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, s)
}
