package dossierweb

import (
	_ "embed"
	"net/http"

	"cchc/dossier"
)

// printCSS makes the form fit a sheet across.
//
//go:embed report.css
var printCSS []byte

func printStyle(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, err := w.Write(printCSS)
	return err
}

// exported are the page's lines as files have them: keys that mean something
// outside, units by their agency code.
func (p reportPage) exported(codes map[string]string) []dossier.Line {
	out := []dossier.Line{{II06a: p.Total.II06a}}
	for _, l := range p.Lines {
		key := l.Key
		if code := codes[key]; code != "" {
			key = code
		}
		out = append(out, dossier.Line{Key: key, II06a: l.II06a})
	}
	return out
}

// codes returns the agency codes of the rows when they are units.
func (p *Reports) codes(r *http.Request, page reportPage) (map[string]string, error) {
	out := map[string]string{}
	if page.In.By == dossier.ByOfficer { // by name; an account's id means nothing outside
		for _, l := range page.Lines {
			out[l.Key] = l.Name
		}
	}
	if page.In.By != dossier.ByUnit {
		return out, nil
	}
	for _, l := range page.Lines {
		u, _, err := p.Desk.Units.Last(r.Context(), p.Desk.DB, unitID(l.Key))
		if err != nil {
			return nil, err
		}
		out[l.Key] = u.Code
	}
	return out, nil
}

func (p reportPage) fileName(ext string) string {
	return p.In.sheet.Key + "-" + p.Unit.Code + "-" + dossier.PeriodName(p.In.From, p.In.To) + "." + ext
}

// csv sends the form as the command line prints it.
func (p *Reports) csv(w http.ResponseWriter, r *http.Request, page reportPage) error {
	codes, err := p.codes(r, page)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+page.fileName("csv")+`"`)
	h.Set("Cache-Control", "no-store")
	if page.In.sheet == sheet07a {
		return dossier.Write07a(w, page.In.From, page.In.To, string(page.In.By), page.exported(codes))
	}
	return dossier.WriteII06a(w, page.In.From, page.In.To, string(page.In.By), page.exported(codes))
}
