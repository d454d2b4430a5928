// Package auth knows who may do what where: accounts, passwords, sessions, and
// one table of which role may do which verb. A role is granted in a unit and
// holds there and below it; what no grant allows is denied.
package auth

import (
	"slices"
	"strings"

	"cchc/base/actor"
)

// A Verb is something that a person may or may not do.
type Verb string

const (
	UnitRead          Verb = "unit.read"
	UnitChange        Verb = "unit.change"
	CalendarChange    Verb = "calendar.change"
	ProcedureChange   Verb = "procedure.change"
	DossierReceive    Verb = "dossier.receive"
	DossierProcess    Verb = "dossier.process" // steps, supplement, pause, obligation, finish, refuse, stop
	DossierReturn     Verb = "dossier.return"
	DossierApologise  Verb = "dossier.apologise"
	DossierPay        Verb = "dossier.pay"
	DossierCorrect    Verb = "dossier.correct"
	DossierRead       Verb = "dossier.read"
	DossierReadPerson Verb = "dossier.read_person" // the numbers that lists and pages mask
	DossierImport     Verb = "dossier.import"
	DossierErase      Verb = "dossier.erase" // taking a person's data out of what is closed, for good
	BookClose         Verb = "book.close"    // closing a book of numbered forms, for ever
	BoardRead         Verb = "board.read"
	IndexRead         Verb = "index.read"
	IndexEnter        Verb = "index.enter" // measures that need outside data
	ReportRead        Verb = "report.read"
	ReportEnter       Verb = "report.enter" // indices of the evaluation that facts cannot tell
	AuditRead         Verb = "audit.read"
	AccountChange     Verb = "account.change"
	AccountHandover   Verb = "account.handover" // giving what is on one person's hands to another
	CounterRead       Verb = "counter.read"     // the counter's day: cash sheets, lists, batches, custody, reserved numbers
	CounterSet        Verb = "counter.set"      // what a unit sets for its counter
	SettingChange     Verb = "setting.change"
	SystemKeep        Verb = "system.keep"     // jobs and health of the installation
	NoticeKeep        Verb = "notice.keep"     // templates and log of notices
	LogCosign         Verb = "log.cosign"      // co-signing checkpoints of other logs: what a lower unit's server asks for
	ScoreRead         Verb = "score.read"      // the PAR index of a unit: sheets that are locked, results, projection
	ScoreEnter        Verb = "score.enter"     // self-scores, evidence and explanations of a unit's own sheet
	ScoreAppraise     Verb = "score.appraise"  // appraisal of sheets of units below, where a person was assigned; never of one's own unit
	CriteriaChange    Verb = "criteria.change" // drafts of criteria sets, and issuing them
	RoundKeep         Verb = "round.keep"      // rounds: stages, assignments, reopening, council's scores
	PrivacyLook       Verb = "privacy.look"    // who looked at a dossier, and what left in files
	PrivacyKeep       Verb = "privacy.keep"    // how long data are kept, holds, and the purposes of looking
	PrivacyApprove    Verb = "privacy.approve" // letting a retention rule take people out of dossiers
	PrivacyReceive    Verb = "privacy.receive" // registering a request of a person about their data
	PrivacyAnswer     Verb = "privacy.answer"  // assigning and answering it
	ResultPublish     Verb = "result.publish"  // approval, publication and its amendment, published history
)

// Verbs lists every verb.
var Verbs = []Verb{
	UnitRead, UnitChange, CalendarChange, ProcedureChange,
	DossierReceive, DossierProcess, DossierReturn, DossierApologise, DossierPay, DossierCorrect,
	DossierRead, DossierReadPerson, DossierImport, DossierErase, BookClose,
	BoardRead, IndexRead, IndexEnter, ReportRead, ReportEnter, AuditRead, AccountChange, AccountHandover,
	CounterRead, CounterSet, SettingChange, SystemKeep, NoticeKeep, LogCosign,
	ScoreRead, ScoreEnter, ScoreAppraise, CriteriaChange, RoundKeep, ResultPublish,
	PrivacyLook, PrivacyKeep, PrivacyApprove, PrivacyReceive, PrivacyAnswer,
}

// Reads lists the verbs that change nothing and open nothing that is masked: what
// remains to somebody whose unit is no more.
var Reads = []Verb{UnitRead, DossierRead, BoardRead, IndexRead, ReportRead, AuditRead, CounterRead, ScoreRead}

// policy is the whole of it: a role may do the verbs of its row and no other.
var policy = map[actor.Role][]Verb{
	// Keeps the system and decides no dossier; citizens' numbers are no business
	// of the keeper's.
	actor.Administrator: {
		UnitRead, UnitChange, CalendarChange, ProcedureChange, AccountChange, AccountHandover, AuditRead,
		DossierImport, DossierErase, DossierRead, BoardRead, IndexRead, IndexEnter, ReportRead, ReportEnter, CounterSet, SettingChange, SystemKeep, NoticeKeep, LogCosign,
		ScoreRead, CriteriaChange, RoundKeep,
		PrivacyLook, PrivacyKeep, PrivacyReceive, PrivacyAnswer,
	},
	// Reads all, signs, and apologises (xin lỗi) in the body's name.
	actor.Chairperson: {
		UnitRead, DossierRead, DossierReadPerson, BoardRead, IndexRead, ReportRead, AuditRead,
		DossierProcess, DossierApologise, CounterRead, AccountHandover,
		BookClose, ScoreRead, ResultPublish,
		PrivacyLook, PrivacyApprove, PrivacyReceive, PrivacyAnswer,
	},
	actor.HomeAffairs: {
		UnitRead, DossierRead, BoardRead, IndexRead, ReportRead,
		IndexEnter, ReportEnter, DossierImport, CalendarChange, ProcedureChange, CounterSet,
		BookClose, ScoreRead, ScoreEnter, ScoreAppraise, CriteriaChange, RoundKeep, ResultPublish,
	},
	actor.OneStop: {
		UnitRead, DossierRead, DossierReadPerson, BoardRead, IndexRead, ReportRead,
		DossierReceive, DossierReturn, DossierApologise, DossierPay, DossierProcess, DossierCorrect, CounterRead,
		PrivacyReceive, PrivacyAnswer,
	},
	actor.Specialist: {
		UnitRead, DossierRead, BoardRead, IndexRead, DossierProcess,
		ScoreRead, ScoreEnter, ScoreAppraise,
	},
	// Every read, and nothing else.
	actor.Auditor: {
		UnitRead, DossierRead, DossierReadPerson, BoardRead, IndexRead, ReportRead, AuditRead, CounterRead,
		ScoreRead, PrivacyLook,
	},
}

// grants reports whether the grant has the verb.
func grants(g actor.Grant, v Verb) bool {
	return Allows(g.Role, v) && (g.Only == "" || slices.Contains(strings.Fields(g.Only), string(v)))
}

// Of returns the verbs of a role, in the order of Verbs.
func Of(r actor.Role) []Verb {
	var out []Verb
	for _, v := range Verbs {
		if Allows(r, v) {
			out = append(out, v)
		}
	}
	return out
}

// Allows reports whether the role may do the verb where it is granted.
func Allows(r actor.Role, v Verb) bool { return slices.Contains(policy[r], v) }
