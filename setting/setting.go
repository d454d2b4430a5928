// Package setting keeps what an installation may choose: days, switches and
// choices that no law fixes, or that a law leaves to who runs the place. Rooms
// declare their settings and read them with one call; values are stored with who
// set them, why and from which day, and hold for a unit and what is below it until
// a lower unit sets its own.
package setting

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/law"
	"cchc/base/moment"
)

// A Kind is what values a setting has.
type Kind string

// Kinds. A switch is "on" or "off"; a choice is one of the setting's Choices.
const (
	Integer Kind = "integer"
	Switch  Kind = "switch"
	Choice  Kind = "choice"
	Text    Kind = "text"
)

// Retention is the group of settings that say how long something is kept: they are
// listed where all such rules are.
const Retention = "retention"

// Values of a Switch.
const (
	On  = "on"
	Off = "off"
)

// A Setting is something that may be chosen. Its words are the messages
// setting.NAME (what it is called), setting.NAME.what (what it does) and, of a
// choice, setting.NAME.VALUE.
type Setting struct {
	Name         string // "counter.alike_days"
	Group        string // whose words are setting.group.GROUP
	Kind         Kind
	Usual        string // what the product proposes
	Least, Most  int64  // of an integer; the longest text in letters, of a text
	Choices      []string
	System       bool        // one value for the whole installation; otherwise each unit may have its own
	Verb         auth.Verb   // what one needs to change it
	Basis        law.Ref     // zero: no document fixes it, and the page says so
	BasisInForce moment.Date // since when Basis is in force
}

// check returns what is wrong with a value, at the field "value".
func (s *Setting) check(value string) *fault.Fault {
	f := fault.New(fault.Invalid, "form.invalid")
	switch s.Kind {
	case Integer:
		if n, err := strconv.ParseInt(value, 10, 64); err != nil || n < s.Least || n > s.Most {
			return f.With("value", "setting.range", "Least", s.Least, "Most", s.Most)
		}
	case Switch:
		if value != On && value != Off {
			return f.With("value", "setting.choose")
		}
	case Choice:
		if !slices.Contains(s.Choices, value) {
			return f.With("value", "setting.choose")
		}
	case Text:
		if n := int64(utf8.RuneCountInString(value)); n < s.Least || n > s.Most {
			return f.With("value", "setting.length", "Least", s.Least, "Most", s.Most)
		}
	}
	return nil
}

// A What says what a change does.
type What string

// Whats. Inherit goes back to what the unit above has; Withdraw takes back a change
// that has not begun.
const (
	Set      What = "set"
	Inherit  What = "inherit"
	Withdraw What = "withdraw"
)

// An Entry is a change as it was stored; none is ever altered.
type Entry struct {
	Seq     int64
	Unit    actor.UnitID // "" of a System setting
	From    moment.Date  // the first day on which it holds; 0: since before changes were kept
	What    What
	Value   string
	Reason  string
	Account string // "" of what was there before changes were kept
	At      moment.Instant
}

// A Holding is what holds for a unit on a day.
type Holding struct {
	Value string
	Usual bool         // nobody set it
	Unit  actor.UnitID // which set it: the unit itself, or one above
	From  moment.Date
}

// own returns the entry that holds on a day among those of one unit, in the order
// in which they were stored: of each first day the last word, of these days the
// latest.
func own(list []Entry, day moment.Date) (Entry, bool) {
	last := map[moment.Date]Entry{}
	for _, e := range list {
		if e.What == Withdraw {
			delete(last, e.From)
		} else {
			last[e.From] = e
		}
	}
	var out Entry
	found := false
	for from, e := range last {
		if from <= day && (!found || from > out.From) {
			out, found = e, true
		}
	}
	return out, found && out.What == Set
}

// coming returns the changes of one unit that begin after a day, the next first.
func coming(list []Entry, day moment.Date) []Entry {
	last := map[moment.Date]Entry{}
	for _, e := range list {
		if e.What == Withdraw {
			delete(last, e.From)
		} else if e.From > day {
			last[e.From] = e
		}
	}
	var out []Entry
	for _, e := range last {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int { return int(a.From - b.From) })
	return out
}
