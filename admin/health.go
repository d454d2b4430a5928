package admin

import (
	"context"
	"encoding/json"
	"net/http"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
)

// How something stands (tình trạng).
type Standing string

const (
	Fine Standing = "ok"
	Look Standing = "warn" // somebody should look at it soon
	Bad  Standing = "bad"  // something does not work
)

// A Finding is one thing that was looked at. Its words are the messages
// admin.health.KEY (what it is), admin.health.KEY.STANDING (how it stands, with
// Args) and, unless it is fine, admin.health.KEY.do (what to do). Where that happened
// never of which they tell when, how it stands is admin.health.KEY.STANDING.never.
type Finding struct {
	Key      string
	Standing Standing
	Never    bool
	Args     []any
}

// Name says what was looked at.
func (f Finding) Name(ctx context.Context) string { return i18n.T(ctx, "admin.health."+f.Key) }

// Text says how it stands.
func (f Finding) Text(ctx context.Context) string {
	key := "admin.health." + f.Key + "." + string(f.Standing)
	if f.Never {
		key += ".never"
	}
	return i18n.T(ctx, key, f.Args...)
}

// Page is where more of it stands, "" when there is none.
func (f Finding) Page() string {
	switch f.Key {
	case "backup", "drill":
		return BackupsPath
	}
	return ""
}

// Do says what to do, "" when it is fine.
func (f Finding) Do(ctx context.Context) string {
	if f.Standing == Fine {
		return ""
	}
	return i18n.T(ctx, "admin.health."+f.Key+".do")
}

// Worst returns the worst standing of all.
func Worst(all []Finding) Standing {
	out := Fine
	for _, f := range all {
		if f.Standing == Bad || f.Standing == Look && out == Fine {
			out = f.Standing
		}
	}
	return out
}

// Health is the page of how the installation stands, and what monitors ask.
type Health struct {
	Keeping
	Examine func(ctx context.Context) []Finding
}

// Register puts the page at /admin/health, and at /standing the same for machines:
// only keys and standings, for everybody may ask.
func (h *Health) Register(mux *web.Mux) {
	mux.Handle("GET /admin/health", web.SignedIn, h.show)
	mux.Handle("GET /standing", web.Public, h.standing)
}

// Waits counts what is not fine, for the hub; 0 for who may not see it.
func (h *Health) Waits(ctx context.Context, a actor.Actor) (int, error) {
	if err := h.Check(ctx, a); err != nil {
		if fault.As(err) != nil {
			err = nil
		}
		return 0, err
	}
	n := 0
	for _, f := range h.Examine(ctx) {
		if f.Standing != Fine {
			n++
		}
	}
	return n, nil
}

func (h *Health) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := h.Check(ctx, web.Actor(ctx)); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, healthView(h.Examine(ctx)))
}

func (h *Health) standing(w http.ResponseWriter, r *http.Request) error {
	all := h.Examine(r.Context())
	worst := Worst(all)
	out := struct {
		Standing Standing            `json:"standing"`
		Checks   map[string]Standing `json:"checks"`
	}{worst, map[string]Standing{}}
	for _, f := range all {
		out.Checks[f.Key] = f.Standing
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if worst == Bad {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, err = w.Write(append(body, '\n'))
	return err
}

var findingKinds = map[Standing]ui.Kind{Fine: ui.OK, Look: ui.Soon, Bad: ui.Late}
