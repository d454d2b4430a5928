// Package help shows the guides of the product's pages in the reader's language,
// finds in them, and knows which one belongs to a page.
package help

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"unicode/utf8"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
)

// Path is where the guides are.
const Path = "/help"

// A Group is guides for one kind of reader, in the order in which they read.
type Group struct {
	Key    string // message help.group.KEY
	Guides []string
}

// A Page says which guide belongs to an address: itself, or all that lie below
// it where it ends with a slash.
type Page struct{ Address, Guide string }

// Pages are the help's pages. Make them with New.
type Pages struct {
	groups []Group
	of     []Page
	guides map[string]map[string]*page // by language and name
}

// New reads the guides, LANG/NAME.md in files, of every group. It is an error when
// one is missing in a language, or when a Page names one that no group has.
func New(files fs.FS, groups []Group, of []Page) (*Pages, error) {
	p := &Pages{groups: groups, of: of, guides: map[string]map[string]*page{}}
	var names []string
	for _, g := range groups {
		names = append(names, g.Guides...)
	}
	for _, lang := range i18n.Langs {
		var err error
		if p.guides[lang], err = load(files, lang, names); err != nil {
			return nil, fmt.Errorf("guides: %w", err)
		}
	}
	for _, guides := range p.guides {
		for _, g := range guides {
			for _, at := range g.Links {
				name, ours := strings.CutPrefix(at, Path+"/")
				name, _, _ = strings.Cut(name, "#")
				if ours && guides[name] == nil {
					return nil, fmt.Errorf("guides: %s leads to %s, which is no guide", g.Name, at)
				}
			}
		}
	}
	for _, x := range of {
		if p.guides[i18n.Vietnamese][x.Guide] == nil {
			return nil, fmt.Errorf("guides: %s of %s is in no group", x.Guide, x.Address)
		}
	}
	return p, nil
}

// Of returns the address of the guide that belongs to a page, Path when none
// does. The longest address that fits counts.
func (p *Pages) Of(address string) string {
	best := Page{}
	for _, x := range p.of {
		fits := address == x.Address || strings.HasSuffix(x.Address, "/") && strings.HasPrefix(address, x.Address)
		if fits && len(x.Address) > len(best.Address) {
			best = x
		}
	}
	if best.Guide == "" {
		return Path
	}
	return Path + "/" + best.Guide
}

// Register puts the pages at /help.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET "+Path, web.Public, p.list)
	mux.Handle("GET "+Path+"/{page}", web.Public, p.show)
}

type listQuery struct {
	web.Form
	Q string `form:"q"`
}

// A find is a section that a search found.
type find struct {
	URL, Title, Guide, Text string
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	in := &listQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listView(p, in, p.search(r.Context(), in.Q)))
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	g := p.guides[i18n.Lang(r.Context())][r.PathValue("page")]
	if g == nil {
		return fault.New(fault.NotFound, "web.not_found.text")
	}
	return web.Render(w, r, http.StatusOK, showView(g))
}

// search finds the sections that have every word, those with all in their heading
// first, in the order of the guides.
func (p *Pages) search(ctx context.Context, q string) []find {
	words := strings.Fields(i18n.Fold(q))
	if len(words) == 0 {
		return nil
	}
	var first, then []find
	for _, g := range p.groups {
		for _, name := range g.Guides {
			x := p.guides[i18n.Lang(ctx)][name]
			for _, s := range x.Sections {
				if !hasAll(s.fold, words) {
					continue
				}
				f := find{URL: Path + "/" + name, Title: s.Title, Guide: x.Title, Text: excerpt(s.Text, words[0])}
				if s.Anchor != "" {
					f.URL += "#" + s.Anchor
				}
				if hasAll(i18n.Fold(s.Title), words) {
					first = append(first, f)
				} else {
					then = append(then, f)
				}
			}
		}
	}
	return append(first, then...)
}

func hasAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// excerpt is about 160 letters around the word.
func excerpt(s, word string) string {
	const before, long = 40, 160
	letters := []rune(s)
	if len(letters) <= long {
		return s
	}
	from := 0
	// Folding keeps the number of letters of composed text but for blanks.
	if at := strings.Index(i18n.Fold(s), word); at > 0 {
		from = max(0, utf8.RuneCountInString(i18n.Fold(s)[:at])-before)
	}
	for from > 0 && letters[from-1] != ' ' {
		from--
	}
	to := min(len(letters), from+long)
	for to < len(letters) && letters[to] != ' ' {
		to++
	}
	out := string(letters[from:to])
	if from > 0 {
		out = "… " + out
	}
	if to < len(letters) {
		out += " …"
	}
	return out
}
