package criteria

import (
	"context"
	"strings"
	"testing"

	"cchc/base/i18n"
)

// around puts leaves into a set of one field.
func around(max, leaves string) string {
	return "meta: {id: X, title: X, level: cap_xa, total_max: " + max + "}\ndomains:\n- code: '1'\n  name: F\n  max: " + max + "\n  criteria:\n" + leaves
}

func one(max, kind, rule string) string {
	return around(max, "  - {code: '1.1', name: A, max: "+max+", kind: "+kind+", rule: "+rule+"}\n")
}

func TestEveryFaultIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"no YAML", "a: [1", "line 1: The file is not well-formed YAML"},
		{"empty", "# nothing", "The file is empty"},
		{"two documents", one("1", "yes_no", "{'yes': 1}") + "---\na: 1\n", "A file holds one set"},
		{"an unknown key of the whole", one("1", "yes_no", "{'yes': 1}") + "colour: red\n", "line 8, colour: There is no key colour"},
		{"fields that do not add up", strings.Replace(one("1", "yes_no", "{'yes': 1}"), "total_max: 1", "total_max: 2", 1), "meta.total_max: Says 2 points in all, but the fields add up to 1"},
		{"a field that does not add up", around("3", "  - {code: '1.1', name: A, max: 1, kind: yes_no, rule: {'yes': 1}}\n"), "line 5, domains[0].max (1): Says 3 points, but its parts add up to 1"},
		{"a code twice", around("2", strings.Repeat("  - {code: '1.1', name: A, max: 1, kind: yes_no, rule: {'yes': 1}}\n", 2)), "line 8, domains[0].criteria[1].code (1.1): Code 1.1 stands twice"},
		{"no rule", around("1", "  - {code: '1.1', name: A, max: 1}\n"), "Neither a rule"},
		{"a rule and children", around("1", "  - {code: '1.1', name: A, max: 1, kind: yes_no, rule: {'yes': 1}, components: [{code: '1.1.1', name: B, max: 1, kind: yes_no, rule: {'yes': 1}}]}\n"), "What has children has no rule"},
		{"more places than points have", one("0.00001", "yes_no", "{'yes': 1}"), "is not a number of points"},
		{"points above the maximum", one("1", "yes_no", "{'yes': 2}"), "rule.yes (1.1): 2 points are not between 0 and 1"},
		{"the maximum cannot be reached", one("2", "choice", "{options: [{label: a, points: 1}, {label: b, points: 0}]}"), "The most that the rule gives is 1, not the maximum 2"},
		{"an option twice", one("1", "choice", "{options: [{label: A, points: 1}, {label: a, points: 0}]}"), `The option "a" stands twice`},
		{"a gap between tiers", one("1", "tiered", "{metric: a/b, tiers: [{ge: 0.9, points: 1}, {lt: 0.8, points: 0}]}"), "Between 0.8 and 0.9 there is a place in no tier"},
		{"a bound that neither tier has", one("1", "tiered", "{metric: a/b, tiers: [{gt: 0.9, points: 1}, {lt: 0.9, points: 0}]}"), "Between 0.9 and 0.9 there is a place in no tier"},
		{"an overlap", one("1", "tiered", "{metric: a/b, tiers: [{ge: 0.9, points: 1}, {le: 0.9, points: 0}]}"), "Tiers 2 and 1 overlap"},
		{"a gap above", one("1", "tiered", "{metric: a/b, tiers: [{ge: 0.5, lt: 0.9, points: 1}, {lt: 0.5, points: 0}]}"), "There is no tier above 0.9"},
		{"a gap below", one("1", "count_tiered", "{tiers: [{ge: 2, points: 1}, {eq: 1, points: 0}]}"), "There is no tier below 1"},
		{"a gap between counts", one("1", "count_tiered", "{tiers: [{ge: 3, points: 1}, {eq: 1, points: 0.5}, {eq: 0, points: 0}]}"), "Between 1 and 3 there is a place in no tier"},
		{"a tier that nothing reaches", one("1", "tiered", "{metric: a/b, tiers: [{ge: 0.9, lt: 0.8, points: 1}, {points: 0}]}"), "No number reaches tier 1"},
		{"the rest is not the last", one("1", "tiered", "{metric: a/b, tiers: [{points: 1}, {ge: 0.9, points: 0}]}"), "must be the last"},
		{"full at 0", one("1", "linear_ratio", "{full_at: 0}"), "rule.full_at (1.1): Must be above 0"},
		{"a floor above the top", one("1", "piecewise_linear", "{full_at: 0.5, zero_below: 0.6}"), "0.6 is not between 0 and 0.5"},
		{"a formula beside the rule says something else", one("1", "linear_ratio", "{full_at: 0.95, formula: ratio/0.9*max}"), "contradicts the rule"},
		{"a cap that is not the maximum", one("1", "linear_ratio", "{cap: 2}"), "The cap 2 is not the maximum 1"},
		{"a deduction that gives", one("1", "deduction", "{each: 0.5}"), "rule.each (1.1): Must be below 0"},
		{"a condition on nothing", one("1", "conditional", "{on: '9', if: {ge: 1}, then: 1}"), "There is no code 9"},
		{"a condition on itself", one("1", "conditional", "{on: '1.1', if: {ge: 1}, then: 1}"), "circle: 1.1 → 1.1"},
		{"a circle", around("2", "  - {code: a, name: A, max: 1, kind: conditional, rule: {on: b, if: {ge: 1}, then: 1}}\n  - {code: b, name: B, max: 1, kind: conditional, rule: {on: a, if: {ge: 1}, then: 1}}\n"), "circle: a → b → a"},
		{"an option that the other leaf lacks", around("2", "  - {code: a, name: A, max: 1, kind: yes_no, rule: {'yes': 1}}\n  - {code: b, name: B, max: 1, kind: conditional, rule: {on: a, if: {option: maybe}, then: 1}}\n"), `Leaf a has no option "maybe"`},
		{"a formula that does not parse", one("1", "formula", "{formula: 'a + ', vars: [a]}"), "The formula cannot be read"},
		{"a formula with an undeclared name", one("1", "formula", "{formula: 'a + b', vars: [a]}"), `uses "b", which is not declared`},
		{"a formula with a function of the library", one("1", "formula", "{formula: 'len(a)', vars: [a]}"), `no function "len"`},
		{"a formula that compares", one("1", "formula", "{formula: 'a > 1', vars: [a]}"), "does not give a number"},
		{"a formula that mixes", one("1", "formula", "{formula: '(a > 1) + 1', vars: [a]}"), "mixes numbers"},
		{"a formula with a closure", one("1", "formula", "{formula: 'sum(1..9, # * a)', vars: [a]}"), `"#" cannot stand`},
		{"a formula with powers", one("1", "formula", "{formula: 'a ** 9', vars: [a]}"), `"**" cannot stand`},
		{"a long formula", one("1", "formula", "{formula: '"+strings.Repeat("a+", 600)+"a', vars: [a]}"), "longer than 1,000"},
		{"a formula with many operations", one("1", "formula", "{formula: '"+strings.Repeat("a+", 300)+"a', vars: [a]}"), "more than 200"},
		{"an unused variable", one("1", "formula", "{formula: 'a', vars: [a, b]}"), "does not use b"},
		{"a source that nobody knows", around("1", "  - {code: '1.1', name: A, max: 1, kind: yes_no, rule: {'yes': 1}, data_source: dossier}\n"), `no data source "dossier"`},
		{"a measure that the dossier room lacks", around("1", "  - {code: '1.1', name: A, max: 1, kind: linear_ratio, rule: {metric: on_tme/finished}, data_source: dossiers}\n"), `no measure "on_tme"`},
		{"a survey bound to yes or no", around("1", "  - {code: '1.1', name: A, max: 1, kind: yes_no, rule: {'yes': 1}, data_source: survey}\n"), "does not give what a rule of the kind yes_no reads"},
		{"a policy that nobody knows", around("1", "  - {code: '1.1', name: A, max: 1, kind: yes_no, rule: {'yes': 1}, na: {policy: half}}\n"), `no policy "half"`},
		{"a bonus without an end", one("1", "yes_no", "{'yes': 1}") + "bonus: [{code: T, name: T, kind: count, rule: {each: 1, cap: 5}}]\n", "A bonus without an end"},
		{"a penalty without an end", one("1", "yes_no", "{'yes': 1}") + "penalties: [{code: P, name: P, kind: deduction, rule: {each: -1}}]\n", "A penalty without an end"},
		{"bands out of order", strings.Replace(one("1", "yes_no", "{'yes': 1}"), "total_max", "bands: [{label: A, min: 50}, {label: B, min: 60}], total_max", 1), `The band "B" is not below "A"`},
		{"no band at the bottom", strings.Replace(one("1", "yes_no", "{'yes': 1}"), "total_max", "bands: [{label: A, min: 50}], total_max", 1), "There is no band below"},
		{"the text says 38 and lists 39", strings.Replace(one("1", "yes_no", "{'yes': 1}"), "total_max", "stated: {criteria: 2}, total_max", 1), "The text says 2 criteria and lists 1"},
		{"survey points that do not add up", strings.Replace(one("1", "yes_no", "{'yes': 1}"), "total_max", "survey_and_sipas: 1, total_max", 1), "but those leaves add up to 0"},
		{"a veto on nothing", one("1", "veto", "{when: x, zero: ['7']}"), "There is no code 7"},
		{"an alias", "a: &x 1\nmeta: *x\n", "meta: Must be pairs"},
	} {
		faults := Check([]byte(c.text), nil)
		if !strings.Contains(faults.Error(), c.want) {
			t.Errorf("%s: faults are\n%v\nwant %q", c.name, faults, c.want)
		}
		for _, f := range faults {
			vi := f.Text(i18n.With(context.Background(), i18n.Vietnamese))
			if strings.Contains(vi, "criteria.") || strings.Contains(vi, "<no value>") || strings.Contains(f.String(), "<no value>") {
				t.Errorf("%s: %s is not said: %q", c.name, f.Key, vi)
			}
		}
	}
}

func TestManyFaultsComeAtOnce(t *testing.T) {
	t.Parallel()
	text := around("5", "  - {code: '1.1', name: A, max: 1, kind: yes_no, rule: {'yes': 2}, colour: red}\n  - {code: '1.1', name: '', max: 1, kind: wish, rule: {}}\n")
	if faults := Check([]byte(text), nil); len(faults) != 7 {
		t.Errorf("%d faults, want 7: points, maximum, key, code, name, kind, sum:\n%v", len(faults), faults)
	}
}

func TestALowerLevelAddsOnlyWhereTheFrameAllows(t *testing.T) {
	t.Parallel()
	frame := `meta: {id: KHUNG, title: Khung, level: cap_xa, total_max: 5}
domains:
- code: '1'
  name: F
  max: 5
  criteria:
  - {code: '1.1', name: A, max: 2, kind: yes_no, rule: {'yes': 2}}
  - code: '1.2'
    name: B
    max: 3
    may_add: true
    components:
    - {code: 1.2.1, name: C, max: 2, kind: yes_no, rule: {'yes': 2}}
`
	f, err := Load([]byte(frame))
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(frame, "id: KHUNG,", "id: X, frame: KHUNG,", 1)
	added := "    - {code: 1.2.2, name: D, max: 1, added: true, kind: yes_no, rule: {'yes': 1}}\n"
	for _, c := range []struct{ name, text, want string }{
		{"what the frame allows", own + added, ""},
		{"not marked", own + strings.Replace(added, "added: true, ", "", 1), "is not in the frame"},
		{"another maximum", strings.Replace(own, "max: 2, kind: yes_no, rule: {'yes': 2}}\n  - code", "max: 1, kind: yes_no, rule: {'yes': 1}}\n  - {code: '1.3', name: E, max: 1, added: true, kind: yes_no, rule: {'yes': 1}}\n  - code", 1) + added, "Says 1 points; the frame says 2"},
		{"added where it may not be", strings.Replace(own, "max: 2, kind: yes_no, rule: {'yes': 2}}\n  - code", "max: 1, kind: yes_no, rule: {'yes': 1}}\n  - {code: '1.3', name: E, max: 1, added: true, kind: yes_no, rule: {'yes': 1}}\n  - code", 1) + added, "does not allow 1.3"},
		{"another rule", strings.Replace(own, "rule: {'yes': 2}}\n  - code", "rule: {'yes': 2, 'no': 1}}\n  - code", 1) + added, "The rule of 1.1 is not the frame's"},
		{"something left out", strings.Replace(own, "    - {code: 1.2.1, name: C, max: 2", "    - {code: 1.2.9, name: C, max: 2, added: true", 1) + added, "1.2.1 (C) of the frame is missing"},
		{"no frame named", strings.Replace(own, "frame: KHUNG,", "", 1) + added, "The set names the frame"},
	} {
		faults := Check([]byte(c.text), f)
		if c.want == "" && len(faults) > 0 || c.want != "" && !strings.Contains(faults.Error(), c.want) {
			t.Errorf("%s: faults are\n%v\nwant %q", c.name, faults, c.want)
		}
	}
}
