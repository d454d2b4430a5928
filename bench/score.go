package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xuri/excelize/v2"

	"cchc/base/points"
	"cchc/scorecard/criteria"
)

// tiersOfCalc are the tiers that both we and the spreadsheet evaluate: those of
// dossiers on time in the synthetic set of communes.
const tiersOfCalc = "ge: 1.0, points: 8}, {ge: 0.98, lt: 1.0, points: 7}, {ge: 0.95, lt: 0.98, points: 5}, {ge: 0.9, lt: 0.95, points: 2}, {lt: 0.9, points: 0"

// benchSet makes a set of n leaves: of tiers alone, or of the kinds that real sets mix.
func benchSet(n int, mixed bool) (*criteria.Set, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "meta: {id: BENCH, title: Bench, level: cap_xa, total_max: %d}\ndomains:\n- code: '1'\n  name: F\n  max: %d\n  criteria:\n", 8*n, 8*n)
	rules := []string{
		"kind: tiered, rule: {metric: a/b, tiers: [{" + tiersOfCalc + "}]}",
		"kind: piecewise_linear, rule: {metric: a/b, full_at: 0.95, zero_below: 0.7}",
		"kind: linear_ratio, rule: {metric: a/b, full_at: 0.8}",
		"kind: deduction, rule: {each: -0.5, floor: 0}",
		"kind: yes_no, rule: {'yes': 8, 'no': 0}",
		"kind: count_tiered, rule: {tiers: [{ge: 24, points: 8}, {ge: 12, lt: 24, points: 4}, {lt: 12, points: 0}]}",
		"kind: survey, rule: {formula: survey_percent*max}",
	}
	for i := range n {
		rule := rules[0]
		if mixed {
			rule = rules[i%len(rules)]
		}
		fmt.Fprintf(&b, "  - {code: '1.%d', name: Leaf, max: 8, %s}\n", i+1, rule)
	}
	return criteria.Load([]byte(b.String()))
}

// benchInputs makes the inputs of a number of units, always the same ones.
func benchInputs(s *criteria.Set, units int) []criteria.Inputs {
	rnd := rand.New(rand.NewPCG(2026, 11))
	out := make([]criteria.Inputs, units)
	for u := range out {
		in := make(criteria.Inputs, len(s.Leaves()))
		for _, l := range s.Leaves() {
			den := 1 + rnd.Int64N(30_000)
			num := den - min(den, rnd.Int64N(den/8+1))
			x := criteria.Input{Ratio: &points.Ratio{Num: num, Den: den}}
			switch l.Leaf.Rule.Kind() {
			case criteria.YesNo:
				x = criteria.Input{Option: []string{"yes", "no"}[rnd.IntN(2)]}
			case criteria.Deduction, criteria.CountTier:
				x = criteria.Input{Value: &points.Ratio{Num: rnd.Int64N(30), Den: 1}}
			}
			in[l.Code] = x
		}
		out[u] = in
	}
	return out
}

// scoreAll scores every unit on all processors and returns the cards.
func scoreAll(s *criteria.Set, in []criteria.Inputs) []*criteria.Card {
	out := make([]*criteria.Card, len(in))
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(in); i += workers {
				out[i] = s.Score(in[i])
			}
		})
	}
	wait.Wait()
	return out
}

// recompute scores every unit on all processors and keeps the points of each leaf.
func recompute(s *criteria.Set, in []criteria.Inputs, out []points.Points) {
	var wait sync.WaitGroup
	workers, leaves := runtime.GOMAXPROCS(0), len(s.Leaves())
	for w := range workers {
		wait.Go(func() {
			c := &criteria.Card{}
			for i := w; i < len(in); i += workers {
				c = s.ScoreInto(c, in[i])
				for j := range c.Results {
					out[i*leaves+j] = c.Results[j].Points
				}
			}
		})
	}
	wait.Wait()
}

// digest is a hash of every point and every exact number of cards.
func digest(cards []*criteria.Card) [32]byte {
	h := sha256.New()
	for _, c := range cards {
		for i := range c.Results {
			r := &c.Results[i]
			_ = binary.Write(h, binary.LittleEndian, int64(r.Points))
			h.Write([]byte(r.Exact.String() + string(r.Branch.Kind)))
		}
		_ = binary.Write(h, binary.LittleEndian, []int64{int64(c.Total), int64(c.Max), int64(c.Index)})
	}
	return [32]byte(h.Sum(nil))
}

// measureScore times the arithmetic of the PAR index, and beside it a spreadsheet
// that recalculates the same tiers.
func measureScore(ctx context.Context, r *run) error {
	set, err := benchSet(100, true)
	if err != nil {
		return err
	}
	communes, province, rows := 3_321, 124, 10_000
	if r.Demo < 1000 {
		communes, rows = 200, 100
	}
	in := benchInputs(set, communes)
	first := scoreAll(set, in)
	var all, few []time.Duration
	for range 5 {
		begun := time.Now()
		again := scoreAll(set, in)
		all = append(all, time.Since(begun))
		if digest(again) != digest(first) {
			return errors.New("two recomputations differ")
		}
		begun = time.Now()
		scoreAll(set, in[:min(province, communes)])
		few = append(few, time.Since(begun))
	}
	card := &criteria.Card{}
	begun := time.Now()
	for _, x := range in {
		card = set.ScoreInto(card, x)
	}
	leaf := float64(time.Since(begun).Nanoseconds()) / float64(communes*100)
	whole, part := midDuration(all), midDuration(few)
	r.report.add(row{What: fmt.Sprintf("PAR index: %d communes × 100 leaves recomputed, twice the same to the bit", communes), Engine: "–",
		Ours: fmt.Sprintf("%.0f ms", millis(whole)), Aim: "< 1 s", Met: judge(whole < time.Second)})
	r.report.add(row{What: "PAR index: one province of 124 communes × 100 leaves", Engine: "–",
		Ours: fmt.Sprintf("%.1f ms", millis(part)), Aim: "< 50 ms", Met: judge(part < 50*time.Millisecond)})
	r.report.add(row{What: "PAR index: one leaf, one processor", Engine: "–", Ours: fmt.Sprintf("%.0f ns", leaf)})
	if err := measureProjection(ctx, r); err != nil {
		return err
	}
	if err := measureBoard(ctx, r); err != nil {
		return err
	}
	return measureCalc(ctx, r, rows)
}

// measureBoard times, by the benchmarks beside them, the pages over all sheets of a
// province's round, from the request to the last byte.
func measureBoard(ctx context.Context, r *run) error {
	out, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "Province", "-benchtime", "20x", "./scorecard/scorecardweb").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, tail(out))
	}
	what := map[string]string{
		"BoardOfAProvince":  "page: progress board of 124 sheets × 33 leaves",
		"AcrossAProvince":   "page: one leaf across 124 sheets, as it is appraised",
		"AppraiseAProvince": "page: work of a stage over 124 sheets × 33 leaves",
	}
	for _, m := range benchLine.FindAllStringSubmatch(string(out), -1) {
		ns, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return err
		}
		r.report.add(row{What: what[m[1]], Engine: "SQLite", Ours: fmt.Sprintf("%.0f ms", ns/1e6), Aim: "< 200 ms", Met: judge(ns < 200e6)})
	}
	return nil
}

// measureProjection times, by the benchmark beside it, what a page of the projection
// waits for after a dossier was finished.
func measureProjection(ctx context.Context, r *run) error {
	out, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "ProjectionAfterAFact", "-benchtime", "20x", "./app").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, tail(out))
	}
	for _, m := range benchLine.FindAllStringSubmatch(string(out), -1) {
		ns, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return err
		}
		r.report.add(row{What: "PAR index: projection of 124 communes after one fact", Engine: "SQLite", Ours: fmt.Sprintf("%.1f ms", ns/1e6),
			Aim: "< 100 ms", Met: judge(ns < 100e6)})
	}
	return nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func midDuration(d []time.Duration) time.Duration {
	out := append([]time.Duration{}, d...)
	for i := range out {
		for j := i + 1; j < len(out); j++ {
			if out[j] < out[i] {
				out[i], out[j] = out[j], out[i]
			}
		}
	}
	return out[len(out)/2]
}

// measureCalc has LibreOffice Calc recalculate rows × 20 leaves of the same tiers
// without a window, and compares every point with ours. Its start is measured apart.
func measureCalc(ctx context.Context, r *run, rows int) error {
	const leaves = 20
	office, err := exec.LookPath("soffice")
	if err != nil {
		r.report.add(row{What: "PAR index against LibreOffice Calc", Engine: "–", Ours: "not measured: no LibreOffice here"})
		return nil
	}
	set, err := benchSet(leaves, false)
	if err != nil {
		return err
	}
	in := benchInputs(set, rows)
	sheet := filepath.Join(r.work, "calc.xlsx")
	if err := writeCalc(sheet, set, in); err != nil {
		return err
	}
	empty := filepath.Join(r.work, "empty.xlsx")
	if err := writeCalc(empty, set, in[:1]); err != nil {
		return err
	}
	convert := func(file string) (time.Duration, error) {
		cmd := exec.CommandContext(ctx, office, "-env:UserInstallation=file://"+r.work+"/office", "--headless", "--convert-to", "csv", "--outdir", r.work, file)
		begun := time.Now()
		out, err := cmd.CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("%w: %s", err, tail(out))
		}
		return time.Since(begun), nil
	}
	if _, err := convert(empty); err != nil { // makes its profile
		return err
	}
	var theirs, start, ours []time.Duration
	got := make([]points.Points, rows*leaves)
	for range 3 {
		s, err := convert(empty)
		if err != nil {
			return err
		}
		t, err := convert(sheet)
		if err != nil {
			return err
		}
		for range 5 { // a short piece of work: its median needs more than three
			begun := time.Now()
			recompute(set, in, got)
			ours = append(ours, time.Since(begun))
		}
		theirs, start = append(theirs, t), append(start, s)
	}
	if err := sameAsCalc(filepath.Join(r.work, "calc.csv"), got, rows, leaves); err != nil {
		return err
	}
	o, t, s := midDuration(ours), midDuration(theirs), midDuration(start)
	ratio, bare := float64(t)/float64(o), float64(t-s)/float64(o)
	r.report.add(row{What: fmt.Sprintf("PAR index: %d rows × %d leaves of tiers, LibreOffice Calc headless beside us (all points equal)", rows, leaves), Engine: "–",
		Ours: fmt.Sprintf("%.1f ms", millis(o)), Peer: fmt.Sprintf("%.0f ms, of which start %.0f ms", millis(t), millis(s)),
		Ratio: fmt.Sprintf("%.0f×; %.0f× without its start", ratio, bare), Aim: "≥ 100×", Met: judge(ratio >= 100)})
	return nil
}

// writeCalc writes numerators, denominators and the tiers as formulas, without values.
func writeCalc(name string, set *criteria.Set, in []criteria.Inputs) error {
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	for i, x := range in {
		var cells []any
		for _, l := range set.Leaves() {
			cells = append(cells, x[l.Code].Ratio.Num, x[l.Code].Ratio.Den)
		}
		for j := range set.Leaves() {
			num, _ := excelize.CoordinatesToCellName(2*j+1, i+1)
			den, _ := excelize.CoordinatesToCellName(2*j+2, i+1)
			v := num + "/" + den
			cells = append(cells, excelize.Cell{Formula: fmt.Sprintf("IF(%[1]s>=1,8,IF(%[1]s>=0.98,7,IF(%[1]s>=0.95,5,IF(%[1]s>=0.9,2,0))))", v)})
		}
		at, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := w.SetRow(at, cells); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.SaveAs(name)
}

func sameAsCalc(name string, got []points.Points, n, leaves int) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) != n {
		return fmt.Errorf("LibreOffice wrote %d rows of %d: %w", len(rows), n, err)
	}
	for i := range rows {
		for j := range leaves {
			p, err := points.Parse(rows[i][2*leaves+j])
			if err != nil || p != got[i*leaves+j] {
				return fmt.Errorf("row %d, leaf %d: LibreOffice has %s, we %s", i+1, j+1, rows[i][2*leaves+j], got[i*leaves+j])
			}
		}
	}
	return nil
}
