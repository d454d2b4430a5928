package scorecard

import (
	"context"
	"slices"
	"time"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// A News is something about a round that people should be told of. Who the people are
// is for the app to find: accounts by name, or those who score in a unit.
type News struct {
	Key     string // once for each person
	Event   string
	Account string  // "": those who score in Unit
	Unit    unit.ID // the unit that it concerns
	Round   Round
	Stage   Stage          // of stages
	At      moment.Instant // when the stage closes
	Leaf    string         // of questions
	Link    string
}

// The events.
const (
	NewsOpens     = "score_opens"     // a stage opened
	NewsCloses    = "score_closes"    // a stage closes soon, and work is left
	NewsAsked     = "score_asked"     // a unit was asked to explain
	NewsAnswered  = "score_answered"  // it answered
	NewsVerdict   = "score_verdict"   // what an appraisal gave can be seen
	NewsPublished = "score_published" // results were published
)

const (
	closesSoon = 72 * time.Hour // before a stage closes those with work left are told
	newsFor    = 72 * time.Hour // what is older is told to nobody: the program may have stood still
)

var (
	newsRounds = db.SQL("scorecard.news.rounds", `
		SELECT DISTINCT r.id
		FROM round r
		JOIN round_stage s ON s.round_id = r.id
		WHERE r.origin = 'here' AND s.opens <= $1 AND s.closes >= $2
		ORDER BY r.id`)
	newsAsked = db.SQL("scorecard.news.asked", `
		SELECT q.id, s.round_id, s.unit_id, s.id, q.leaf
		FROM score_question q
		JOIN sheet s ON s.id = q.sheet_id
		WHERE q.asked_at >= $1 AND q.answered_at IS NULL
		ORDER BY q.id`)
	newsAnswered = db.SQL("scorecard.news.answered", `
		SELECT q.id, s.round_id, s.unit_id, s.id, q.leaf, q.asked_by
		FROM score_question q
		JOIN sheet s ON s.id = q.sheet_id
		WHERE q.answered_at >= $1
		ORDER BY q.id`)
	newsOpenQuestions = db.SQL("scorecard.news.open_questions", `
		SELECT DISTINCT q.sheet_id
		FROM score_question q
		JOIN sheet s ON s.id = q.sheet_id
		WHERE s.round_id = $1 AND q.answered_at IS NULL`)
	newsPublished = db.SQL("scorecard.news.published", `
		SELECT p.id, p.round_id
		FROM publication p
		WHERE p.approved_at >= $1 AND p.round_id IS NOT NULL
		ORDER BY p.id`)
)

// News returns what is news now: stages that opened or close soon, questions and
// answers, verdicts that can be seen, publications. It is asked again and again; the
// key of each tells what was told already. A calendar that is changed makes other keys.
func (k *Desk) News(ctx context.Context, q db.Queryer) ([]News, error) {
	now := nowOf(k, q)
	since := now.Add(-newsFor)
	ids, err := db.Column[string](ctx, q, newsRounds, now, since)
	if err != nil {
		return nil, err
	}
	rounds := map[string]Round{}
	var out []News
	round := func(id string) (Round, error) {
		r, ok := rounds[id]
		if !ok {
			if r, err = getRound(ctx, q, id); err != nil {
				return r, err
			}
			rounds[id] = r
		}
		return r, nil
	}
	for _, id := range ids {
		r, err := round(id)
		if err != nil {
			return nil, err
		}
		list, err := k.stageNews(ctx, q, r, now, since)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	about := func(stmt *db.Stmt, event string, answered bool) error {
		var list []News
		var of []string
		err := db.Each(ctx, q, stmt, func(s db.Scanner) error {
			n := News{Event: event}
			var id, roundID, sheet string
			to := []any{&id, &roundID, &n.Unit, &sheet, &n.Leaf}
			if answered {
				to = append(to, &n.Account)
			}
			err := s.Scan(to...)
			n.Key, n.Link = event+"/"+id, "/scorecard/sheets/"+sheet+"/"+n.Leaf
			list, of = append(list, n), append(of, roundID)
			return err
		}, since)
		for i := range list {
			if err != nil {
				return err
			}
			list[i].Round, err = round(of[i])
		}
		out = append(out, list...)
		return err
	}
	if err := about(newsAsked, NewsAsked, false); err != nil {
		return nil, err
	}
	if err := about(newsAnswered, NewsAnswered, true); err != nil {
		return nil, err
	}
	published := map[string]string{}
	if err := db.Each(ctx, q, newsPublished, func(s db.Scanner) error {
		var id, roundID string
		err := s.Scan(&id, &roundID)
		published[id] = roundID
		return err
	}, since); err != nil {
		return nil, err
	}
	for id, roundID := range published {
		r, err := round(roundID)
		if err != nil {
			return nil, err
		}
		sheets, err := db.All(ctx, q, sheetsOf, scanSheet, r.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range sheets {
			out = append(out, News{Key: NewsPublished + "/" + id, Event: NewsPublished, Unit: s.Unit, Round: r, Link: "/scorecard/results/" + id})
		}
	}
	return out, nil
}

// stageNews returns what a round's calendar makes news of.
func (k *Desk) stageNews(ctx context.Context, q db.Queryer, r Round, now, since moment.Instant) ([]News, error) {
	sheets, err := db.All(ctx, q, sheetsOf, scanSheet, r.ID)
	if err != nil {
		return nil, err
	}
	sheets = slices.DeleteFunc(sheets, func(s Sheet) bool { return s.Removed != 0 })
	asked, err := db.Column[string](ctx, q, newsOpenQuestions, r.ID)
	if err != nil {
		return nil, err
	}
	appraisers, err := k.Assignments(ctx, q, r)
	if err != nil {
		return nil, err
	}
	var out []News
	add := func(event string, s Stage, stamp, closes moment.Instant, n News) {
		n.Event, n.Stage, n.At, n.Round = event, s, closes, r
		n.Key = event + "/" + r.ID + "/" + string(s) + "/" + stamp.String() + "/" + string(n.Unit)
		out = append(out, n)
	}
	for _, s := range Stages {
		w := r.Window(s)
		if w.Closes == 0 || r.Approved != 0 && s != StagePublished {
			continue
		}
		opened := w.Opens <= now && w.Opens >= since && now < w.Closes
		soon := now < w.Closes && w.Closes <= now.Add(closesSoon) && w.Opens <= now
		for _, event := range []string{NewsOpens, NewsCloses} {
			stamp := w.Opens
			if event == NewsCloses {
				stamp = w.Closes
			}
			if event == NewsOpens && !opened || event == NewsCloses && !soon {
				continue
			}
			for _, sh := range sheets {
				mine := s == StageSelf && (event == NewsOpens || sh.HandedIn == 0) || s == StageExplain && slices.Contains(asked, sh.ID)
				if mine {
					add(event, s, stamp, w.Closes, News{Unit: sh.Unit, Link: "/scorecard/sheets/" + sh.ID})
				}
			}
			told := map[string]bool{}
			for _, a := range appraisers {
				if a.Stage == s && !told[a.Account] {
					told[a.Account] = true
					add(event, s, stamp, w.Closes, News{Account: a.Account, Unit: r.Unit, Link: "/scorecard/rounds/" + r.ID})
				}
			}
		}
		appraisal := s == StageAppraised1 || s == StageAppraised2 || s == StageCouncil
		for _, sh := range sheets {
			if from := r.shownFrom(s, sh.ID); appraisal && sh.HandedIn != 0 && from <= now && from >= since {
				add(NewsVerdict, s, from, w.Closes, News{Unit: sh.Unit, Link: "/scorecard/sheets/" + sh.ID})
			}
		}
	}
	return out, nil
}

// shownFrom returns when what an appraisal gave a sheet can be seen by its unit: see
// shown.
func (r Round) shownFrom(s Stage, sheet string) moment.Instant {
	from := r.Due(s, sheet)
	if w := r.Window(StageExplain); s == StageAppraised1 && w.Closes != 0 {
		from = min(from, w.Opens)
	}
	return from
}
