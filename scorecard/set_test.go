package scorecard_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/dossier/dossiertest"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

type office struct {
	*dossiertest.Office
	desk *scorecard.Desk
}

func open(t *testing.T) *office {
	o := dossiertest.Desk(t)
	return &office{o, &scorecard.Desk{DB: o.DB, Guard: o.Desk.Guard, Units: o.Desk.Units}}
}

func (o *office) bring(t *testing.T, name string) scorecard.SetVersion {
	t.Helper()
	text, err := os.ReadFile("../data/criteria_synthetic_" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	v, err := o.desk.ImportSet(t.Context(), o.HomeAffairs, scorecard.SetUpload{Unit: o.Province, Text: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (o *office) issued(t *testing.T, name string) scorecard.SetVersion {
	t.Helper()
	v := o.bring(t, name)
	v, err := o.desk.IssueSet(t.Context(), o.HomeAffairs, v.ID, v.Revision, "Quyết định số 1/QĐ-UBND")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (o *office) text(t *testing.T, id string) string {
	t.Helper()
	v, err := o.desk.SetVersion(t.Context(), o.DB, o.HomeAffairs, id)
	if err != nil {
		t.Fatal(err)
	}
	return v.Text
}

// wants fails the test unless err is a fault with the key.
func wants(t *testing.T, what string, err error, key string) {
	t.Helper()
	if x := fault.As(err); x == nil || x.Key != key {
		t.Errorf("%s: %v, want %s", what, err, key)
	}
}

func TestAnIssuedSetIsKeptByteForByteAndImportsAsTheSame(t *testing.T) {
	t.Parallel()
	o := open(t)
	for _, name := range []string{"commune", "district"} {
		v := o.issued(t, name)
		text := o.text(t, v.ID)
		s, err := criteria.Load([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(criteria.Canonical(s)); got != text {
			t.Errorf("%s: the text of an issued set is not the canonical one", name)
		}
		next, err := o.desk.ImportSet(t.Context(), o.HomeAffairs, scorecard.SetUpload{Unit: o.Province, Text: text})
		if err != nil {
			t.Fatal(err)
		}
		if next.Version != 2 || o.text(t, next.ID) != text || next.SHA256 != v.SHA256 {
			t.Errorf("%s: what was exported comes back as version %d with another text", name, next.Version)
		}
	}
}

func TestNoVerbChangesWhatWasIssued(t *testing.T) {
	t.Parallel()
	o := open(t)
	ctx, a := t.Context(), o.HomeAffairs
	v := o.issued(t, "commune")
	before := o.text(t, v.ID)
	doc, err := scorecard.ParseSetDoc(before)
	if err != nil {
		t.Fatal(err)
	}
	n := doc.Node("1.1.1")
	ref := scorecard.NodeRef{Place: n.Place, Stamp: n.Stamp()}
	edit := scorecard.NodeEdit{Code: "1.1.1", Name: "Khác", Max: "1"}
	_, err = o.desk.SetNode(ctx, a, v.ID, ref, edit)
	wants(t, "SetNode", err, "sets.issued")
	_, err = o.desk.AddNode(ctx, a, v.ID, scorecard.NodeRef{}, edit)
	wants(t, "AddNode", err, "sets.issued")
	wants(t, "MoveNode", o.desk.MoveNode(ctx, a, v.ID, ref, 1), "sets.issued")
	wants(t, "MoveUnder", o.desk.MoveUnder(ctx, a, v.ID, ref, scorecard.NodeRef{}), "sets.issued")
	wants(t, "RemoveNode", o.desk.RemoveNode(ctx, a, v.ID, scorecard.NodeRef{Place: n.Place, Stamp: n.DeepStamp()}), "sets.issued")
	wants(t, "SetHead", o.desk.SetHead(ctx, a, v.ID, v.HeadStamp(doc), scorecard.Head{Title: "Khác", Level: "cap_xa", Year: 2024}), "sets.issued")
	wants(t, "SetText", o.desk.SetText(ctx, a, v.ID, v.Revision, before), "sets.issued")
	wants(t, "DeleteDraft", o.desk.DeleteDraft(ctx, a, v.ID, v.Revision), "sets.issued")
	_, err = o.desk.IssueSet(ctx, a, v.ID, v.Revision, "QĐ khác")
	wants(t, "IssueSet", err, "sets.issued")
	if o.text(t, v.ID) != before {
		t.Error("the text changed")
	}
}

var (
	forceText   = db.SQL("scorecard.test.force_text", `UPDATE criteria_set SET canonical = $1 WHERE id = $2`)
	forceState  = db.SQL("scorecard.test.force_state", `UPDATE criteria_set SET state = 'draft', issued_at = NULL WHERE id = $1`)
	forceDelete = db.SQL("scorecard.test.force_delete", `DELETE FROM criteria_set WHERE id = $1`)
	forceBack   = db.SQL("scorecard.test.force_back", `UPDATE criteria_set SET state = 'issued' WHERE id = $1`)
)

func TestTheEngineItselfKeepsWhatWasIssued(t *testing.T) {
	t.Parallel()
	o := open(t)
	ctx := t.Context()
	v := o.issued(t, "commune")
	force := func(what string, s *db.Stmt, args ...any) {
		t.Helper()
		if err := o.DB.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, s, args...); return err }); err == nil {
			t.Errorf("the engine lets a statement %s", what)
		}
	}
	force("change the text of an issued set", forceText, "meta: {}", v.ID)
	force("make a draft of an issued set", forceState, v.ID)
	force("delete an issued set", forceDelete, v.ID)
	next, err := o.desk.NextVersion(ctx, o.HomeAffairs, v.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.IssueSet(ctx, o.HomeAffairs, next.ID, next.Revision, "QĐ 2"); err != nil {
		t.Fatal(err)
	}
	force("bring a superseded set back", forceBack, v.ID)
	force("change the text of a superseded set", forceText, "meta: {}", v.ID)
}

func TestIssuingListsEverythingThatIsWrongAtOnce(t *testing.T) {
	t.Parallel()
	o := open(t)
	ctx, a := t.Context(), o.HomeAffairs
	v, err := o.desk.ImportSet(ctx, a, scorecard.SetUpload{Unit: o.Province, Text: `meta: {id: A-2026, title: A, level: cap_xa, total_max: 100}
domains:
- {code: '1', name: Một, max: 10, criteria: [{code: '1.1', name: B, max: 4, kind: yes_no, rule: {yes: 5, no: 0}}, {code: '1.1', name: C, max: 4, kind: so_may, rule: {}}]}
`})
	if err != nil {
		t.Fatal(err)
	}
	v, err = o.desk.SetVersion(ctx, o.DB, a, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, _, faults, err := o.desk.ReadSet(ctx, o.DB, v)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"criteria.sum_fields", "criteria.sum_children", "criteria.points_outside", "criteria.code_twice", "criteria.kind_unknown"} {
		found := false
		for _, f := range faults {
			found = found || f.Key == key && f.Path != ""
		}
		if !found {
			t.Errorf("%s is not among %v", key, faults)
		}
	}
	_, err = o.desk.IssueSet(ctx, a, v.ID, v.Revision, "QĐ 1")
	wants(t, "issue", err, "sets.not_ready")
}

func TestWhoMayChangeSetsIsWhoHasTheVerbInTheUnit(t *testing.T) {
	t.Parallel()
	o := open(t)
	ctx := t.Context()
	v := o.bring(t, "commune")
	lower := actor.Actor{Account: "noivu.xa", Login: "noivu.xa", Name: "Nội vụ xã", Grants: []actor.Grant{{Role: actor.HomeAffairs, Unit: o.Commune}}}
	for name, who := range map[string]actor.Actor{"home affairs of a commune": lower, "the chair": o.Chair, "a specialist": o.Specialist, "the auditor": o.Auditor, "the counter": o.Officer} {
		if _, err := o.desk.ImportSet(ctx, who, scorecard.SetUpload{Unit: o.Province, Text: o.text(t, v.ID)}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s imports a set of the province: %v", name, err)
		}
		if _, err := o.desk.IssueSet(ctx, who, v.ID, v.Revision, "QĐ"); err == nil {
			t.Errorf("%s issues a set of the province", name)
		}
		if _, err := o.desk.SetVersion(ctx, o.DB, who, v.ID); err == nil {
			t.Errorf("%s reads a draft of the province", name)
		}
	}
	own, err := o.desk.ImportSet(ctx, lower, scorecard.SetUpload{Unit: o.Commune, Text: o.text(t, v.ID)})
	if err != nil {
		t.Fatalf("a commune's own set: %v", err)
	}
	// Another commune sees neither the draft nor, being no part of it, the issued set.
	other := actor.Actor{Account: "x", Login: "x", Name: "X", Grants: []actor.Grant{{Role: actor.HomeAffairs, Unit: o.Mountain}}}
	if _, err := o.desk.IssueSet(ctx, lower, own.ID, own.Revision, "QĐ"); err != nil {
		t.Fatal(err)
	}
	_, err = o.desk.SetVersion(ctx, o.DB, other, own.ID)
	wants(t, "another commune reads it", err, "sets.unknown")
	if _, err := o.desk.SetVersion(ctx, o.DB, o.Auditor, own.ID); err != nil {
		t.Errorf("the province's auditor reads a commune's issued set: %v", err)
	}
	issued := o.issued(t, "district")
	if _, err := o.desk.SetVersion(ctx, o.DB, o.Specialist, issued.ID); err != nil {
		t.Errorf("a commune's specialist reads the set that scores the commune: %v", err)
	}
}

func TestEveryActOnASetIsInTheTrail(t *testing.T) {
	t.Parallel()
	o := open(t)
	ctx, a := t.Context(), o.HomeAffairs
	v := o.bring(t, "commune")
	doc, _ := scorecard.ParseSetDoc(o.text(t, v.ID))
	n := doc.Node("1.2.1")
	if err := o.desk.MoveNode(ctx, a, v.ID, scorecard.NodeRef{Place: n.Place, Stamp: n.Stamp()}, 1); err != nil {
		t.Fatal(err)
	}
	if err := o.desk.RemoveNode(ctx, a, v.ID, scorecard.NodeRef{Place: n.Place, Stamp: n.DeepStamp()}); err != nil {
		t.Fatal(err)
	}
	entries, err := audit.Of(ctx, o.DB, "criteria_set", v.ID)
	if err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, e := range entries {
		verbs = append(verbs, e.Verb)
	}
	for _, want := range []string{"criteria.import", "criteria.move", "criteria.remove"} {
		if !strings.Contains(strings.Join(verbs, " "), want) {
			t.Errorf("%s is not in the trail: %v", want, verbs)
		}
	}
}

func TestManyPeopleEditDifferentNodesAtOnce(t *testing.T) {
	t.Parallel()
	o := open(t)
	ctx := context.Background()
	v := o.bring(t, "commune")
	doc, err := scorecard.ParseSetDoc(o.text(t, v.ID))
	if err != nil {
		t.Fatal(err)
	}
	var leaves []*scorecard.DocNode
	for _, n := range doc.All() {
		if n.Leaf() && !n.Item() {
			leaves = append(leaves, n)
		}
	}
	var wg sync.WaitGroup
	for _, n := range leaves {
		wg.Go(func() {
			e := scorecard.NodeEdit{Code: n.Text("code"), Name: "Đã sửa " + n.Text("code"), Max: n.Text("max"),
				Leaf: &scorecard.LeafEdit{Kind: n.Text("kind"), Rule: n.Sub("rule"), Source: n.Text("data_source"), NA: criteria.Policy(n.Sub("na").Text("policy"))}}
			if _, err := o.desk.SetNode(ctx, o.HomeAffairs, v.ID, scorecard.NodeRef{Place: n.Place, Stamp: n.Stamp()}, e); err != nil {
				t.Errorf("%s: %v", n.Place, err)
			}
		})
	}
	wg.Wait()
	if got := strings.Count(o.text(t, v.ID), "Đã sửa "); got != len(leaves) {
		t.Errorf("%d of %d edits are there", got, len(leaves))
	}
}

func TestADocumentComesBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"meta:\n  id: \"A-1\"\n  code: \"1.10\"\n  num: 1.10\n  big: 0.3333\n  flag: true\ndomains:\n- code: \"1\"\n  name: \"Dấu \\\"nháy\\\" và \\\\\"\n  rule:\n    tiers:\n    - ge: 0.9\n      points: 2\n    - points: 0\n",
		"meta:\n  id: x\n  empty: {}\n  none: []\n  texts:\n  - \"a b\"\n  - 3\n",
	} {
		doc, err := scorecard.ParseSetDoc(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Text(); got != text {
			t.Errorf("written as\n%s\nwant\n%s", got, text)
		}
	}
	for _, bad := range []string{"", "a: 1", "- 1", "meta: 1", "meta: [", "\x00", strings.Repeat("a: {", 400), "meta: &a\n  b: *a\n", "%", "? ", "meta:\n\tid: x"} {
		if _, err := scorecard.ParseSetDoc(bad); fault.As(err) == nil && !strings.HasPrefix(bad, "meta: &a") {
			t.Errorf("ParseSetDoc(%q): %v, want a fault", bad, err)
		}
	}
}

func FuzzSetDoc(f *testing.F) {
	f.Add("meta:\n  id: x\n  list:\n  - a: 1\n  - b\n")
	f.Add("meta: {id: '1.10', t: \"a\\tb\"}\ndomains: [{code: 1}]")
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := scorecard.ParseSetDoc(text)
		if err != nil {
			if fault.As(err) == nil {
				t.Fatalf("%v is no fault", err)
			}
			return
		}
		once := doc.Text()
		again, err := scorecard.ParseSetDoc(once)
		if err != nil {
			t.Fatalf("what was written is not read: %v\n%s", err, once)
		}
		if twice := again.Text(); twice != once {
			t.Fatalf("written twice:\n%s\nand\n%s", once, twice)
		}
		doc.All()
	})
}

func TestACopyIsOfAnotherCodeAndYear(t *testing.T) {
	t.Parallel()
	o := open(t)
	ctx, a := t.Context(), o.HomeAffairs
	v := o.issued(t, "commune")
	_, err := o.desk.CopySet(ctx, a, v.ID, scorecard.SetCopy{Unit: o.Province, Code: v.Code, Year: 2026})
	wants(t, "the same code", err, "form.invalid")
	c, err := o.desk.CopySet(ctx, a, v.ID, scorecard.SetCopy{Unit: o.Province, Code: "XA-2026", Title: "Bộ 2026", Year: 2026})
	if err != nil {
		t.Fatal(err)
	}
	if c.Version != 1 || c.Year != 2026 || c.Title != "Bộ 2026" || c.Basis != "" || c.State != scorecard.Draft {
		t.Errorf("the copy is %+v", c)
	}
	_, err = o.desk.NextVersion(ctx, a, c.ID, "")
	wants(t, "the next version of a draft", err, "sets.not_issued")
	_, err = o.desk.DeriveSet(ctx, a, c.ID, scorecard.SetCopy{Unit: unit.ID(o.Commune), Code: "X-2026", Year: 2026})
	wants(t, "a frame that is a draft", err, "sets.not_issued")
}
