package auth_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

// tree is a province with one commune, and a commune of another province.
type tree map[actor.UnitID]actor.UnitID

func (t tree) Within(_ context.Context, _ db.Queryer, u, root actor.UnitID) (bool, error) {
	if u == "broken" {
		return false, errors.New("no tree today")
	}
	for ; u != ""; u = t[u] {
		if u == root {
			return true, nil
		}
	}
	return false, nil
}

var units = tree{"commune": "province", "broken": "province"}

func as(r actor.Role, u actor.UnitID) actor.Actor {
	return actor.Actor{Account: "a-" + string(r), Login: string(r), Grants: []actor.Grant{{Role: r, Unit: u}}}
}

func TestTheTableOfRolesAndVerbs(t *testing.T) {
	t.Parallel()
	// Written out as people read it; the code's table is the other way round.
	may := map[auth.Verb][]actor.Role{
		auth.UnitRead:          actor.Roles,
		auth.UnitChange:        {actor.Administrator},
		auth.CalendarChange:    {actor.Administrator, actor.HomeAffairs},
		auth.ProcedureChange:   {actor.Administrator, actor.HomeAffairs},
		auth.DossierReceive:    {actor.OneStop},
		auth.DossierProcess:    {actor.Chairperson, actor.OneStop, actor.Specialist},
		auth.DossierReturn:     {actor.OneStop},
		auth.DossierApologise:  {actor.Chairperson, actor.OneStop},
		auth.DossierPay:        {actor.OneStop},
		auth.DossierCorrect:    {actor.OneStop},
		auth.DossierRead:       actor.Roles,
		auth.DossierReadPerson: {actor.Chairperson, actor.OneStop, actor.Auditor},
		auth.DossierImport:     {actor.Administrator, actor.HomeAffairs},
		auth.BookClose:         {actor.Chairperson, actor.HomeAffairs},
		auth.BoardRead:         actor.Roles,
		auth.IndexRead:         actor.Roles,
		auth.IndexEnter:        {actor.Administrator, actor.HomeAffairs},
		auth.ReportRead:        {actor.Administrator, actor.Chairperson, actor.HomeAffairs, actor.OneStop, actor.Auditor},
		auth.DossierErase:      {actor.Administrator},
		auth.ReportEnter:       {actor.Administrator, actor.HomeAffairs},
		auth.ScoreRead:         {actor.Administrator, actor.Chairperson, actor.HomeAffairs, actor.Specialist, actor.Auditor},
		auth.ScoreEnter:        {actor.HomeAffairs, actor.Specialist},
		auth.ScoreAppraise:     {actor.HomeAffairs, actor.Specialist},
		auth.CriteriaChange:    {actor.Administrator, actor.HomeAffairs},
		auth.RoundKeep:         {actor.Administrator, actor.HomeAffairs},
		auth.ResultPublish:     {actor.Chairperson, actor.HomeAffairs},
		auth.AuditRead:         {actor.Administrator, actor.Chairperson, actor.Auditor},
		auth.AccountChange:     {actor.Administrator},
		auth.AccountHandover:   {actor.Administrator, actor.Chairperson},
		auth.NoticeKeep:        {actor.Administrator},
		auth.LogCosign:         {actor.Administrator},
		auth.CounterRead:       {actor.Chairperson, actor.OneStop, actor.Auditor},
		auth.CounterSet:        {actor.Administrator, actor.HomeAffairs},
		auth.SettingChange:     {actor.Administrator},
		auth.SystemKeep:        {actor.Administrator},
		auth.PrivacyLook:       {actor.Administrator, actor.Chairperson, actor.Auditor},
		auth.PrivacyKeep:       {actor.Administrator},
		auth.PrivacyApprove:    {actor.Chairperson},
		auth.PrivacyReceive:    {actor.Administrator, actor.Chairperson, actor.OneStop},
		auth.PrivacyAnswer:     {actor.Administrator, actor.Chairperson, actor.OneStop},
	}
	if len(may) != len(auth.Verbs) {
		t.Errorf("the test has %d verbs, the package %d", len(may), len(auth.Verbs))
	}
	for _, v := range auth.Verbs {
		for _, r := range actor.Roles {
			if got, want := auth.Allows(r, v), slices.Contains(may[v], r); got != want {
				t.Errorf("Allows(%s, %s) = %v, want %v", r, v, got, want)
			}
		}
		if auth.Allows("gardener", v) {
			t.Errorf("an unknown role may %s", v)
		}
	}
}

func TestAGrantHoldsInItsUnitAndBelow(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := auth.Guard{Tree: units}
	for _, c := range []struct {
		name string
		a    actor.Actor
		verb auth.Verb
		unit actor.UnitID
		want fault.Kind // 0 when allowed
	}{
		{"in the unit itself", as(actor.OneStop, "commune"), auth.DossierReceive, "commune", 0},
		{"below the unit", as(actor.OneStop, "province"), auth.DossierReceive, "commune", 0},
		{"not above the unit", as(actor.OneStop, "commune"), auth.DossierReceive, "province", fault.Forbidden},
		{"not elsewhere", as(actor.OneStop, "commune"), auth.DossierReceive, "elsewhere", fault.Forbidden},
		{"not the whole system", as(actor.OneStop, "province"), auth.DossierReceive, "", fault.Forbidden},
		{"a grant of the whole system", as(actor.Administrator, ""), auth.UnitChange, "commune", 0},
		{"the whole system by a grant of it", as(actor.Administrator, ""), auth.UnitChange, "", 0},
		{"the wrong role", as(actor.Auditor, "province"), auth.DossierReceive, "commune", fault.Forbidden},
		{"an unknown verb", as(actor.Administrator, ""), "dossier.burn", "commune", fault.Forbidden},
		{"nobody signed in", actor.Actor{}, auth.UnitRead, "commune", fault.Unauthenticated},
		{"grants without an account", actor.Actor{Grants: as(actor.Auditor, "").Grants}, auth.UnitRead, "commune", fault.Unauthenticated},
		{"the program", actor.System("import"), auth.DossierImport, "commune", 0},
	} {
		err := g.Check(ctx, nil, c.a, c.verb, c.unit)
		if c.want == 0 && err != nil || c.want != 0 && !fault.Is(err, c.want) {
			t.Errorf("%s: Check gave %v, want kind %d", c.name, err, c.want)
		}
		if ok, err := g.May(ctx, nil, c.a, c.verb, c.unit); err != nil || ok != (c.want == 0) {
			t.Errorf("%s: May gave %v, %v", c.name, ok, err)
		}
	}
	if err := g.Check(ctx, nil, as(actor.OneStop, "province"), auth.DossierReceive, "broken"); err == nil || fault.As(err) != nil {
		t.Errorf("a tree that fails gave %v, want an error that is no answer", err)
	}
	if err := (auth.Guard{}).Check(ctx, nil, as(actor.OneStop, "province"), auth.DossierReceive, "commune"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("without a tree a grant reached below its unit: %v", err)
	}
}

func TestRootsAreWhereAVerbIsAllowed(t *testing.T) {
	t.Parallel()
	a := actor.Actor{Account: "x", Grants: []actor.Grant{
		{Role: actor.OneStop, Unit: "u1"}, {Role: actor.Specialist, Unit: "u2"}, {Role: actor.Chairperson, Unit: "u1"}}}
	for _, c := range []struct {
		a    actor.Actor
		verb auth.Verb
		want []actor.UnitID
	}{
		{a, auth.DossierProcess, []actor.UnitID{"u1", "u2"}},
		{a, auth.AuditRead, []actor.UnitID{"u1"}},
		{a, auth.AccountChange, nil},
		{actor.Actor{}, auth.UnitRead, nil},
		{actor.System("x"), auth.UnitRead, []actor.UnitID{""}},
	} {
		if got := auth.Roots(c.a, c.verb); !slices.Equal(got, c.want) {
			t.Errorf("Roots(%s, %s) = %q, want %q", c.a.Account, c.verb, got, c.want)
		}
		if err := (auth.Guard{}).CheckAnywhere(c.a, c.verb); (err == nil) != (len(c.want) > 0) {
			t.Errorf("CheckAnywhere(%s, %s) = %v", c.a.Account, c.verb, err)
		}
	}
}
