package i18n

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
)

//go:embed messages/*.toml
var files embed.FS

// A Key as an argument of T stands for its own message: the value is translated
// before it is put in.
type Key string

// T returns the message of key in the context's language. args are alternating
// names and values for the message's {{.Name}} places. Numbers, dates, instants
// and points are written as people of that language write them; give a year or a
// code as a string. The value named Count chooses the plural form.
//
// A key without a message gives the key itself and one line in the log.
func T(ctx context.Context, key string, args ...any) string {
	lang := Lang(ctx)
	b := books()[lang]
	if len(args) == 0 {
		if s, ok := b.plain[key]; ok {
			return s
		}
	}
	cfg := goi18n.LocalizeConfig{MessageID: key}
	if len(args) > 0 {
		data := make(map[string]any, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			name := fmt.Sprint(args[i])
			if name == "Count" {
				cfg.PluralCount = count(args[i+1])
			}
			data[name] = value(ctx, args[i+1])
		}
		cfg.TemplateData = data
	}
	s, err := b.localizer.Localize(&cfg)
	if err != nil {
		if _, told := missing.LoadOrStore(lang+key, true); !told {
			slog.WarnContext(ctx, "message missing or wrong", "key", key, "lang", lang, "err", err)
		}
		return key
	}
	return s
}

// Fault returns the message of a fault, and Field that of one of its fields.
func Fault(ctx context.Context, f *fault.Fault) string { return T(ctx, f.Key, f.Args...) }

// Field returns the message of a field of a fault.
func Field(ctx context.Context, f fault.Field) string { return T(ctx, f.Key, f.Args...) }

// Has reports whether key has a message in the default language.
func Has(key string) bool { return books()[Vietnamese].all[key] != nil }

// Named returns the words for a name that code gives, such as a verb or a field: the message
// of the first prefix that has one, or the name itself where nobody has given it words.
func Named(ctx context.Context, name string, prefixes ...string) string {
	for _, p := range prefixes {
		if Has(p + name) {
			return T(ctx, p+name)
		}
	}
	return name
}

var missing sync.Map // language and key that the log has told of

// value writes a value for people; what it does not know it passes on.
func value(ctx context.Context, v any) any {
	switch v := v.(type) {
	case string:
		return v
	case Key:
		return T(ctx, string(v))
	case int:
		return Number(ctx, v)
	case int64:
		return Number(ctx, v)
	case int32:
		return Number(ctx, v)
	case moment.Date:
		return Date(ctx, v)
	case moment.Instant:
		return Instant(ctx, v)
	case points.Points:
		return Decimal(ctx, v)
	case points.Ratio:
		return Percent(ctx, v)
	}
	return v
}

// count gives the plural rules a number that they know; they take no named types.
func count(v any) any {
	switch v := v.(type) {
	case int, int8, int16, int32, int64:
		return v
	case points.Points:
		return v.String()
	}
	return nil
}

// A book is one language's messages.
type book struct {
	localizer *goi18n.Localizer
	plain     map[string]string          // messages without places, ready to print
	all       map[string]*goi18n.Message // every message, by key
}

// books reads the messages at first use. The files are part of the program, so
// that a wrong one is a mistake of ours, found by the tests of this package.
var books = sync.OnceValue(func() map[string]*book {
	out := make(map[string]*book, len(Langs))
	for _, lang := range Langs {
		b, err := load(files, lang)
		if err != nil {
			panic(err)
		}
		out[lang] = b
	}
	return out
})

func load(from fs.FS, lang string) (*book, error) {
	tag := language.MustParse(lang)
	bundle := goi18n.NewBundle(tag)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	b := &book{plain: map[string]string{}, all: map[string]*goi18n.Message{}}
	names, err := fs.Glob(from, "messages/*."+lang+".toml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		file, err := bundle.ParseMessageFileBytes(text, path.Base(name))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		for _, m := range file.Messages {
			if b.all[m.ID] != nil {
				return nil, fmt.Errorf("read %s: %q stands in another file too", name, m.ID)
			}
			b.all[m.ID] = m
			if m.One == "" && !strings.Contains(m.Other, "{{") {
				b.plain[m.ID] = m.Other
			}
			if m.One == "" {
				// Vietnamese nouns have one form; CLDR gives the language two.
				m.One = m.Other
				if err := bundle.AddMessages(tag, m); err != nil {
					return nil, fmt.Errorf("read %s: %q: %w", name, m.ID, err)
				}
			}
		}
	}
	b.localizer = goi18n.NewLocalizer(bundle, lang)
	return b, nil
}
