package procedure

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"cchc/base/i18n"
	"cchc/calendar"
)

// row is one line of the portal's export by column.
type row map[string]string

// columns that the import reads; the export may have others.
var columns = []string{
	"code", "name", "level", "sector", "sector_code", "resolved_time", "resolved_basis", "online_level", "channels",
	"fee_direct_raw", "fee_online_raw", "n_components", "n_component_groups", "time_value", "time_unit", "case_times",
	"type", "decision", "f_after15h", "f_reset", "f_pause", "f_close", "f_apology", "f_fin_obligation",
	"f_hard_area_extra", "f_non_territorial", "f_time_differs_by_channel",
}

var (
	limitColumns = []string{"time_value", "time_unit", "case_times", "resolved_time", "resolved_basis", "channels",
		"f_time_differs_by_channel", "f_hard_area_extra"}
	feeColumns = []string{"fee_direct_raw", "fee_online_raw"}
)

var (
	codeShape     = regexp.MustCompile(`^\d\.\d{6}$`)
	decisionShape = regexp.MustCompile(`(?i)^((quyết định )?số:?\s*)?\d+[a-z]?([./]\d+)?\s*[./]*\s*(q[đd])[-_ ]?[\p{L}0-9.\- ]+$`)
	testShape     = regexp.MustCompile(`(?i)test|demo`)
)

var levels = map[string]string{"Cấp Bộ/Trung ương": Ministry, "Cấp Tỉnh": Province, "Cấp Xã": Commune}

// parse reads a row as it is. It never fails: what it cannot read is a Problem.
func parse(r row) *Version {
	v := &Version{
		Code: r["code"], Name: strings.Join(strings.Fields(norm.NFC.String(r["name"])), " "),
		Sector: norm.NFC.String(r["sector"]), SectorCode: r["sector_code"], Kind: r["type"], Decision: r["decision"],
		After15h: flag(r["f_after15h"]), Apology: flag(r["f_apology"]), Obligation: flag(r["f_fin_obligation"]),
		HardAreaExtra: flag(r["f_hard_area_extra"]), NonTerritorial: flag(r["f_non_territorial"]),
		DiffersByChannel: flag(r["f_time_differs_by_channel"]), Closes: flag(r["f_close"]),
		StopsAs: calendar.Pause,
	}
	v.Fold = i18n.Fold(v.Name)
	if flag(r["f_reset"]) {
		v.StopsAs = calendar.Reset
	}
	v.PaperCount, _ = strconv.Atoi(r["n_components"]) // always digits in the source; 0 says "not counted"
	v.PaperGroups, _ = strconv.Atoi(r["n_component_groups"])
	v.sourceHash, v.limitHash, v.feeHash = r.hash(columns), r.hash(limitColumns), r.hash(feeColumns)

	v.parseIdentity(r)
	v.parseChannels(r)
	v.parseLimit(r)
	v.parseFees(r)
	if v.Closes {
		v.problem("closes_after", "days_missing", "", "")
	}
	v.settle()
	return v
}

func (v *Version) problem(field, reason, raw, blocks string) {
	v.Problems = append(v.Problems, Problem{Field: field, Reason: reason, Raw: raw, Blocks: blocks})
}

func (v *Version) parseIdentity(r row) {
	switch {
	case v.deleted():
		// The portal marks what it deleted in the code itself: 1.014955-Xoa.
		v.problem("code", "deleted", v.Code, BlocksAll)
	case !codeShape.MatchString(v.Code):
		v.problem("code", "code_shape", v.Code, "")
	}
	if v.Name == "" {
		v.problem("name", "name_missing", "", "")
	}
	if l, ok := levels[r["level"]]; ok {
		v.Level = l
	} else if r["level"] == "" {
		v.problem("level", "level_missing", "", "")
	} else {
		v.problem("level", "level_unknown", r["level"], "")
	}
	switch {
	case testShape.MatchString(v.Decision):
		v.problem("decision", "decision_test", v.Decision, "")
	case !decisionShape.MatchString(v.Decision):
		v.problem("decision", "decision_shape", v.Decision, "")
	}
}

func (v *Version) deleted() bool {
	return strings.HasSuffix(strings.ToLower(v.Code), "-xoa")
}

func (v *Version) parseChannels(r row) {
	for _, c := range r["channels"] {
		switch c {
		case 'D':
			v.Channels = append(v.Channels, Direct)
		case 'O':
			v.Channels = append(v.Channels, Online)
		case 'P':
			v.Channels = append(v.Channels, Post)
		default:
			v.problem("channels", "channel_unknown", r["channels"], "")
			return
		}
	}
	if len(v.Channels) == 0 {
		v.problem("channels", "channel_missing", "", "")
	}
	switch text := r["online_level"]; {
	case strings.HasPrefix(text, "toàn trình"):
		v.OnlineLevel = Full
	case strings.HasPrefix(text, "một phần"):
		v.OnlineLevel = Partial
	case text == "no online channel listed":
		v.OnlineLevel = None
	case text != "unknown":
		v.problem("online_level", "online_unknown", text, "")
	}
	if (v.OnlineLevel == Full || v.OnlineLevel == Partial) && !v.Has(Online) {
		v.problem("online_level", "online_no_channel", r["online_level"], "")
	}
}

// Fees outside these bounds are not taken for dong: the source mixes dong,
// thousands of dong and, for consular fees, US dollars.
const (
	leastFee = 1_000
	mostFee  = 1_000_000_000
)

func (v *Version) parseFees(r row) {
	var fees []Fee
	for _, c := range []struct {
		channel Channel
		column  string
	}{{Direct, "fee_direct_raw"}, {Online, "fee_online_raw"}} {
		raw := r[c.column]
		if raw == "" {
			continue // not stated
		}
		var list []Fee
		reason := ""
		for part := range strings.SplitSeq(raw, ";") {
			n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
			switch {
			case err != nil:
				reason = "fee_text"
			case n != 0 && n < leastFee:
				reason = "fee_unit"
			case n > mostFee:
				reason = "fee_large"
			}
			list = append(list, Fee{Channel: c.channel, Amount: n})
		}
		if reason != "" {
			// One doubtful amount makes the others of the list doubtful too.
			v.problem("fee_"+string(c.channel), reason, raw, "")
			continue
		}
		fees = append(fees, list...)
	}
	v.Fees = fees
}

func flag(s string) bool { return s == "1" }

// hash tells whether any of the columns changed.
func (r row) hash(columns []string) string {
	h := sha256.New()
	for _, c := range columns {
		fmt.Fprintf(h, "%s\x00%s\x00", c, r[c])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// text returns the row as it is kept beside the version.
func (r row) text() string {
	b, _ := json.Marshal(r) // strings only: no error; keys in order
	return string(b)
}
