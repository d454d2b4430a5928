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
	SayNotices       = dossiers.act("say_notices", DossierReceive, arrived+" "+underWay+" "+over) // by which ways the applicant is told
	StopNotices      = dossiers.act("stop_notices", DossierRead, arrived+" "+underWay+" "+over).by(byToken)
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

// The counter's day.
var (
	originals    = kindOf("original", "kept given_back")
	GiveOriginal = originals.act("give_back", DossierReturn, "kept")

	drawers    = kindOf("drawer", "none open closed") // an officer's cash of a day
	OpenDrawer = drawers.act("open_up", DossierPay, "none")
	MoveCash   = drawers.act("move_cash", DossierPay, "none open")
	CountCash  = drawers.act("close", DossierPay, "open").by(byHolder)
	AdjustCash = drawers.act("adjust", DossierCorrect, "closed")

	handLists  = kindOf("hand_list", "drawn_up handed")
	GiveList   = handLists.act("hand", DossierReturn, "drawn_up")
	TrackList  = handLists.act("track", DossierReturn, "drawn_up handed")
	SettleItem = handLists.act("settle", DossierReturn, "handed")

	turns        = kindOf("turn", "waiting called served missed left")
	RecallTurn   = turns.act("recall", DossierReceive, "called")
	ServeTurn    = turns.act("serve", DossierReceive, "called")
	MissTurn     = turns.act("miss", DossierReceive, "called")
	TransferTurn = turns.act("transfer", DossierReceive, "waiting called")

	reserved      = kindOf("reserved_number", "open answered")
	UseNumber     = reserved.act("use", DossierReceive, "open")
	CancelReserve = reserved.act("cancel", DossierReceive, "open")

	books     = kindOf("book", "year_runs year_over closed")
	CloseYear = books.act("close", BookClose, "year_over")
)

// The PAR index: rounds by their approval, sheets from the unit's side, a sheet in a
// stage of appraisal from the appraiser's. A round is approving while the stage of
// approval is open; a sheet is left when its stage locked and nobody handed it in.
var (
	rounds          = kindOf("round", "open approving approved")
	ChangeCalendar  = rounds.act("change_calendar", RoundKeep, "open approving")
	ReopenStage     = rounds.act("reopen_stage", RoundKeep, "open approving")
	AssignAppraiser = rounds.act("assign_appraisers", RoundKeep, "open approving")
	TakeMeasures    = rounds.act("take_measures", RoundKeep, "open approving")
	RefreshSheets   = rounds.act("refresh_sheets", RoundKeep, "open approving")
	KeepSheet       = rounds.act("keep_sheet", RoundKeep, "open approving") // regroup, note, leave out, take back in
	DeleteRound     = rounds.act("delete", RoundKeep, "open approving")
	ApproveRound    = rounds.act("approve", ResultPublish, "approving")
	ProposeResult   = rounds.act("propose_result", "", "approved").by(byPreparer)

	sheets        = kindOf("sheet", "ahead draft left handed_in handed_in_explaining explaining locked approved removed")
	EnterScore    = sheets.act("enter_score", ScoreEnter, "draft").by(byUnit)
	HandInSheet   = sheets.act("hand_in", ScoreEnter, "draft left").by(byUnit)
	HandInFor     = sheets.act("hand_in_for", RoundKeep, "left")
	TakeSheetBack = sheets.act("take_back", ScoreEnter, "handed_in handed_in_explaining").by(byUnit)
	AttachProof   = sheets.act("attach", ScoreEnter, "draft handed_in_explaining explaining approved").by(byUnit)
	DetachProof   = sheets.act("detach", ScoreEnter, "draft handed_in_explaining explaining").by(byUnit)
	FileAppeal    = sheets.act("appeal", ScoreEnter, "approved").by(byUnit)

	stages       = kindOf("stage", "closed removed not_handed_in open")
	JudgeSheet   = stages.act("appraise", ScoreAppraise, "open").by(byAppraiser)
	CouncilScore = stages.act("council_score", RoundKeep, "open")
	AskUnit      = stages.act("ask_unit", ScoreAppraise, "open").by(byAppraiser)
	AnswerAsked  = stages.act("answer", ScoreEnter, "open not_handed_in").by(byUnit)

	appeals      = kindOf("appeal", "waiting decided")
	DecideAppeal = appeals.act("decide", ResultPublish, "waiting")

	sets       = kindOf("criteria_set", "draft issued superseded")
	ReadDraft  = sets.act("read_draft", CriteriaChange, "draft")
	ChangeSet  = sets.act("change", CriteriaChange, "draft") // and delete, and issue
	NextSet    = sets.act("next_version", CriteriaChange, "issued superseded")
	DeriveSet  = sets.act("derive", CriteriaChange, "issued superseded")
	CopySet    = sets.act("copy", CriteriaChange, "draft issued superseded")
	ScoreBySet = sets.act("score_by", RoundKeep, "issued superseded")

	results       = kindOf("result", "prepared published amended")
	ApproveResult = results.act("approve", ResultPublish, "prepared").by(byChair)
	DiscardResult = results.act("discard", "", "prepared").by(byPreparer)
	AmendResult   = results.act("amend", "", "published").by(byPreparer)
	PlanRemedy    = results.act("plan_remedy", "", "published amended").by(byRemedier)
)

// Files that are brought in (lượt nhập); the right is that of the kind of file.
var (
	imported      = kindOf("import", "waiting checking checked storing cut_off done failed abandoned")
	StoreImport   = imported.act("store", "", "checked cut_off").by(byFile)
	RecheckImport = imported.act("recheck", "", "checked failed").by(byFile)
	AbandonImport = imported.act("abandon", "", "waiting checking checked cut_off failed").by(byFile)
)

// Personal data: requests of data subjects, what a retention rule proposes, and holds.
var (
	requests       = kindOf("request", "received identified answered refused")
	IdentifyPerson = requests.act("identify", PrivacyAnswer, "received identified")
	AssignRequest  = requests.act("assign", PrivacyAnswer, "received identified")
	AnswerRequest  = requests.act("answer", PrivacyAnswer, "received identified")
	OpenData       = requests.act("open_data", PrivacyAnswer, "identified answered") // and dossier.read_person

	retention      = kindOf("retention", "none proposed approved refused done")
	ProposeErasing = retention.act("propose", "", "none refused done").by(byKeeper)
	DecideErasing  = retention.act("decide", PrivacyApprove, "proposed")
	CarryErasing   = retention.act("carry_out", PrivacyApprove, "approved").by(byProgram)
	holds          = kindOf("hold", "in_force ended")
	EndHold        = holds.act("end", "", "in_force").by(byKeeper)
)

// Accounts, and what they give and use. One with a first password may change that and
// nothing else; one whose unit ended, and to whom nobody gave another role, reads.
// Locked is no state of an account: too many tries close sign-in from where they came,
// for minutes.
var (
	accounts       = kindOf("account", "first_password active read_only closed")
	UseAccount     = accounts.act("use", "", openAccount).by(bySelf) // sign in, and every request after that
	SetOwnPassword = accounts.act("set_own_password", "", openAccount).by(bySelf)
	GiveDelegation = accounts.act("delegate", "", "active").by(bySelf)
	TakeDelegation = accounts.act("be_delegated", "", "first_password active").by(byGiver)
	ActForAnother  = accounts.act("act_for_another", "", "active").by(bySelf)
	MakeToken      = accounts.act("make_token", "", "active").by(byHolderOrKeeper)
	RenameAccount  = accounts.act("rename", AccountChange, openAccount+" closed").by(byEverywhere)
	NewPassword    = accounts.act("reset_password", AccountChange, openAccount+" closed").by(byEverywhere)
	DropSecond     = accounts.act("reset_factor", AccountChange, openAccount+" closed").by(byEverywhere)
	CutSessions    = accounts.act("end_sessions", AccountChange, openAccount+" closed").by(byEverywhere)
	ForgetTries    = accounts.act("unlock", AccountChange, openAccount+" closed").by(byEverywhere)
	LinkIdentity   = accounts.act("link", AccountChange, openAccount).by(byEverywhere)
	UnlinkIdentity = accounts.act("unlink", AccountChange, openAccount+" closed").by(byEverywhere)
	GiveRole       = accounts.act("grant", AccountChange, openAccount).by(byEverywhere)
	EndRole        = accounts.act("revoke", AccountChange, openAccount+" closed").by(byEverywhere)
	CloseAccount   = accounts.act("close", AccountChange, openAccount).by(byEverywhere)
	OpenAccount    = accounts.act("open", AccountChange, "closed").by(byEverywhere)
	HandWorkOn     = accounts.act("hand_work_on", AccountHandover, openAccount+" closed")
	TakeWork       = accounts.act("take_work", AccountHandover, "first_password active")

	delegations   = kindOf("delegation", "coming now over withdrawn")
	UseDelegation = delegations.act("use", "", "now").by(byTaker)
	EndDelegation = delegations.act("withdraw", "", "coming now").by(byGiverTakerOrKeeper)

	tokens   = kindOf("token", "live expired withdrawn")
	UseToken = tokens.act("use", "", "live").by(byBearer)
	EndToken = tokens.act("withdraw", "", "live").by(byHolderOrKeeper)
)

const openAccount = "first_password active read_only"

// Units on the day of an act, days of a calendar as a unit itself (or the nation)
// entered them, and jobs.
var (
	units      = kindOf("unit", "to_come in_force changed_that_day changed_later ended") // ended: its last day is known
	AmendUnit  = units.act("amend", UnitChange, "in_force changed_that_day")             // name, code, level, parent, facts
	EndUnit    = units.act("end", UnitChange, "in_force")                                // dissolve it, or put it together with others
	DivideUnit = units.act("divide", UnitChange, "in_force")                             // among others, itself gone
	CarryOn    = units.act("carry_on", UnitChange, "in_force changed_that_day")          // take what another leaves, or keep a part

	calendarDays = kindOf("calendar_day", "free entered")
	EnterDay     = calendarDays.act("enter", CalendarChange, "free entered") // anew too, when it was entered otherwise
	WithdrawDay  = calendarDays.act("withdraw", CalendarChange, "entered")

	jobs      = kindOf("job", "waiting running failing given_up cancelled done")
	RetryJob  = jobs.act("retry", SystemKeep, "waiting failing given_up cancelled").by(byTop)
	CancelJob = jobs.act("cancel", SystemKeep, "waiting running failing").by(byTop)
)

// Links to other systems.
var (
	links     = kindOf("link", "in_use ended")
	TellAgain = links.act("tell_again", DossierImport, "in_use")
	FetchList = links.act("fetch_list", DossierImport, "in_use")
)

// Who does an act where the verb alone does not say.
const (
	byToken     = "token"     // who has the receipt, by the token on it
	byProgram   = "program"   // the program, after a change of units or of the calendar, or by a schedule
	byHolder    = "holder"    // whose drawer it is
	byUnit      = "unit"      // with a post in the unit itself
	byAppraiser = "appraiser" // who was assigned the field, and is not of the unit
	byPreparer  = "preparer"  // round.keep or result.publish
	byChair     = "chair"     // the chairperson, who did not prepare it
	byRemedier  = "remedier"  // score.enter or round.keep
	byFile      = "file"      // the verb of the file's kind
	byKeeper    = "keeper"    // privacy.keep or privacy.approve

	bySelf               = "self"       // whose account it is
	byEverywhere         = "everywhere" // the verb, wherever the account holds a role
	byGiver              = "giver"      // who delegates
	byTaker              = "taker"      // to whom it was given
	byGiverTakerOrKeeper = "giver_or_taker"
	byHolderOrKeeper     = "self_or_keeper"
	byBearer             = "bearer" // who has its secret
	byTop                = "top"    // the verb, in every unit at the top
)
