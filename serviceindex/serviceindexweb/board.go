package serviceindexweb

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/serviceindex"
	"cchc/unit"
)

// boardQuery is the board's address.
type boardQuery struct {
	web.Form
	Unit   string `form:"unit"`
	Period string `form:"period"`
	All    bool   `form:"all"` // every row of a long ranking
	Format string `form:"format"`
}

const (
	// A ranking longer than most shows its ends; who is in the middle is a click
	// away. Leaders look for who is first, and who is last.
	most = 14
	ends = 6

	soonestRows = 6
	gainRows    = 6
	perUnit     = 2
	worstRows   = 8
)

// A board is everything on the page.
type board struct {
	In      *boardQuery
	Unit    unit.Unit
	Report  *serviceindex.Report
	Work    Work
	Tables  []rankTable
	Moves   serviceindex.Moves
	Gains   []serviceindex.Gain
	Names   map[unit.ID]string
	Sectors []Rate
	Worst   []Rate
	Periods []serviceindex.Period
	Live    bool

	Holders    []serviceindex.Holder // who has late steps
	Silent     []serviceindex.Silent // who entered nothing
	SilentDays int
}

// A rankTable ranks the units of one level.
type rankTable struct {
	Level  unit.Level
	Rows   []rankRow
	Hidden int // rows left out of the middle, after the first ends
}

// A rankRow is a unit in the ranking.
type rankRow struct {
	serviceindex.Standing
	Overdue int64
}

func (b *board) url(set ...string) string {
	list := []string{"unit", b.In.Unit, "period", b.In.Period}
	if b.In.All {
		list = append(list, "all", "on")
	}
	return link("/board", append(list, set...)...)
}

func (b *board) running() bool { return b.Report.Period.Running(b.Report.AsOf.Date()) }

func (p *Pages) board(w http.ResponseWriter, r *http.Request) error {
	b, err := p.gather(r, true)
	if errors.Is(err, errNoUnit) {
		return web.Render(w, r, http.StatusOK, noUnits())
	}
	if err != nil {
		return err
	}
	if b.In.Format == "csv" {
		return b.csv(w, r)
	}
	return web.Render(w, r, http.StatusOK, boardPage(b))
}

// errNoUnit tells that nothing is there yet to be ranked.
var errNoUnit = errors.New("there is no unit")

// gather reads the board as of one moment. The slower tables, which do not move
// by the minute, are left out of what the stream sends.
func (p *Pages) gather(r *http.Request, whole bool) (*board, error) {
	in := &boardQuery{}
	if err := web.Decode(r, in); err != nil {
		return nil, err
	}
	period, err := p.period(in.Period)
	if err != nil {
		return nil, err
	}
	b := &board{In: in, Live: p.Live != nil, Periods: p.periods(period), Names: map[unit.ID]string{}}
	ctx, a := r.Context(), web.Actor(r.Context())
	err = p.Index.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		if b.Unit.ID, err = p.boardOf(ctx, q, a, in); err != nil {
			return err
		}
		if b.Unit.ID == "" {
			if tree, err := p.Index.Units.Today(ctx, q); err != nil || tree.Len() == 0 {
				return errors.Join(err, errNoUnit)
			}
		}
		if err := p.Index.Guard.Check(ctx, q, a, auth.BoardRead, b.Unit.ID); err != nil {
			return err
		}
		return p.fill(ctx, q, a, b, period, whole)
	})
	return b, err
}

// boardOf returns the unit whose board is asked for: the actor's own when none is
// named, and "" when there is none at all.
func (p *Pages) boardOf(ctx context.Context, q db.Queryer, a actor.Actor, in *boardQuery) (unit.ID, error) {
	if in.Unit != "" {
		return unit.ID(in.Unit), nil
	}
	return p.home(ctx, q, a, auth.BoardRead)
}

func (p *Pages) fill(ctx context.Context, q db.Queryer, a actor.Actor, b *board, period serviceindex.Period, whole bool) (err error) {
	if b.Report, err = p.Index.OfIn(ctx, q, a, b.Unit.ID, period); err != nil {
		return err
	}
	b.Unit = b.Report.Unit
	if b.Work, err = p.Dossiers.Work(ctx, q, a, b.Unit.ID); err != nil {
		return err
	}
	if err := p.ranking(ctx, q, b); err != nil {
		return err
	}
	if b.Moves, err = p.Index.Moves(ctx, q, b.Report, soonestRows); err != nil {
		return err
	}
	b.Gains = best(b.Moves)
	n := p.namer(ctx, q)
	n.known = b.Names
	for _, g := range b.Gains {
		if _, err := n.name(g.Unit); err != nil {
			return err
		}
	}
	for _, d := range b.Moves.Soonest {
		if _, err := n.name(d.Unit); err != nil {
			return err
		}
	}
	if !whole {
		return nil
	}
	if b.Sectors, err = p.Dossiers.Sectors(ctx, q, a, b.Unit.ID, period); err != nil {
		return err
	}
	if b.Worst, err = p.Dossiers.Procedures(ctx, q, a, b.Unit.ID, period, worstRows); err != nil {
		return err
	}
	if b.Holders, err = p.Dossiers.Holders(ctx, q, a, b.Unit.ID, worstRows); err != nil {
		return err
	}
	if b.SilentDays, err = p.silentDays(ctx, q, b.Unit.ID); err != nil {
		return err
	}
	b.Silent, err = p.Dossiers.Silent(ctx, q, a, b.Unit.ID, b.SilentDays)
	return err
}

// best returns the largest gains, of one unit no more than perUnit: leaders want
// to know whom to call, not all that one of them could do.
func best(m serviceindex.Moves) []serviceindex.Gain {
	if len(m.Children) == 0 {
		return m.Own[:min(len(m.Own), gainRows)]
	}
	var out []serviceindex.Gain
	of := map[unit.ID]int{}
	for _, g := range m.Children {
		if of[g.Unit]++; of[g.Unit] <= perUnit && len(out) < gainRows {
			out = append(out, g)
		}
	}
	return out
}

// ranking makes a table for each level right below the unit: territorial bodies
// first; offices and desks only when they have dossiers. A unit with none below
// it is shown by itself, with its rank among those beside it.
func (p *Pages) ranking(ctx context.Context, q db.Queryer, b *board) error {
	overdue, err := p.Dossiers.Overdue(ctx, q)
	if err != nil {
		return err
	}
	levels, err := p.Index.Units.Levels(ctx, q)
	if err != nil {
		return err
	}
	below := map[unit.ID]int64{}
	own := int64(0)
	for u, n := range overdue {
		if child := b.Report.BelowOf[u]; child != "" {
			below[child] += n
		}
		if u == b.Unit.ID {
			own += n
		}
	}
	for _, l := range levels {
		t := rankTable{Level: l}
		for _, s := range b.Report.Children {
			if s.Unit.Level == l.Code && (l.Kind == unit.Territory || s.Score.Dossiers > 0) {
				t.Rows = append(t.Rows, rankRow{s, below[s.Unit.ID]})
			}
		}
		if len(t.Rows) > 0 {
			b.Tables = append(b.Tables, t)
		}
	}
	if len(b.Tables) == 0 {
		for _, n := range below {
			own += n
		}
		i := slices.IndexFunc(levels, func(l unit.Level) bool { return l.Code == b.Unit.Level })
		if i < 0 {
			return fault.New(fault.NotFound, "serviceindex.unit_unknown")
		}
		b.Tables = []rankTable{{Level: levels[i], Rows: []rankRow{{b.Report.Standing, own}}}}
	}
	if b.In.All || b.In.Format != "" {
		return nil
	}
	for i := range b.Tables {
		t := &b.Tables[i]
		if n := len(t.Rows); n > most {
			t.Hidden = n - 2*ends
			t.Rows = append(slices.Clone(t.Rows[:ends]), t.Rows[n-ends:]...)
		}
	}
	return nil
}

// name names a level in the page's language.
func levelName(ctx context.Context, l unit.Level) string {
	if i18n.Lang(ctx) == i18n.English {
		return l.NameEN
	}
	return l.NameVI
}

// finding is the board's heading: who will be late, and who fell most.
func (b *board) finding(ctx context.Context) string {
	var first string
	switch w := b.Work; {
	case w.NoApology > 0 && w.Soon == 0:
		first = i18n.T(ctx, "board.finding.no_apology", "Count", w.NoApology)
	case w.InSector > 0 && w.Sector != "":
		first = i18n.T(ctx, "board.finding.sector", "Count", w.InSector, "Sector", lower(w.Sector))
	case w.Soon > 0:
		first = i18n.T(ctx, "board.finding.soon", "Count", w.Soon)
	case w.Overdue > 0:
		first = i18n.T(ctx, "board.finding.overdue", "Count", w.Overdue)
	case w.Open > 0:
		first = i18n.T(ctx, "board.finding.none_late", "Count", w.Open)
	default:
		first = i18n.T(ctx, "board.finding.nothing")
	}
	var fell, leads *serviceindex.Standing
	for i := range b.Report.Children {
		s := &b.Report.Children[i]
		if s.Delta.HasRank && s.Delta.Rank < 0 && (fell == nil || s.Delta.Rank < fell.Delta.Rank) {
			fell = s
		}
		if s.Rank == 1 && leads == nil {
			leads = s
		}
	}
	switch {
	case fell != nil:
		return first + "; " + i18n.T(ctx, "board.finding.fell", "Unit", fell.Unit.Name, "Count", -fell.Delta.Rank)
	case leads != nil && len(b.Report.Children) > 1:
		return first + "; " + i18n.T(ctx, "board.finding.leads", "Unit", leads.Unit.Name, "Points", leads.Score.Points)
	}
	return first
}

// lead says of what, as of when, against what.
func (b *board) lead(ctx context.Context) string {
	s := b.Report.Period.Label(ctx)
	if len(b.Report.Children) > 0 {
		s = i18n.T(ctx, "board.units", "Count", len(b.Report.Children)) + " · " + s
	}
	return s + " · " + i18n.T(ctx, "board.compared", "Period", b.Report.Period.Before().Label(ctx)) + " · " +
		i18n.T(ctx, "board.as_of", "At", i18n.ShortInstant(ctx, b.Report.AsOf))
}

// stats are the four figures at the top.
func (b *board) stats(ctx context.Context) []ui.StatProps {
	w, u := b.Work, string(b.Unit.ID)
	late := ui.StatProps{Value: i18n.Number(ctx, w.Overdue), URL: link("/late", "unit", u), Label: i18n.T(ctx, "board.stat.no_overdue")}
	if w.Overdue > 0 {
		late.Kind, late.Label = ui.Late, i18n.T(ctx, "board.stat.overdue", "Share", ratioOf(w.Overdue, w.Open), "Missing", w.NoApology)
	}
	soon := ui.StatProps{Value: i18n.Number(ctx, w.Soon), URL: link("/late", "unit", u, "show", "soon"), Label: i18n.T(ctx, "board.stat.soon")}
	if w.Soon > 0 {
		soon.Kind = ui.Soon
	}
	out := []ui.StatProps{
		{Value: i18n.Number(ctx, w.Open), Label: i18n.T(ctx, "board.stat.open"), URL: link("/dossiers", "unit", u, "bucket", "open")},
		late, soon,
	}
	for _, g := range b.Report.Score.Groups {
		for _, m := range g.Metrics {
			if m.Metric.Numerator != serviceindex.TimedOK || !m.Metric.Scored() {
				continue
			}
			out = append(out, ui.StatProps{Value: i18n.Percent(ctx, m.Value.Ratio),
				Label: i18n.T(ctx, "board.stat.on_time", "Num", m.Value.Num, "Den", m.Value.Den),
				URL:   listURL(b.Unit.ID, m.Metric.Code, serviceindex.PartRest, b.Report.Period)})
		}
	}
	return out
}
