package auth

// The other half of the policy: what may be done to a thing in which of its states.
// A person needs the act's verb where the thing is, and the thing must stand in one
// of the act's states; what is not written here is refused. What else an act asks
// for (a reason, a person who holds the step, scores that nobody changed meanwhile)
// the room says after that. docs/security/policy.md shows the whole of it.

// Dossiers (hồ sơ), by their national status (1 to 10 of the national portal) and
// what their clock waits for; see State.Stands of package dossier.
var dossiers = kindOf("dossier",
	"registered asked recalled recalled_asked",          // arrived, and not accepted: 1, 5, 7
	"accepted in_progress paused supplement obligation", // 2, 4, 4, 5, 6
	"withdrawing withdrawing_paused",                    // 7
	"withdrawing_supplement withdrawing_obligation",     // 7
	"finished stopped handed_over not_accepted voided",  // 9, 8, 10, 3, 3
	"erased", // over, and nobody knows any more whose it was
)

const (
	arrived  = "registered asked recalled recalled_asked"
	running  = "accepted in_progress"
	wanted   = "withdrawing withdrawing_paused withdrawing_supplement withdrawing_obligation"
	underWay = running + " paused supplement obligation " + wanted
	over     = "finished stopped handed_over not_accepted voided"
)

var (
	AcceptDossier  = dossiers.act("accept", DossierReceive, "registered asked")
	DeclineDossier = dossiers.act("decline", DossierReceive, arrived)

	ClaimStep     = dossiers.act("claim", DossierProcess, underWay)
	AllotStep     = dossiers.act("allot", DossierProcess, underWay)
	ForwardStep   = dossiers.act("forward", DossierProcess, underWay)
	SendBackStep  = dossiers.act("send_back", DossierProcess, underWay)
	ConsultBody   = dossiers.act("consult", DossierProcess, underWay)
	NoteAnswer    = dossiers.act("note_answer", DossierProcess, underWay+" "+over)
	HandStepOn    = dossiers.act("hand_step_on", AccountHandover, underWay)
	AllotMany     = dossiers.act("allot_many", DossierProcess, underWay)
	ForwardMany   = dossiers.act("forward_many", DossierProcess, running+" withdrawing")
	UndoMany      = dossiers.act("undo_many", DossierProcess, underWay)
	AskForPapers  = dossiers.act("ask_for_papers", DossierProcess, "registered "+running)
	SupplyPapers  = dossiers.act("supply_papers", DossierReceive, "asked recalled_asked supplement withdrawing_supplement")
	ObligeDossier = dossiers.act("oblige", DossierProcess, running)
	MeetDuty      = dossiers.act("meet_obligation", DossierPay, "obligation withdrawing_obligation")
	PauseDossier  = dossiers.act("pause", DossierProcess, running)
	ResumeDossier = dossiers.act("resume", DossierProcess, "paused withdrawing_paused")
	ExtendDossier = dossiers.act("extend", DossierProcess, running)
	PayDossier    = dossiers.act("pay", DossierPay, arrived+" "+underWay+" finished stopped handed_over")
	AddPaper      = dossiers.act("add_paper", DossierProcess, arrived+" "+underWay+" "+over)

	FinishDossier     = dossiers.act("finish", DossierProcess, running+" withdrawing")
	RefuseDossier     = dossiers.act("refuse", DossierProcess, underWay)
	StopDossier       = dossiers.act("stop", DossierProcess, underWay)
	ApologiseDossier  = dossiers.act("apologise", DossierApologise, underWay)
	AskWithdrawal     = dossiers.act("ask_withdrawal", DossierReceive, "registered asked "+running+" paused supplement obligation")
	ConfirmWithdrawal = dossiers.act("confirm_withdrawal", DossierProcess, "recalled recalled_asked "+wanted)
	DeclineWithdrawal = dossiers.act("decline_withdrawal", DossierProcess, "recalled recalled_asked "+wanted)
	HandOverResult    = dossiers.act("hand_over", DossierReturn, running+" finished stopped erased")
	HandOverMany      = dossiers.act("hand_over_many", DossierReturn, "finished stopped erased")
	NoteContact       = dossiers.act("note_contact", DossierReturn, "finished stopped")
	KeepOriginal      = dossiers.act("keep_original", DossierReceive, arrived+" "+underWay+" "+over)

	CorrectFact      = dossiers.act("correct", DossierCorrect, arrived+" "+underWay+" "+over)
	VoidReceipt      = dossiers.act("void_receipt", DossierCorrect, arrived+" "+underWay)
	Complain         = dossiers.act("complain", DossierReceive, arrived+" "+underWay+" "+over)
	ReverseComplaint = dossiers.act("reverse_complaint", DossierCorrect, arrived+" "+underWay+" "+over)
	RateDossier      = dossiers.act("rate", DossierRead, "finished stopped handed_over").by(byToken)
	ExplainRating    = dossiers.act("explain_rating", DossierRead, underWay+" finished stopped handed_over").by(byToken)

	TransferDossier = dossiers.act("transfer", UnitChange, arrived+" "+underWay)
	EraseDossier    = dossiers.act("erase", DossierErase, over+" erased")

	// What another system or the program itself tells.
	ImportFacts    = dossiers.act("import", DossierImport, arrived+" "+underWay+" "+over+" erased")
	FollowFeed     = dossiers.act("follow_feed", DossierImport, arrived+" "+underWay+" "+over+" erased")
	TellWithdrawal = dossiers.act("tell_withdrawal", DossierImport, "registered asked "+running+" paused supplement obligation")
	TellSupply     = dossiers.act("tell_supply", DossierImport, "asked recalled_asked supplement withdrawing_supplement")
	SweepDossier   = dossiers.act("sweep", DossierProcess, arrived+" "+underWay+" "+over+" erased").by(byProgram)
)

// Who does an act that is no matter of roles.
const (
	byToken   = "token"   // who has the receipt, by the token on it
	byProgram = "program" // the program, after a change of units or of the calendar
)
