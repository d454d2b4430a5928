package dossier

import (
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
)

var paperStore = db.Rows("dossier.papers.store", "dossier_paper",
	"dossier_id, ord, name, source, result, file_key, file_name, file_type, file_size, signed", `
	ON CONFLICT (dossier_id, ord) DO UPDATE SET
		name = excluded.name, source = excluded.source, file_key = excluded.file_key, file_name = excluded.file_name,
		file_type = excluded.file_type, file_size = excluded.file_size, signed = excluded.signed`)

// AddPaper adds a paper to a dossier, or with its Ord set replaces what is known
// of one: it was scanned, or found in a store. A result that is added makes the
// dossier's result an electronic one. The file is stored already; see base/file.
func (k *Desk) AddPaper(ctx context.Context, a actor.Actor, code string, p Paper) error {
	return k.act(ctx, a, auth.AddPaper, code, func(ctx context.Context, w *work) error {
		p := p // a write that collided is done again, from what was asked
		f := fault.New(fault.Invalid, "form.invalid")
		if p.Name == "" {
			f.With("name", "dossier.paper_name_missing")
		}
		switch p.Source {
		case "paper", "scanned", "reused", "national_store":
		default:
			f.With("source", "dossier.paper_source_wrong")
		}
		if err := f.Or(); err != nil {
			return err
		}
		if err := file.Refer(ctx, w.tx, p.FileKey); err != nil {
			return err
		}
		papers, err := db.All(ctx, w.tx, papersOf, scanPaper, w.d.ID)
		if err != nil {
			return err
		}
		if p.Ord == 0 {
			p.Ord = len(papers) + 1
			papers = append(papers, p)
		} else {
			i := slices.IndexFunc(papers, func(x Paper) bool { return x.Ord == p.Ord })
			if i < 0 {
				return fault.New(fault.NotFound, "dossier.paper_unknown")
			}
			p.Result = papers[i].Result
			papers[i] = p
		}
		if err := w.tx.InsertRows(ctx, paperStore, [][]any{p.args(w.d.ID)}); err != nil {
			return err
		}
		w.extra = append(w.extra, audit.Change{Field: "paper", To: p.Source})
		digitised, reused := digitisation(papers)
		if err := w.mark(0, map[string]bool{"digitised": digitised, "reused": reused, "e_result": p.Result && p.FileKey != ""}); err != nil {
			return err
		}
		if !digitised && w.d.Marks&Digitised != 0 { // a paper original came on top
			return w.happened(Fact{Kind: FMarked, How: "digitised", Qty: 0})
		}
		return nil
	})
}
