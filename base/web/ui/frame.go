package ui

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"cchc/base/moment"
)

// A Link is an address with its text.
type Link struct {
	Text  string
	URL   string
	Key   string // what Page.Active names, and the keyboard's letter where it is one
	Count int    // shown beside the text when not zero: what waits there
}

// A Flash is a message about what was just done.
type Flash struct {
	Text string
	Kind Kind
}

// A Frame is what stands around every page. Package web puts it into the context;
// without one a page has the product's defaults.
type Frame struct {
	Product  string        // "CCHC"
	Unit     string        // the unit of who is signed in, or the province
	Person   string        // name of who is signed in; "" for a visitor
	Who      string        // account that is signed in; "" for a visitor
	Left     time.Duration // until its session ends unless it is used
	For      string        // name of whom this person acts for; "" for itself
	Nav      []Link        // what this person may open
	Search   string        // where the top bar's search goes; "" shows none
	Bell     bool          // there are notices, at /notices
	Unread   int           // of them, up to 100
	Flashes  []Flash
	Demo     bool           // the data is an illustration
	Training bool           // nothing on it is real: people practise
	AsOf     moment.Instant // when the page was made
	Help     string         // address of the guide to this page; "" shows none
	Path     string         // where we are, to come back to
	Size     string         // "small", "", "large"
	Contrast bool
	Unasked  bool // nobody looked at who this is: the page neither names nor asks them
	KeysOff  bool // letters do nothing: some use them to speak to their machine
}

// session tells the script whose session a page was made in and for how many seconds it
// goes on, so that the page leaves when the session is over. On the pages to sign in
// nobody's session goes on, which others hear; pages for everybody say nothing, and walls
// neither: they hang there all day and name no person.
func session(f *Frame, active string) templ.Attributes {
	switch {
	case f.Who != "":
		return templ.Attributes{"data-who": f.Who, "data-left": strconv.Itoa(int(f.Left.Seconds())), "data-at": f.Path}
	case active == "sign-in" && !f.Unasked:
		return templ.Attributes{"data-who": ""}
	}
	return nil
}

type frameKey struct{}

// WithFrame returns a context whose pages stand in f.
func WithFrame(ctx context.Context, f *Frame) context.Context {
	return context.WithValue(ctx, frameKey{}, f)
}

// FrameOf returns the context's frame.
func FrameOf(ctx context.Context) *Frame {
	if f, ok := ctx.Value(frameKey{}).(*Frame); ok {
		return f
	}
	return &Frame{Product: "CCHC", Path: "/"}
}
