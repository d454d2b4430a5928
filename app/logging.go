package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"

	"cchc/base/web"
)

// logFormatFlag says in which form the program's log is written.
type logFormatFlag struct {
	LogFormat string `help:"Form of the log on stderr: json for machines, text for eyes; auto is text on a terminal and json elsewhere." enum:"auto,json,text" default:"auto" name:"log-format"`
}

// newLog returns the log of a server: a line for each thing that happened, with the
// request that it belongs to. It tells nothing of a person: routes are patterns,
// accounts are ids, and what came from elsewhere (the text of an error, what a panic
// was raised with) is written without what could be somebody's.
func newLog(out io.Writer, format string) *slog.Logger {
	if format == "auto" {
		format = "json"
		if f, ok := out.(interface{ Fd() uintptr }); ok && isatty.IsTerminal(f.Fd()) {
			format = "text"
		}
	}
	o := &slog.HandlerOptions{ReplaceAttr: discreet}
	if format == "text" {
		return slog.New(&withRequest{slog.NewTextHandler(out, o)})
	}
	return slog.New(&withRequest{slog.NewJSONHandler(out, o)})
}

// withRequest adds the id of the request to every line of it.
type withRequest struct{ slog.Handler }

// Handle writes a line.
func (h *withRequest) Handle(ctx context.Context, r slog.Record) error {
	if id := web.RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the ids.
func (h *withRequest) WithAttrs(a []slog.Attr) slog.Handler {
	return &withRequest{h.Handler.WithAttrs(a)}
}

// WithGroup keeps the ids.
func (h *withRequest) WithGroup(name string) slog.Handler {
	return &withRequest{h.Handler.WithGroup(name)}
}

// plain are attributes whose values are the program's own words.
var plain = []string{slog.TimeKey, slog.LevelKey, slog.MessageKey, "method", "route", "code", "account", "request", "class", "shed", "check", "result", "stack", "addr", "key",
	"by", "network"} // of a sign-in that was refused; an address that was read as one

// discreet writes values without what could be of a person.
func discreet(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && slices.Contains(plain, a.Key) {
		if a.Key == slog.MessageKey { // libraries put values into their messages
			a.Value = slog.StringValue(withoutPersons(a.Value.String()))
		}
		return a
	}
	switch v := a.Value.Any().(type) {
	case string:
		a.Value = slog.StringValue(withoutPersons(v))
	case runtime.Error:
		a.Value = slog.StringValue(withoutPersons(v.Error()))
	case error:
		if a.Key == "panic" { // who panics with a value may have put anything into it
			a.Value = slog.StringValue(fmt.Sprintf("%T", v))
			break
		}
		a.Value = slog.StringValue(withoutPersons(v.Error()))
	case fmt.Stringer:
		a.Value = slog.StringValue(withoutPersons(v.String()))
	}
	if a.Key == "panic" {
		a.Value = slog.StringValue(beforeValues(a.Value.String()))
	}
	return a
}

// beforeValues keeps of what was panicked with the program's own words: those before
// the first value, which may be followed by more.
func beforeValues(s string) string {
	if before, _, ok := strings.Cut(withoutPersons(s), hidden); ok {
		return before + hidden
	}
	return s
}

// hidden stands for what was left out.
const hidden = "▒"

var (
	quoted  = regexp.MustCompile("\"[^\"]*\"?|'[^']*'?|`[^`]*`?|“[^”]*”?|\\(([^()=]*)\\)=\\([^()]*\\)")
	mail    = regexp.MustCompile(`[^\s@"'<>]+@[^\s@"'<>]+`)
	digits  = regexp.MustCompile(`\d[\d .-]{4,}\d`)
	foreign = regexp.MustCompile(`[\pL\pM\pN]*[^\x00-\x7F\pP\pS\pZ][\pL\pM\pN]*`)
	several = regexp.MustCompile(hidden + `(?:[\s]*` + hidden + `)+`)
)

// withoutPersons leaves out what is quoted, addresses, long numbers, and words with
// letters that English has not: our own errors are written in English.
func withoutPersons(s string) string {
	for _, x := range []*regexp.Regexp{quoted, mail, digits, foreign} {
		s = x.ReplaceAllString(s, hidden)
	}
	return several.ReplaceAllString(s, hidden)
}
