// Package admin has the pages with which an installation is kept (quản trị): the
// hub that leads to every part of administration, and the parts that belong to
// no room.
package admin

import (
	"context"
	"net/http"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/web"
)

// A Section is one part of administration, as the hub lists it. Its words are
// messages: admin.section.KEY is the title, admin.section.KEY.what one line about
// what it is for, and with Waits admin.section.KEY.waits says how much waits there
// (value Count).
type Section struct {
	Key   string
	Group string // admin.group.GROUP is the heading that it stands under
	URL   string
	Verbs []auth.Verb // who may do one of them anywhere sees the section
	// Waits counts what waits there for the actor; 0 says nothing. Nil where
	// nothing can wait.
	Waits func(ctx context.Context, a actor.Actor) (int, error)
}

// Groups of sections, in the order in which the hub shows them.
const (
	Places  = "places"  // units, calendars, procedures
	People  = "people"  // accounts, delegations
	Data    = "data"    // imports, exchange with other systems
	Privacy = "privacy" // personal data
	System  = "system"  // settings, trail, jobs, health
)

var groups = []string{Places, People, Data, Privacy, System}

// A Hub is the page at /admin. Sections of a group stand in the order given.
type Hub struct{ Sections []Section }

// Register puts the page at /admin.
func (h *Hub) Register(mux *web.Mux) { mux.Handle("GET /admin", web.SignedIn, h.show) }

// Any reports whether the actor sees a section, and the hub in the navigation.
func (h *Hub) Any(a actor.Actor) bool {
	return slices.ContainsFunc(h.Sections, func(s Section) bool { return s.open(a) })
}

func (s Section) open(a actor.Actor) bool {
	return slices.ContainsFunc(s.Verbs, func(v auth.Verb) bool { return len(auth.Roots(a, v)) > 0 })
}

// An entry is a section with what waits in it.
type entry struct {
	Section
	Count int
}

type group struct {
	Key     string
	Entries []entry
}

func (h *Hub) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := web.Actor(ctx)
	var list []group
	for _, key := range groups {
		g := group{Key: key}
		for _, s := range h.Sections {
			if s.Group != key || !s.open(a) {
				continue
			}
			e := entry{Section: s}
			if s.Waits != nil {
				var err error
				if e.Count, err = s.Waits(ctx, a); err != nil {
					return err
				}
			}
			g.Entries = append(g.Entries, e)
		}
		if len(g.Entries) > 0 {
			list = append(list, g)
		}
	}
	if len(list) == 0 {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	return web.Render(w, r, http.StatusOK, hubView(list))
}
