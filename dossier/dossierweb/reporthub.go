package dossierweb

import (
	"net/http"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/web"
)

// A ReportSection is one of the statistics, as the hub at /reports lists it. Its
// words are messages: reports.section.KEY is the title and
// reports.section.KEY.what one line about what it is for.
type ReportSection struct {
	Key  string
	URL  string
	Verb auth.Verb // who may do it anywhere sees the section
}

// A ReportHub is the page at /reports, which leads to all statistics.
type ReportHub struct{ Sections []ReportSection }

// Register puts the page at /reports.
func (h *ReportHub) Register(mux *web.Mux) { mux.Handle("GET /reports", web.SignedIn, h.show) }

// Any reports whether the actor sees a section, and the hub in the navigation.
func (h *ReportHub) Any(a actor.Actor) bool { return len(h.open(a)) > 0 }

func (h *ReportHub) open(a actor.Actor) []ReportSection {
	return slices.DeleteFunc(slices.Clone(h.Sections), func(s ReportSection) bool { return len(auth.Roots(a, s.Verb)) == 0 })
}

func (h *ReportHub) show(w http.ResponseWriter, r *http.Request) error {
	list := h.open(web.Actor(r.Context()))
	if len(list) == 0 {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	return web.Render(w, r, http.StatusOK, reportHubView(list))
}
