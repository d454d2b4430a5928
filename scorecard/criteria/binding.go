package criteria

import "slices"

// sources are the data sources that the product knows by name. "manual" is entered
// by hand; those of rooms to come are declared and entered by hand until then.
var sources = []string{
	"manual", "dossiers", "index_766", "survey", "survey_sipas",
	"document_register", "plan_register", "report_register", "task_register", "inspection_register",
	"remediation_register", "feedback", "finance", "initiative", "personnel", "procedure", "import",
}

func known(source string) bool { return slices.Contains(sources, source) }

// Sources lists the data sources that a leaf may be bound to.
func Sources() []string { return slices.Clone(sources) }

// dossierMeasures are what the dossier room is asked for: the parts of a metric. Some
// it cannot count yet; their values are entered by hand.
var dossierMeasures = []string{
	"on_time", "finished", "received", "in_system", "total", "online", "fee_bearing", "paid_online", "digitised",
	"apology_letters", "late", "e_certified", "certified", "with_dossiers", "postal", "e_result", "reused",
	"supplemented_twice", "satisfied", "count",
}

// readBinding reads data_source. The measures are those of the rule's metric, unless
// the binding names its own.
func readBinding(m *mapping, rule Rule) Binding {
	b := Binding{}
	if m.has("binding") {
		x := m.child("binding")
		if x == nil {
			return b
		}
		b = Binding{Source: x.need("source"), Num: x.text("num"), Den: x.text("den")}
		for _, k := range []string{"num", "den"} {
			if s := x.text(k); s != "" && !isName(s) {
				x.wrong(k, "criteria.not_name", "Value", clip(s))
			}
		}
		x.done()
		if m.has("data_source") {
			m.wrong("data_source", "criteria.binding_twice")
			m.take("data_source")
		}
	} else {
		b.Source = m.text("data_source")
	}
	key := "data_source"
	if m.has("binding") {
		key = "binding"
	}
	if b.Source == "" {
		b.Source = "manual"
	}
	if !known(b.Source) {
		m.wrong(key, "criteria.source_unknown", "Value", clip(b.Source), "Known", joinWords(sources))
		return b
	}
	if rule == nil {
		return b
	}
	if b.Num == "" {
		b.Num, b.Den = metricParts(metricOf(rule))
	}
	if b.Source == "dossiers" {
		for _, part := range []string{b.Num, b.Den} {
			if part != "" && !slices.Contains(dossierMeasures, part) {
				m.wrong(key, "criteria.measure_unknown", "Value", clip(part), "Known", joinWords(dossierMeasures))
			}
		}
	}
	kind := rule.Kind()
	switch b.Source {
	case "survey", "survey_sipas":
		if kind != Survey && kind != Import {
			m.wrong(key, "criteria.binding_kind", "Source", b.Source, "Kind", string(kind))
		}
	case "index_766":
		if kind != Import && kind != YearOnYear && kind != Relative && kind != Tiered {
			m.wrong(key, "criteria.binding_kind", "Source", b.Source, "Kind", string(kind))
		}
	case "dossiers":
		switch kind {
		case YesNo, Choice, Survey, Veto, Import:
			m.wrong(key, "criteria.binding_kind", "Source", b.Source, "Kind", string(kind))
		}
	}
	return b
}
