package api

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/web"
)

// An entry is one operation, for the page that lists them.
type entry struct {
	Method, Path, Summary, Text string
	Public                      bool
	Params                      []param
	Statuses                    []string
}

type param struct {
	Name, In, Text string
	Required       bool
}

// list writes a page of our own: the usual viewers come from other hosts or need
// styles that our policy forbids.
func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, page(a.huma.OpenAPI().Info, a.entries()))
}

func (a *API) entries() []entry {
	var out []entry
	for path, item := range a.huma.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{
			"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete,
		} {
			if op == nil {
				continue
			}
			e := entry{
				Method: method, Path: path, Summary: op.Summary, Text: op.Description, Public: len(op.Security) == 0,
				Statuses: slices.Sorted(maps.Keys(op.Responses)),
			}
			for _, p := range op.Parameters {
				e.Params = append(e.Params, param{p.Name, p.In, p.Description, p.Required})
			}
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(x, y entry) int { return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method)) })
	return out
}
