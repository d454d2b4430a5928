package criteria

// Canonical writes a set in the one form that says the same in the same bytes: what
// Load reads of it is written back byte for byte. Comments and the order of keys of
// the first file are not kept.
func Canonical(s *Set) []byte {
	w := &writer{}
	w.open("meta", func() { w.meta(s) })
	w.open("domains", func() {
		for _, f := range s.Fields {
			w.node(f, 0)
		}
	})
	for _, x := range []struct {
		key string
		e   *Extra
	}{{"bonus", &s.Bonus}, {"penalties", &s.Penalty}} {
		if len(x.e.Items) == 0 {
			continue
		}
		w.open(x.key, func() {
			for _, n := range x.e.Items {
				w.entry(func() {
					w.line("code", quote(n.Code))
					w.text("name", n.Name)
					if n.Max > 0 {
						w.points("max", n.Max)
					}
					w.text("basis", n.Basis)
					w.leaf(n)
				})
			}
		})
	}
	return []byte(w.b.String())
}

func (w *writer) meta(s *Set) {
	w.text("id", s.ID)
	w.text("title", s.Title)
	w.text("level", s.Level)
	w.text("basis", s.Basis)
	w.text("completeness", s.Completeness)
	w.text("verified", s.Verified)
	w.text("frame", s.Frame)
	w.points("total_max", s.Max)
	if s.SurveyMax > 0 {
		w.points("survey_and_sipas", s.SurveyMax)
	}
	if s.Bonus.Limit != nil {
		w.points("bonus_cap", *s.Bonus.Limit)
	}
	if s.Penalty.Limit != nil {
		w.points("penalty_floor", *s.Penalty.Limit)
	}
	w.open("rounding", func() {
		w.num("points", Int(int64(s.Rounding.Places)))
		w.num("index", Int(int64(s.Rounding.Index)))
	})
	if s.Stated != (Stated{}) {
		w.open("stated", func() {
			for _, x := range []struct {
				key string
				n   int
			}{{"fields", s.Stated.Fields}, {"criteria", s.Stated.Criteria}, {"leaves", s.Stated.Leaves}} {
				if x.n > 0 {
					w.num(x.key, Int(int64(x.n)))
				}
			}
		})
	}
	if len(s.Bands) > 0 {
		w.open("bands", func() {
			for _, b := range s.Bands {
				w.entry(func() {
					w.text("label", b.Label)
					w.points("min", b.Min)
					w.flag("strict", b.Strict)
				})
			}
		})
	}
}

func (w *writer) node(n *Node, depth int) {
	w.entry(func() {
		w.line("code", quote(n.Code))
		w.text("name", n.Name)
		w.points("max", n.Max)
		w.flag("may_add", n.MayAdd)
		w.flag("added", n.Added)
		if n.Leaf != nil {
			w.leaf(n)
			return
		}
		if len(n.Children) == 0 {
			return
		}
		w.open(childKeys[min(depth, len(childKeys)-1)], func() {
			for _, c := range n.Children {
				w.node(c, depth+1)
			}
		})
	})
}

func (w *writer) leaf(n *Node) {
	if n.Leaf.Rule != nil {
		writeRule(w, n.Leaf.Rule)
	}
	w.beside(n)
	w.text("evidence", n.Leaf.Evidence)
}

// beside writes what a leaf has beside its rule and evidence.
func (w *writer) beside(n *Node) {
	l := n.Leaf
	num, den := metricParts(metricOf(l.Rule))
	if l.Binding.Num == num && l.Binding.Den == den {
		w.text("data_source", l.Binding.Source)
	} else {
		w.open("binding", func() {
			w.text("source", l.Binding.Source)
			w.text("num", l.Binding.Num)
			w.text("den", l.Binding.Den)
		})
	}
	if l.Round != nil {
		w.num("round", Int(int64(*l.Round)))
	}
	if l.NA.Policy != NoPolicy {
		w.open("na", func() {
			w.text("policy", string(l.NA.Policy))
			if l.NA.Policy == FixedPart {
				w.points("points", l.NA.Points)
			}
		})
	}
}

func writeRule(w *writer, r Rule) {
	w.line("kind", string(r.Kind()))
	w.open("rule", func() { r.write(w) })
}
