package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/data"
	"cchc/scorecard"
)

// criteriaYear is the year of the set that the communes are scored by now; the
// synthetic sets are of 2024.
const criteriaYear = 2026

// makeCriteria has the officer of home affairs import and issue the synthetic
// criteria sets, copy the communes' one to the present year and issue it, and begin
// the next year's: one of each state to look at.
func (r *rooms) makeCriteria(ctx context.Context, p *province) error {
	people, err := auth.People(ctx, r.db, p.id, actor.HomeAffairs, r.db.Now().Date())
	if err != nil {
		return err
	}
	if len(people) == 0 {
		return errors.New("the province has no officer of home affairs")
	}
	officer := actor.Actor{Account: people[0].Account, Name: people[0].Name, Grants: []actor.Grant{{Role: actor.HomeAffairs, Unit: p.id}}}
	desk := &scorecard.Desk{DB: r.db, Guard: &auth.Guard{Tree: r.book}, Units: r.book}
	var communes scorecard.SetVersion
	for _, text := range []string{data.CriteriaDistrict, data.CriteriaCommune} {
		v, err := desk.ImportSet(ctx, officer, scorecard.SetUpload{Unit: p.id, Text: text})
		if err != nil {
			return err
		}
		if communes, err = desk.IssueSet(ctx, officer, v.ID, v.Revision, illustration); err != nil {
			return fmt.Errorf("issue %s: %w", v.Code, err)
		}
	}
	copied := func(year int, note string) (scorecard.SetVersion, error) {
		return desk.CopySet(ctx, officer, communes.ID, scorecard.SetCopy{Unit: p.id, Year: year, Note: note,
			Code: strings.Replace(communes.Code, "2024", fmt.Sprint(year), 1)})
	}
	now, err := copied(criteriaYear, "Theo bộ năm 2024")
	if err != nil {
		return err
	}
	if _, err = desk.IssueSet(ctx, officer, now.ID, now.Revision, illustration); err != nil {
		return err
	}
	_, err = copied(criteriaYear+1, "Dự kiến cho năm sau")
	return err
}
