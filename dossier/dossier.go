package dossier

import (
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/unit"
)

// Status is the national status of a dossier (trạng thái hồ sơ), codes 1 to 10
// of the national portal. It is computed from facts and never entered.
type Status int

const (
	Registered  Status = 1  // mới đăng ký
	Accepted    Status = 2  // được tiếp nhận
	NotAccepted Status = 3  // không được tiếp nhận
	InProgress  Status = 4  // đang xử lý
	Supplement  Status = 5  // yêu cầu bổ sung giấy tờ
	Obligation  Status = 6  // yêu cầu thực hiện nghĩa vụ tài chính
	Withdrawing Status = 7  // công dân yêu cầu rút hồ sơ
	Stopped     Status = 8  // dừng xử lý
	Finished    Status = 9  // đã xử lý xong
	HandedOver  Status = 10 // đã trả kết quả
)

// Channel is how a dossier came in.
type Channel string

const (
	Direct Channel = "direct" // trực tiếp
	Online Channel = "online" // trực tuyến
	Post   Channel = "post"   // bưu chính công ích (BCCI)
)

// Ways to hand a result over.
const (
	AtCounter = "counter"
	ByPost    = "post"
	ByOnline  = "online"
)

// Verdict is how a dossier ended against its due date.
type Verdict string

const (
	Open   Verdict = ""
	Early  Verdict = "early"   // trước hạn: on a day before the due date
	OnTime Verdict = "on_time" // đúng hạn: on the due date
	Late   Verdict = "late"    // quá hạn
)

// A Dossier is one dossier with its state as of now.
type Dossier struct {
	ID, System, Code string
	ProcedureCode    string
	VersionID        string // procedure version that it began under; "" when imported without one
	Sector           string
	CaseCode         string
	Channel          Channel
	ReturnBy         string
	AreaClass        string
	Territorial      bool
	Convention       calendar.Convention
	Limit            calendar.Limit // zero when imported with its own due date
	LimitBasis       string
	StopsAs          calendar.StopKind
	ExternalDue      bool // the due date came with the import and is never recomputed
	RatingToken      string

	State
	Step StepNow

	facts int // how many facts the row stands for
}

// StepNow is who holds the dossier now.
type StepNow struct {
	Name    string
	Role    string
	Account string
	Due     moment.Instant
}

// A Person is the applicant (người nộp). These are personal data: lists show
// them masked, reading the numbers is logged.
type Person struct {
	Name           string
	IDNumber       string
	Phone          string
	Email          string
	Address        string
	Representative string // người được uỷ quyền
	Agent          Agent  // what else is known of the representative
}

// An Agent is what the counter notes of an authorised representative beside the
// name. Source: Bộ luật Dân sự 2015, art. 138: who acts for another shows by
// what.
type Agent struct {
	IDNumber string
	Phone    string
	Relation string // father, guardian, employee
	Document string // number and day of the authorisation
}

// Mask returns the number with all but its last four digits hidden.
func Mask(number string) string {
	r := []rune(number)
	for i := range r {
		if i < len(r)-4 {
			r[i] = '•'
		}
	}
	return string(r)
}

// A Step is one internal step (bước xử lý) of a dossier.
type Step struct {
	Ord     int
	Name    string
	Role    string
	Body    string // the body whose step it is; "" for the unit itself
	Hours   int64  // thousandths of a working hour
	Beside  bool   // runs beside the others (liên thông điện tử): nobody waits for it to be forwarded
	Account string
	Came    moment.Instant
	Due     moment.Instant
	Done    moment.Instant
	Outcome string // forwarded, sent_back, answered
	Reason  string
}

// A Paper is one paper of a dossier, or of its result.
type Paper struct {
	Ord      int
	Name     string
	Source   string // paper, scanned, reused, national_store
	Result   bool
	FileKey  string
	FileName string
	FileType string
	FileSize int64
	Signed   bool
}

// A Payment is money received for a dossier, in đồng.
type Payment struct {
	Amount   int64
	Channel  string // national, province, cash
	Document string
	At       moment.Instant
}

// Unit is what pages and other rooms call the unit that answers for it.
func (d Dossier) UnitID() unit.ID { return d.State.Unit }
