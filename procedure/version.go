// Package procedure is the catalogue of administrative procedures (thủ tục hành
// chính) by version: what is asked, how long it may take, through which channels
// and steps, for which fee. A dossier pins the version that it began under.
//
// The national portal's data is dirty: limits as prose, fees without a unit, two
// limits for one procedure. What cannot be read is not guessed; it is a Problem
// for a person, and a version whose limit is not settled cannot be received
// against.
package procedure

import (
	"slices"
	"strings"

	"cchc/base/fault"
	"cchc/base/law"
	"cchc/base/moment"
	"cchc/calendar"
)

// A Channel is how a dossier comes in (cách thức thực hiện).
type Channel string

const (
	Direct Channel = "direct" // trực tiếp
	Online Channel = "online" // trực tuyến
	Post   Channel = "post"   // bưu chính
)

// Channels lists every channel.
var Channels = []Channel{Direct, Online, Post}

// Levels at which a procedure is resolved (cấp thực hiện); "" is not known.
const (
	Ministry = "ministry"
	Province = "province"
	Commune  = "commune"
)

// Online levels (mức độ dịch vụ công trực tuyến); "" is not known.
const (
	Full    = "full"    // toàn trình, formerly level 4
	Partial = "partial" // một phần, formerly level 3
	None    = "none"
)

// A Version is a procedure as it holds from From up to and without To; a zero To
// has no end. Versions in a Catalogue are shared: read them only.
type Version struct {
	ID         string
	Code       string // national code, 1.000894
	Name       string
	Fold       string // Name as search compares it
	Level      string
	Sector     string // lĩnh vực
	SectorCode string
	Kind       string // how the portal classes the rule that it rests on
	Decision   string // of publication, 163/QĐ-BTP
	Subjects   string // đối tượng thực hiện
	Channels   []Channel

	OnlineLevel string
	// StopsAs is what asking for more papers does to the clock. Where the source
	// says nothing it is a pause. A financial obligation always pauses.
	StopsAs calendar.StopKind
	// Closes: the dossier may be stopped when papers are not supplied within
	// ClosesAfter days; 0 when the number is not known.
	Closes      bool
	ClosesAfter int

	After15h         bool // a receipt after 15:00 may be returned on the next working day
	Apology          bool // its text asks for a written apology when late
	Obligation       bool // has a financial obligation (nghĩa vụ tài chính)
	HardAreaExtra    bool // takes longer in difficult areas
	NonTerritorial   bool // may be filed anywhere (phi địa giới hành chính)
	DiffersByChannel bool // its limit depends on the channel

	PaperCount  int // as the source counts them; Papers may not be entered yet
	PaperGroups int
	From, To    moment.Date

	Limits   []Limit
	Steps    []Step
	Papers   []Paper
	Fees     []Fee
	Problems []Problem // open ones
	Settled  bool      // has a limit, and no open problem blocks it

	sourceHash, limitHash, feeHash string
}

// A Limit is how long a case may take. An empty Case, Channel or Area holds for
// any case, any channel, an ordinary area.
type Limit struct {
	Case     string // 1.000894.02
	CaseName string
	Channel  Channel
	Area     string // area class of the unit
	calendar.Limit
	Basis string // where it comes from: law, or who read it out of what
}

// A Step (bước giải quyết) is work of one role in a body. Hours are working
// hours, 8 a day, in thousandths; of a limit in calendar days they are the share
// of it, a day being 8.
type Step struct {
	Case     string // "" for any case
	Name     string
	Role     string // of package actor: onestop, specialist, chairperson
	Body     string // who does it, in words; "" is the unit itself
	Hours    calendar.Quantity
	Proposed bool // made by ProposeSteps, not entered
}

// A Paper (thành phần hồ sơ) is what an applicant brings.
type Paper struct {
	Name      string
	Form      string // mẫu đơn, tờ khai
	Originals int
	Copies    int
	Required  bool
}

// A Fee (phí, lệ phí) in dong; 0 is free. A version without fees in a channel
// has none stated, which is not the same.
type Fee struct {
	Channel Channel
	Label   string
	Amount  int64
}

// A Problem is what could not be read in a field.
type Problem struct {
	ID      string
	Version string
	Field   string
	Reason  string // message procedure.problem.<reason>
	Raw     string
	Blocks  string // BlocksAll, BlocksArea or ""
}

// What a Problem keeps from happening until it is settled.
const (
	BlocksAll  = "all"  // no dossier can be received against the version
	BlocksArea = "area" // none in a unit with an area class
)

// Span returns when the version is in force.
func (v *Version) Span() law.Span { return law.Span{From: v.From, To: v.To} }

// Cases returns the codes of its cases in order; none when it has one case only.
func (v *Version) Cases() []string {
	var out []string
	for _, l := range v.Limits {
		if l.Case != "" && !slices.Contains(out, l.Case) {
			out = append(out, l.Case)
		}
	}
	slices.Sort(out)
	return out
}

// Has reports whether the version can be filed through a channel.
func (v *Version) Has(c Channel) bool { return slices.Contains(v.Channels, c) }

// Limit returns the limit of a case, channel and area class with its basis; ok
// is false when none is settled. See Find for how it is chosen.
func (v *Version) Limit(c string, ch Channel, area string) (l calendar.Limit, basis string, ok bool) {
	found, err := v.Find(c, ch, area)
	return found.Limit, found.Basis, err == nil
}

// Find returns the limit that holds for a case, channel and area class. Of those
// that match it takes the most exact, and case counts before area, area before
// channel: the limit of the case before one of any case, of the area class
// before one of ordinary areas, of the channel before one of any channel. Where
// a procedure takes longer in difficult areas, the limit of ordinary areas never
// stands in for one of an area class.
//
// Faults: procedure.limit_unsettled, procedure.case_unknown,
// procedure.case_needed, procedure.area_unsettled.
func (v *Version) Find(c string, ch Channel, area string) (Limit, error) {
	if !v.Settled {
		return Limit{}, fault.New(fault.Conflict, "procedure.limit_unsettled", "Code", v.Code)
	}
	if c != "" && !slices.Contains(v.Cases(), c) {
		return Limit{}, fault.New(fault.Invalid, "procedure.case_unknown", "Case", c).With("case", "procedure.case_unknown", "Case", c)
	}
	areas := []string{area}
	if area != "" && !v.HardAreaExtra {
		areas = append(areas, "")
	}
	for _, c := range either(c) {
		for _, a := range areas {
			for _, ch := range either(ch) {
				for _, l := range v.Limits {
					if l.Case == c && l.Area == a && l.Channel == ch {
						return l, nil
					}
				}
			}
		}
	}
	if area != "" && v.HardAreaExtra {
		return Limit{}, fault.New(fault.Conflict, "procedure.area_unsettled", "Code", v.Code)
	}
	if c == "" && len(v.Cases()) > 0 {
		return Limit{}, fault.New(fault.Invalid, "procedure.case_needed").With("case", "procedure.case_needed")
	}
	return Limit{}, fault.New(fault.Conflict, "procedure.limit_unsettled", "Code", v.Code)
}

// either returns x and, when it is not that already, the empty one after it.
func either[T ~string](x T) []T {
	if x == "" {
		return []T{""}
	}
	return []T{x, ""}
}

// StepsOf returns the steps of a case in order: its own, or those of any case.
func (v *Version) StepsOf(c string) []Step {
	for _, c := range either(c) {
		var out []Step
		for _, s := range v.Steps {
			if s.Case == c {
				out = append(out, s)
			}
		}
		if out != nil {
			return out
		}
	}
	return nil
}

// FeesOf returns the fees of a channel; those of coming in person stand for post
// where the source says nothing of post.
func (v *Version) FeesOf(ch Channel) []Fee {
	var out []Fee
	for _, f := range v.Fees {
		if f.Channel == ch {
			out = append(out, f)
		}
	}
	if out == nil && ch == Post {
		return v.FeesOf(Direct)
	}
	return out
}

func (v *Version) settle() {
	v.Settled = len(v.Limits) > 0 && !slices.ContainsFunc(v.Problems, func(p Problem) bool { return p.Blocks == BlocksAll })
}

func joinChannels(cs []Channel) string {
	s := make([]string, len(cs))
	for i, c := range cs {
		s[i] = string(c)
	}
	return strings.Join(s, ",")
}

func splitChannels(s string) []Channel {
	var out []Channel
	for c := range strings.SplitSeq(s, ",") {
		if c != "" {
			out = append(out, Channel(c))
		}
	}
	return out
}
