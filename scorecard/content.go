package scorecard

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/ledger"
	"cchc/base/points"
	"cchc/base/receipt"
	"cchc/scorecard/ranking"
)

// What is locked is written down in one way for ever, and its hash goes into the entry
// of the trail that locks it: the log proves what was published or handed in, not only
// that something was. A new version of these structures gets a new Format, and what was
// locked in an older one is still written in that.

type lockedPublication struct {
	Format     string         `json:"format"` // cchc publication v1 or v2
	ID         string         `json:"id"`
	Unit       string         `json:"unit"`
	Publisher  string         `json:"publisher"`
	Round      string         `json:"round"`
	Year       int            `json:"year"`
	Level      string         `json:"level"`
	Title      string         `json:"title"`
	Number     string         `json:"number"`
	Decided    string         `json:"decided"`
	Supersedes string         `json:"supersedes"`
	Reason     string         `json:"reason"`
	Ties       string         `json:"ties"`
	Breakers   []string       `json:"breakers"`
	Decimals   int            `json:"decimals"`
	Weighting  string         `json:"weighting"`
	Mean       *points.Points `json:"mean"`
	Set        string         `json:"set"`
	SetTitle   string         `json:"set_title"`
	SetMax     points.Points  `json:"set_max"`
	// The rest is of v2: what is published beside the ranking. It is an object of its own
	// so that v1 stays byte for byte what it was.
	*lockedBeside
	Rows []lockedRow `json:"rows"`
}

type lockedBeside struct {
	Bands  []ranking.Band   `json:"bands"`
	Stated int              `json:"stated"`
	Sums   []lockedSum      `json:"sums"`
	Facts  []Fact           `json:"facts"`
	Source string           `json:"source"`
	Sets   []lockedBlockSet `json:"sets"`
}

type lockedSum struct {
	What  string          `json:"what"`
	Parts []points.Points `json:"parts"`
	Total points.Points   `json:"total"`
}

type lockedBlockSet struct {
	Block string         `json:"block"`
	Ref   string         `json:"ref"`
	Title string         `json:"title"`
	Max   points.Points  `json:"max"`
	Bands []ranking.Band `json:"bands"`
}

type lockedRow struct {
	Ord            int            `json:"ord"`
	Unit           string         `json:"unit"`
	Name           string         `json:"name"`
	Block          string         `json:"block"`
	Score          *points.Points `json:"score"`
	Max            *points.Points `json:"max"`
	Index          *points.Points `json:"index"`
	Rank           int            `json:"rank"`
	Of             int            `json:"of"`
	Shared         bool           `json:"shared"`
	Band           string         `json:"band"`
	ByHand         bool           `json:"by_hand"`
	Missing        bool           `json:"missing"`
	Note           string         `json:"note"`
	*lockedChanges                // v2
	Fields         []lockedPart   `json:"fields"`
	Leaves         []lockedPart   `json:"leaves"`
}

// lockedChanges are the published changes since the year before: points, percent, places,
// share of the maximum, and one of which the source does not say what it is of.
type lockedChanges struct {
	Changes [4]lockedDelta `json:"changes"`
	Unclear *points.Points `json:"unclear"`
}

type lockedDelta struct {
	Value *points.Points `json:"value"`
	Why   string         `json:"why"` // there is none
}

type lockedPart struct {
	Code         string        `json:"code"`
	State        string        `json:"state,omitempty"`
	Points       points.Points `json:"points"`
	Max          points.Points `json:"max"`
	*lockedWords               // v2
}

// lockedWords are what a part is called, and of a component its rule and the next step up,
// as they are published.
type lockedWords struct {
	Name  string            `json:"name"`
	Field string            `json:"field,omitempty"`
	Rule  map[string]string `json:"rule,omitempty"`
	Next  map[string]string `json:"next,omitempty"`
}

// Locked writes a publication as the log has it of those that are locked now: v2, with
// all that is published.
func (p Publication) Locked() []byte { return p.locked(2) }

// lockedAs writes a publication in the format in which an entry locked it, by the hash
// that the entry has: the format is part of what is hashed. What has neither hash is
// written as v2: it is not what was locked.
func (p Publication) lockedAs(hash string) []byte {
	if v1 := p.locked(1); receipt.ContentHash(v1) == hash {
		return v1
	}
	return p.Locked()
}

func (p Publication) locked(version int) []byte {
	out := lockedPublication{Format: "cchc publication v" + strconv.Itoa(version), ID: p.ID, Unit: string(p.Unit), Publisher: p.Publisher, Round: p.Round, Year: p.Year, Level: p.Level, Title: p.Title,
		Number: p.Number, Decided: p.Decided.String(), Supersedes: p.Supersedes, Reason: p.Reason, Ties: string(p.Ties), Breakers: append([]string{}, p.Breakers...),
		Decimals: p.Decimals, Weighting: string(p.Weighting), Mean: p.Mean, Set: p.SetRef, SetTitle: p.SetTitle, SetMax: p.SetMax, Rows: []lockedRow{}}
	if version > 1 {
		out.lockedBeside = &lockedBeside{Bands: append([]ranking.Band{}, p.Bands...), Stated: p.Stated, Sums: []lockedSum{}, Facts: append([]Fact{}, p.Facts...), Source: p.Source,
			Sets: []lockedBlockSet{}}
		for _, s := range p.Sums {
			out.Sums = append(out.Sums, lockedSum{s.What, append([]points.Points{}, s.Parts...), s.Total})
		}
		for _, s := range p.Sets {
			out.Sets = append(out.Sets, lockedBlockSet{s.Block, s.Ref, s.Title, s.Max, append([]ranking.Band{}, s.Bands...)})
		}
	}
	for _, r := range p.Rows {
		x := lockedRow{Ord: r.Ord, Unit: string(r.Unit), Name: r.Name, Block: r.Block, Score: r.Score, Max: r.Max, Index: r.Index, Rank: r.Rank, Of: r.Of, Shared: r.Shared,
			Band: r.Band, ByHand: r.ByHand, Missing: r.Missing, Note: r.Note, Fields: []lockedPart{}, Leaves: []lockedPart{}}
		for _, f := range r.Fields {
			part := lockedPart{Code: f.Code, Points: f.Points, Max: f.Max}
			if version > 1 {
				part.lockedWords = &lockedWords{Name: f.Name}
			}
			x.Fields = append(x.Fields, part)
		}
		for _, l := range r.Leaves {
			part := lockedPart{Code: l.Code, State: l.State, Points: l.Points, Max: l.Max}
			if version > 1 {
				part.lockedWords = &lockedWords{Name: l.Name, Field: l.Field, Rule: l.Rule, Next: l.Next}
			}
			x.Leaves = append(x.Leaves, part)
		}
		if version > 1 {
			x.lockedChanges = &lockedChanges{Unclear: r.Unclear}
			for i, d := range r.deltas() {
				x.Changes[i].Why = string(d.Why)
				if d.OK {
					x.Changes[i].Value = &d.Value
				}
			}
		}
		out.Rows = append(out.Rows, x)
	}
	return written(out)
}

type lockedScores struct {
	Format string        `json:"format"` // cchc scores v1
	Kind   string        `json:"kind"`   // round: final scores of all sheets; sheet: what its unit handed in
	ID     string        `json:"id"`
	Sheets []lockedSheet `json:"sheets"`
}

type lockedSheet struct {
	ID     string        `json:"id"`
	Unit   string        `json:"unit"`
	Set    string        `json:"set"`
	Total  points.Points `json:"total"`
	Max    points.Points `json:"max"`
	Scores []lockedScore `json:"scores"`
}

type lockedScore struct {
	Leaf   string         `json:"leaf"`
	Input  string         `json:"input,omitempty"`
	ByHand *points.Points `json:"by_hand,omitempty"`
}

func (l *Ledger) locked(s Stage) lockedSheet {
	card := l.Card(s)
	out := lockedSheet{ID: l.Sheet.ID, Unit: string(l.Sheet.Unit), Set: l.Sheet.Set, Total: card.Total, Max: card.Max, Scores: []lockedScore{}}
	for _, item := range Items(l.Set) {
		if x := l.At(item.Code, s); x.Given() {
			out.Scores = append(out.Scores, lockedScore{item.Code, encodeInput(x.Input), x.ByHand})
		}
	}
	return out
}

// lockedRound writes the final scores of a round, sheet by sheet in the order of ids.
func (k *Desk) lockedRound(ctx context.Context, q db.Queryer, r Round) ([]byte, error) {
	sheets, err := db.All(ctx, q, sheetsOf, scanSheet, r.ID)
	if err != nil {
		return nil, err
	}
	all, err := k.ledgersOf(ctx, q, r, sheets)
	if err != nil {
		return nil, err
	}
	out := lockedScores{Format: "cchc scores v1", Kind: "round", ID: r.ID, Sheets: []lockedSheet{}}
	for _, s := range sheets {
		if s.HandedIn != 0 && s.Removed == 0 {
			out.Sheets = append(out.Sheets, all[s.ID].locked(StageFinal))
		}
	}
	return written(out), nil
}

// lockedSheetOf writes what a unit handed in, as it stands now.
func (k *Desk) lockedSheetOf(ctx context.Context, q db.Queryer, s Sheet) ([]byte, error) {
	l, err := k.ledger(ctx, q, s)
	if err != nil {
		return nil, err
	}
	return l.handedIn(), nil
}

// handedIn writes what the sheet's unit hands in by it.
func (l *Ledger) handedIn() []byte {
	return written(lockedScores{Format: "cchc scores v1", Kind: "sheet", ID: l.Sheet.ID, Sheets: []lockedSheet{l.locked(StageSelf)}})
}

func written(v any) []byte {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err) // numbers and texts: it cannot fail
	}
	return append(b, '\n')
}

// contentChange is the hash of what an entry locks, for its changes.
func contentChange(content []byte) audit.Change {
	return audit.Change{Field: receipt.ContentField, To: receipt.ContentHash(content)}
}

// Locked returns what an entry of the trail about a thing locks, as it is stored now:
// of a publication, a round (final scores) or a sheet (what was handed in). It does not
// ask who wants it.
func (k *Desk) Locked(ctx context.Context, q db.Queryer, kind, id string) ([]byte, error) {
	switch kind {
	case "publication":
		p, err := getPublication(ctx, q, id)
		if err != nil {
			return nil, err
		}
		trail, err := ledger.Of(ctx, q, kind, id)
		_, hash := lockedBy(trail)
		return p.lockedAs(hash), err
	case "round":
		r, err := getRound(ctx, q, id)
		if err != nil {
			return nil, err
		}
		return k.lockedRound(ctx, q, r)
	case "sheet":
		s, err := getSheet(ctx, q, id)
		if err != nil {
			return nil, err
		}
		return k.lockedSheetOf(ctx, q, s)
	}
	return nil, fmt.Errorf("nothing of kind %q is locked", kind)
}
