package dossierweb

import (
	"net/http"

	"cchc/base/fault"
	"cchc/base/web"
	"cchc/dossier"
)

// An undoForm takes a run back.
type undoForm struct {
	web.Form
	Reason string `form:"reason"`
}

// bulkRuns lists one's own last runs.
func (p *Lists) bulkRuns(w http.ResponseWriter, r *http.Request) error {
	runs, err := p.Desk.BulkRuns(r.Context(), p.Desk.DB, web.Actor(r.Context()))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, bulkRunsView(runs))
}

// bulkRun tells what became of a run.
func (p *Lists) bulkRun(w http.ResponseWriter, r *http.Request) error {
	run, err := p.Desk.BulkRun(r.Context(), p.Desk.DB, web.Actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, bulkRunView(&run, &undoForm{}))
}

// bulkGoOn finishes a run that was cut off.
func (p *Lists) bulkGoOn(w http.ResponseWriter, r *http.Request) error {
	run, err := p.Desk.BulkGoOn(r.Context(), web.Actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/bulk/"+run.ID, "")
}

// bulkUndo takes back what nothing has followed.
func (p *Lists) bulkUndo(w http.ResponseWriter, r *http.Request) error {
	in := &undoForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	ctx := r.Context()
	run, err := p.Desk.BulkUndo(ctx, web.Actor(ctx), r.PathValue("id"), in.Reason)
	if run.ID != "" && in.Failed(err) {
		status := http.StatusUnprocessableEntity
		if in.Fault.Kind == fault.Conflict {
			status = http.StatusConflict
		}
		return web.Render(w, r, status, bulkRunView(&run, in))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/bulk/"+run.ID, "")
}

// undoable reports whether something of the run can be taken back.
func undoable(run *dossier.BulkRun) bool {
	done, _, _, undone := run.Counts()
	return run.Act.Undone() && done > undone
}

func failedCodes(run *dossier.BulkRun) []string {
	var out []string
	for _, x := range run.Results {
		if x.Problem != nil {
			out = append(out, x.Code)
		}
	}
	return out
}
