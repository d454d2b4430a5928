package procedure

import (
	"context"
	"slices"
	"strings"
	"sync"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/calendar"
)

var (
	qVersions = db.SQL("procedure.versions", `
		SELECT id, code, name, fold, level, sector, sector_code, kind, decision, subjects, channels, online_level,
			stops_as, closes, closes_after, after_15h, apology, obligation, hard_area_extra, non_territorial,
			differs_by_channel, paper_count, paper_groups, from_day, to_day, source_hash, limit_hash, fee_hash
		FROM procedure_version
		ORDER BY code, from_day`)
	qLimits = db.SQL("procedure.limits", `
		SELECT version_id, case_code, case_name, channel, area_class, qty, unit, basis
		FROM procedure_limit
		ORDER BY version_id, case_code, channel, area_class`)
	qSteps = db.SQL("procedure.steps", `
		SELECT version_id, case_code, name, role, body, hours
		FROM procedure_step
		ORDER BY version_id, case_code, ord`)
	qPapers = db.SQL("procedure.papers", `
		SELECT version_id, name, form, originals, copies, required
		FROM procedure_paper
		ORDER BY version_id, ord`)
	qFees = db.SQL("procedure.fees", `
		SELECT version_id, channel, label, amount
		FROM procedure_fee
		ORDER BY version_id, channel, ord`)
	qProblems = db.SQL("procedure.problems", `
		SELECT id, version_id, field, reason, raw, blocks
		FROM procedure_problem
		WHERE settled_at IS NULL
		ORDER BY version_id, field, reason`)
	qSource = db.SQL("procedure.source", `SELECT source FROM procedure_version WHERE id = $1`)

	closeVersion = db.SQL("procedure.version.close", `UPDATE procedure_version SET to_day = $1 WHERE id = $2`)
	dropSteps    = db.SQL("procedure.step.drop", `DELETE FROM procedure_step WHERE version_id = $1 AND case_code = $2`)
	dropPapers   = db.SQL("procedure.paper.drop", `DELETE FROM procedure_paper WHERE version_id = $1`)
	dropFees     = db.SQL("procedure.fee.drop", `DELETE FROM procedure_fee WHERE version_id = $1`)
	settle       = db.SQL("procedure.problem.settle", `
		UPDATE procedure_problem SET settled_at = $1, settled_by = $2, settled_basis = $3
		WHERE id = $4 AND settled_at IS NULL`)

	insertVersions = db.Rows("procedure.version.insert", "procedure_version",
		`id, code, name, fold, level, sector, sector_code, kind, decision, subjects, channels, online_level,
		stops_as, closes, closes_after, after_15h, apology, obligation, hard_area_extra, non_territorial,
		differs_by_channel, paper_count, paper_groups, from_day, to_day, source, source_hash, limit_hash, fee_hash, recorded_at`, "")
	insertLimits = db.Rows("procedure.limit.insert", "procedure_limit",
		"version_id, case_code, case_name, channel, area_class, qty, unit, basis",
		`ON CONFLICT (version_id, case_code, channel, area_class)
		DO UPDATE SET case_name = excluded.case_name, qty = excluded.qty, unit = excluded.unit, basis = excluded.basis`)
	insertSteps = db.Rows("procedure.step.insert", "procedure_step",
		"version_id, case_code, ord, name, role, body, hours", "")
	insertPapers = db.Rows("procedure.paper.insert", "procedure_paper",
		"version_id, ord, name, form, originals, copies, required", "")
	insertFees = db.Rows("procedure.fee.insert", "procedure_fee",
		"version_id, channel, ord, label, amount", "")
	insertProblems = db.Rows("procedure.problem.insert", "procedure_problem",
		"id, version_id, field, reason, raw, blocks, settled_at, settled_by, settled_basis", "")
)

// catalogue is every version in memory.
type catalogue struct {
	byID   map[string]*Version
	byCode map[string][]*Version // by From
	index  index

	mu   sync.Mutex
	days map[moment.Date]*day
}

func load(ctx context.Context, q db.Queryer) (*catalogue, error) {
	c := &catalogue{byID: map[string]*Version{}, byCode: map[string][]*Version{}}
	err := db.Each(ctx, q, qVersions, func(r db.Scanner) error {
		v := &Version{}
		var channels string
		err := r.Scan(&v.ID, &v.Code, &v.Name, &v.Fold, &v.Level, &v.Sector, &v.SectorCode, &v.Kind, &v.Decision,
			&v.Subjects, &channels, &v.OnlineLevel, &v.StopsAs, &v.Closes, &v.ClosesAfter, &v.After15h, &v.Apology,
			&v.Obligation, &v.HardAreaExtra, &v.NonTerritorial, &v.DiffersByChannel, &v.PaperCount, &v.PaperGroups,
			&v.From, &v.To, &v.sourceHash, &v.limitHash, &v.feeHash)
		v.Channels = splitChannels(channels)
		c.byID[v.ID] = v
		c.byCode[v.Code] = append(c.byCode[v.Code], v)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := c.loadParts(ctx, q); err != nil {
		return nil, err
	}
	all := make([]*Version, 0, len(c.byID))
	for _, v := range c.byID {
		v.settle()
		all = append(all, v)
	}
	c.index = indexOf(all)
	return c, nil
}

// loadParts reads what hangs on the versions.
func (c *catalogue) loadParts(ctx context.Context, q db.Queryer) error {
	var id string
	err := db.Each(ctx, q, qLimits, func(r db.Scanner) error {
		var l Limit
		err := r.Scan(&id, &l.Case, &l.CaseName, &l.Channel, &l.Area, &l.Qty, &l.Unit, &l.Basis)
		c.byID[id].Limits = append(c.byID[id].Limits, l)
		return err
	})
	if err != nil {
		return err
	}
	err = db.Each(ctx, q, qSteps, func(r db.Scanner) error {
		var s Step
		err := r.Scan(&id, &s.Case, &s.Name, &s.Role, &s.Body, &s.Hours)
		c.byID[id].Steps = append(c.byID[id].Steps, s)
		return err
	})
	if err != nil {
		return err
	}
	err = db.Each(ctx, q, qPapers, func(r db.Scanner) error {
		var p Paper
		err := r.Scan(&id, &p.Name, &p.Form, &p.Originals, &p.Copies, &p.Required)
		c.byID[id].Papers = append(c.byID[id].Papers, p)
		return err
	})
	if err != nil {
		return err
	}
	err = db.Each(ctx, q, qFees, func(r db.Scanner) error {
		var f Fee
		err := r.Scan(&id, &f.Channel, &f.Label, &f.Amount)
		c.byID[id].Fees = append(c.byID[id].Fees, f)
		return err
	})
	if err != nil {
		return err
	}
	return db.Each(ctx, q, qProblems, func(r db.Scanner) error {
		var p Problem
		err := r.Scan(&p.ID, &p.Version, &p.Field, &p.Reason, &p.Raw, &p.Blocks)
		c.byID[p.Version].Problems = append(c.byID[p.Version].Problems, p)
		return err
	})
}

// batch collects the rows of many versions, to be inserted with few statements.
type batch struct {
	versions, limits, steps, papers, fees, problems [][]any
}

// add takes a version with all that hangs on it; source is the row it came from,
// "" when a person entered it.
func (b *batch) add(v *Version, source string, now moment.Instant) {
	b.versions = append(b.versions, []any{v.ID, v.Code, v.Name, v.Fold, v.Level, v.Sector, v.SectorCode, v.Kind,
		v.Decision, v.Subjects, joinChannels(v.Channels), v.OnlineLevel, string(v.StopsAs), v.Closes, v.ClosesAfter,
		v.After15h, v.Apology, v.Obligation, v.HardAreaExtra, v.NonTerritorial, v.DiffersByChannel, v.PaperCount,
		v.PaperGroups, v.From, v.To, source, v.sourceHash, v.limitHash, v.feeHash, now})
	b.addLimits(v.ID, v.Limits)
	b.addSteps(v.ID, v.Steps)
	b.addPapers(v.ID, v.Papers)
	b.addFees(v.ID, v.Fees)
	for _, p := range v.Problems {
		b.problems = append(b.problems, []any{p.ID, v.ID, p.Field, p.Reason, p.Raw, p.Blocks, nil, "", ""})
	}
}

func (b *batch) addLimits(version string, limits []Limit) {
	for _, l := range limits {
		b.limits = append(b.limits, []any{version, l.Case, l.CaseName, string(l.Channel), l.Area, int64(l.Qty), string(l.Unit), l.Basis})
	}
}

func (b *batch) addSteps(version string, steps []Step) {
	ord := map[string]int{}
	for _, s := range steps {
		ord[s.Case]++
		b.steps = append(b.steps, []any{version, s.Case, ord[s.Case], s.Name, s.Role, s.Body, int64(s.Hours)})
	}
}

func (b *batch) addPapers(version string, papers []Paper) {
	for i, p := range papers {
		b.papers = append(b.papers, []any{version, i + 1, p.Name, p.Form, p.Originals, p.Copies, p.Required})
	}
}

func (b *batch) addFees(version string, fees []Fee) {
	ord := map[Channel]int{}
	for _, f := range fees {
		ord[f.Channel]++
		b.fees = append(b.fees, []any{version, string(f.Channel), ord[f.Channel], f.Label, f.Amount})
	}
}

func (b *batch) insert(ctx context.Context, tx *db.Tx) error {
	for _, x := range []struct {
		bulk *db.Bulk
		rows [][]any
	}{
		{insertVersions, b.versions}, {insertLimits, b.limits}, {insertSteps, b.steps},
		{insertPapers, b.papers}, {insertFees, b.fees}, {insertProblems, b.problems},
	} {
		if err := tx.InsertRows(ctx, x.bulk, x.rows); err != nil {
			return err
		}
	}
	return nil
}

func describe(ls []Limit) string {
	out := make([]string, len(ls))
	for i, l := range ls {
		out[i] = strings.Join(strings.Fields(l.Case+" "+string(l.Channel)+" "+l.Area+" "+text(l.Limit)), " ")
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func text(l calendar.Limit) string { return l.Qty.String() + " " + string(l.Unit) }
