package serviceindex

// A Measure names a number that formulas are made of.
type Measure string

// Measures of single dossiers. Received, online and what follows count dossiers
// received in the period; timed ones those that ended in it or are overdue.
const (
	Received   Measure = "received"
	Online     Measure = "online"
	EResult    Measure = "e_result"
	Digitised  Measure = "digitised"
	Reused     Measure = "reused"
	Population Measure = "population"
	Synced     Measure = "synced"
	Obliged    Measure = "obliged"
	PaidOnline Measure = "paid_online"
	Displeased Measure = "displeased" // late, overdue or complained of
	Satisfied  Measure = "satisfied"  // received and not displeased
	Timed      Measure = "timed"
	TimedOK    Measure = "timed_ok"
	TimedLate  Measure = "timed_late" // timed and not in time
)

// Measures of procedures: a unit's different procedures among the dossiers of
// another measure.
const (
	ProceduresOnline     Measure = "procedures_online"
	ProceduresPopulation Measure = "procedures_population"
	ProceduresObliged    Measure = "procedures_obliged"
	ProceduresPaid       Measure = "procedures_paid"
)

// Measures of the catalogue: procedures in force at the end of the period that
// are within the authority (thẩm quyền) of a body.
const (
	Authority       Measure = "authority"
	AuthorityOnline Measure = "authority_online" // fully or partly online
	AuthorityFee    Measure = "authority_fee"    // with a fee
)

type source int

const (
	fromDossiers source = iota + 1
	fromProcedures
	fromCatalogue
)

// measures are all that a formula may name.
var measures = map[Measure]source{
	Received: fromDossiers, Online: fromDossiers, EResult: fromDossiers, Digitised: fromDossiers, Reused: fromDossiers,
	Population: fromDossiers, Synced: fromDossiers, Obliged: fromDossiers, PaidOnline: fromDossiers,
	Displeased: fromDossiers, Satisfied: fromDossiers, Timed: fromDossiers, TimedOK: fromDossiers, TimedLate: fromDossiers,
	ProceduresOnline: fromProcedures, ProceduresPopulation: fromProcedures, ProceduresObliged: fromProcedures, ProceduresPaid: fromProcedures,
	Authority: fromCatalogue, AuthorityOnline: fromCatalogue, AuthorityFee: fromCatalogue,
}

// among is the measure of dossiers whose procedures a measure counts.
var among = map[Measure]Measure{
	ProceduresOnline: Online, ProceduresPopulation: Population, ProceduresObliged: Obliged, ProceduresPaid: PaidOnline,
}

// DossierMeasures lists the counts that a Source gives for each unit, and lists
// the dossiers of: those of single dossiers, without what follows from others.
var DossierMeasures = []Measure{Received, Online, EResult, Digitised, Reused, Population, Synced, Obliged, PaidOnline,
	Displeased, Timed, TimedOK}

// ProcedureMeasures lists the counts of different procedures that a Source gives
// for each unit; their lists follow from those of dossiers.
var ProcedureMeasures = []Measure{ProceduresOnline, ProceduresPopulation, ProceduresObliged, ProceduresPaid}
