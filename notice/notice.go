// Package notice tells people what they should know (thông báo): officers in the
// product and by e-mail, applicants by e-mail, SMS or Zalo. What happened is read
// from facts after they were written, so that no verb waits for a notice; each
// event is told to each person once. What leaves the program stands in a queue
// that tries again, and the queue is the log of what was sent.
//
// Notices carry codes, dates, names of procedures and units. Addresses are read
// when a message is sent and are kept nowhere else.
package notice

import (
	"context"
	"sync"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/job"
	"cchc/base/moment"
	"cchc/setting"
	"cchc/unit"
)

// Channels by which a notice goes.
const (
	App   = "app"   // in the product: officers only
	Email = "email" // both
	SMS   = "sms"   // applicants
	Zalo  = "zalo"  // applicants who agreed
)

// Channels lists them in the order in which pages do.
var Channels = []string{App, Email, SMS, Zalo}

// Leaving lists the channels that leave the program.
var Leaving = []string{Email, SMS, Zalo}

// An Event is something that people are told of.
type Event struct {
	Key       string
	Applicant bool     // told to the applicant, otherwise to an officer
	Fields    []string // names that its templates may use
}

// Channels returns by which channels the event can be told.
func (e Event) Channels() []string {
	if e.Applicant {
		return []string{Email, SMS, Zalo}
	}
	return []string{App, Email}
}

var (
	ofDossier   = []string{"code", "procedure", "unit", "step", "due", "link"}
	ofRound     = []string{"round", "stage", "unit", "closes", "link"}
	ofLeaf      = []string{"round", "leaf", "unit", "link"}
	ofApplicant = []string{"name", "code", "procedure", "unit", "due", "link", "stop"}
)

// Events lists every event, officers' first.
var Events = []Event{
	{Key: "assigned", Fields: ofDossier},  // a step was given to me
	{Key: "sent_back", Fields: ofDossier}, // a step came back to me
	{Key: "supplied", Fields: ofDossier},  // papers came to a dossier that I hold
	{Key: "due", Fields: []string{"count", "overdue", "list", "day", "link"}},
	{Key: "digest", Fields: []string{"subject", "text", "link"}},
	{Key: "score_opens", Fields: ofRound},
	{Key: "score_closes", Fields: ofRound},
	{Key: "score_asked", Fields: ofLeaf},
	{Key: "score_answered", Fields: ofLeaf},
	{Key: "score_verdict", Fields: ofRound},
	{Key: "score_published", Fields: []string{"round", "unit", "link"}},
	{Key: "privacy_request", Fields: []string{"number", "unit", "due", "link"}}, // a person asks about their data
	{Key: "privacy_late", Fields: []string{"number", "unit", "due", "link"}},
	{Key: "received", Applicant: true, Fields: ofApplicant},
	{Key: "not_accepted", Applicant: true, Fields: ofApplicant},
	{Key: "papers", Applicant: true, Fields: ofApplicant},
	{Key: "apology", Applicant: true, Fields: append([]string{"promised"}, ofApplicant...)},
	{Key: "ready", Applicant: true, Fields: ofApplicant},
	{Key: "stopped", Applicant: true, Fields: ofApplicant},
	{Key: "returned", Applicant: true, Fields: ofApplicant},
}

// EventOf returns the event of a key.
func EventOf(key string) (Event, bool) {
	for _, e := range Events {
		if e.Key == key {
			return e, true
		}
	}
	return Event{}, false
}

// A Happening is a fact about a dossier that may be news to somebody.
type Happening struct {
	Dossier, Code string
	Unit          unit.ID
	Procedure     string // its name
	Seq           int
	Kind, How     string // of the fact
	At            moment.Instant
	Account       string // who entered it: nobody is told of what they did
	Due, Promised moment.Instant
	Holder        string // account that holds the dossier now
	Step, StepOf  string // name and account of the step that the fact is about
	StepDue       moment.Instant
	Email, Phone  bool // the applicant gave one
	// What the applicant is told by, masked for the log.
	MaskedEmail, MaskedPhone string
}

// A Late is a step that is due or overdue, for an account that holds it or, when
// nobody took it, may take it.
type Late struct {
	Account string
	Code    string
	Step    string
	Due     moment.Instant
}

// An Addressee is the applicant of a dossier.
type Addressee struct{ Name, Email, Phone, Token string }

// A Source tells what happened to dossiers.
type Source interface {
	// Happened gives what was entered at or after a moment, dossier by dossier. It
	// leaves out dossiers of which known says that what was entered until recorded,
	// the last time, needs no reading.
	Happened(ctx context.Context, from moment.Instant, known func(dossier string, recorded moment.Instant) bool, each func([]Happening) error) error
	// Late returns, of the units that work on the day, the steps that are due by the
	// end of their next working day or overdue, the longest due first.
	Late(ctx context.Context, day moment.Date) ([]Late, error)
	// Addressee returns whom a dossier's notices go to. Errors: db.ErrNotFound.
	Addressee(ctx context.Context, dossier string) (Addressee, error)
	// ByToken returns the dossier of an applicant's secret. Errors: db.ErrNotFound.
	ByToken(ctx context.Context, token string) (dossier, code string, u unit.ID, err error)
	// May returns nil when a may do an act to a dossier as it stands. Faults: Forbidden,
	// Conflict.
	May(ctx context.Context, q db.Queryer, a actor.Actor, x auth.Act, dossier string) error
}

// A Book keeps notices, their templates, and what is on its way. DB, Guard, Units
// and Source are needed.
type Book struct {
	DB     *db.DB
	Guard  auth.Guard
	Units  *unit.Book
	Source Source

	// Senders by channel; what has none is not sent, and no message is made.
	Senders map[string]Sender
	// Base is the address at which people reach the product; without it links in
	// messages are left out.
	Base     string
	Settings *setting.Book // nil: what is usual
	// Tell takes part in the write that gives an account a new notice, to tell whoever
	// watches once it is committed; may be nil.
	Tell func(tx *db.Tx, account string)

	mu   sync.Mutex
	read map[string]moment.Instant // dossiers, and until when what was entered there was read
	seen map[string]moment.Instant // keys told of late, so that they are not written again

}

// KeepDays is for how many days notices and the log of messages are kept. What is
// proposed is long enough to answer a complaint about a dossier, whose first time limit
// is 90 days (Law on complaints 02/2011/QH13, article 9).
var KeepDays = &setting.Setting{Name: "notice.keep_days", Group: setting.Retention, Kind: setting.Integer,
	Usual: "180", Least: 30, Most: 3650, System: true, Verb: auth.SettingChange}

// Send is the job that sends what is due on a channel.
var Send = job.Kind[string]{Name: "notice.send", Timeout: 10 * time.Minute, Attempts: 3}

// Check returns nil for who keeps the notices of the whole installation: its
// templates and log belong to no single unit.
func (b *Book) Check(ctx context.Context, q db.Queryer, a actor.Actor) error {
	if err := b.Guard.CheckAnywhere(a, auth.NoticeKeep); err != nil {
		return err
	}
	tree, err := b.Units.Today(ctx, q)
	if err != nil {
		return err
	}
	for _, root := range tree.Roots() {
		if err := b.Guard.Check(ctx, q, a, auth.NoticeKeep, root); err != nil {
			return err
		}
	}
	return nil
}
