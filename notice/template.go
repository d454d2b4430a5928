package notice

import (
	"cmp"
	"context"
	"embed"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// A Template is what an event is told with on a channel, in a language. Fields
// stand in double braces: {{code}}.
type Template struct {
	Event, Channel, Lang string
	Version              int64 // 0 is the product's own
	Subject              string
	Body                 string
	At                   moment.Instant // of the change; 0 for the product's own
	Account              string
}

// A slot is what has one template.
type slot struct{ event, channel, lang string }

// HasSubject reports whether messages of the channel have a subject.
func HasSubject(channel string) bool { return channel == Email }

// Limits of a template, in characters. A text message is cut into parts of 67
// letters with Vietnamese marks; four are the most that gateways join.
var limits = map[string]int{App: 160, Email: 6000, SMS: 268, Zalo: 400}

const subjectLimit = 150

//go:embed own.vi.txt own.en.txt
var ownFiles embed.FS

var own = readOwn()

// readOwn reads the product's own templates: "== event channel[,channel]" begins
// one, a line "Subject: …" its subject.
func readOwn() map[slot]Template {
	out := map[slot]Template{}
	for _, lang := range []string{i18n.Vietnamese, i18n.English} {
		text, err := ownFiles.ReadFile("own." + lang + ".txt")
		if err != nil {
			panic(err) // embedded
		}
		for part := range strings.SplitSeq("\n"+string(text), "\n== ") {
			head, body, ok := strings.Cut(part, "\n")
			if !ok || strings.TrimSpace(head) == "" {
				continue
			}
			event, channels, _ := strings.Cut(head, " ")
			t := Template{Event: event, Lang: lang, Body: strings.TrimSpace(body)}
			if rest, ok := strings.CutPrefix(t.Body, "Subject: "); ok {
				t.Subject, t.Body, _ = strings.Cut(rest, "\n")
				t.Body = strings.TrimSpace(t.Body)
			}
			for channel := range strings.SplitSeq(channels, ",") {
				t.Channel = channel
				out[slot{event, channel, lang}] = t
			}
		}
	}
	return out
}

var (
	templateInsert = db.SQL("notice.template.insert", `
		INSERT INTO notice_template (event, channel, lang, version, subject, body, at, account)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	templatesNow = db.SQL("notice.templates.now", `
		SELECT t.event, t.channel, t.lang, t.version, t.subject, t.body, t.at, t.account
		FROM notice_template t
		WHERE t.version = (
			SELECT MAX(x.version) FROM notice_template x
			WHERE x.event = t.event AND x.channel = t.channel AND x.lang = t.lang)`)
	templateVersions = db.SQL("notice.template.versions", `
		SELECT event, channel, lang, version, subject, body, at, account
		FROM notice_template
		WHERE event = $1 AND channel = $2 AND lang = $3
		ORDER BY version DESC
		LIMIT 20`)
)

func scanTemplate(r db.Scanner) (t Template, err error) {
	err = r.Scan(&t.Event, &t.Channel, &t.Lang, &t.Version, &t.Subject, &t.Body, &t.At, &t.Account)
	return t, err
}

// now returns the templates that hold, by what they are for.
func (b *Book) now(ctx context.Context, q db.Queryer) (map[slot]Template, error) {
	edited, err := db.All(ctx, q, templatesNow, scanTemplate)
	if err != nil {
		return nil, err
	}
	out := maps.Clone(own)
	for _, t := range edited {
		s := slot{t.Event, t.Channel, t.Lang}
		if o, known := own[s]; known && t.Body == "" { // gone back to the product's own
			o.Version, o.At, o.Account = t.Version, t.At, t.Account
			out[s] = o
		} else if known {
			out[s] = t
		}
	}
	return out, nil
}

// Templates returns the templates that hold, in the order of the events. The
// actor keeps notices.
func (b *Book) Templates(ctx context.Context, a actor.Actor) ([]Template, error) {
	if err := b.Check(ctx, b.DB, a); err != nil {
		return nil, err
	}
	m, err := b.now(ctx, b.DB)
	if err != nil {
		return nil, err
	}
	var out []Template
	for _, e := range Events {
		for _, c := range e.Channels() {
			for _, lang := range []string{i18n.Vietnamese, i18n.English} {
				out = append(out, m[slot{e.Key, c, lang}])
			}
		}
	}
	return out, nil
}

// Template returns one template with its earlier versions, the latest first.
// Errors: NotFound.
func (b *Book) Template(ctx context.Context, a actor.Actor, event, channel, lang string) (Template, []Template, error) {
	if err := b.Check(ctx, b.DB, a); err != nil {
		return Template{}, nil, err
	}
	m, err := b.now(ctx, b.DB)
	if err != nil {
		return Template{}, nil, err
	}
	t, ok := m[slot{event, channel, lang}]
	if !ok {
		return Template{}, nil, fault.New(fault.NotFound, "notice.template_unknown")
	}
	versions, err := db.All(ctx, b.DB, templateVersions, scanTemplate, event, channel, lang)
	return t, versions, err
}

// Validate tidies a template and checks it. Faults: Invalid with fields subject
// and body, which say where the fault stands; NotFound for what has no template.
func (t *Template) Validate() error {
	if _, ok := own[slot{t.Event, t.Channel, t.Lang}]; !ok {
		return fault.New(fault.NotFound, "notice.template_unknown")
	}
	t.Subject, t.Body = strings.TrimSpace(t.Subject), strings.TrimSpace(strings.ReplaceAll(t.Body, "\r\n", "\n"))
	e, _ := EventOf(t.Event)
	f := fault.New(fault.Invalid, "notice.template_invalid")
	if HasSubject(t.Channel) {
		checkText(f, "subject", t.Subject, e.Fields, subjectLimit, true)
	} else {
		t.Subject = ""
	}
	checkText(f, "body", t.Body, e.Fields, limits[t.Channel], t.Channel == App)
	return f.Or()
}

func checkText(f *fault.Fault, field, text string, allowed []string, limit int, oneLine bool) {
	switch {
	case text == "":
		f.With(field, "notice.template_empty")
		return
	case utf8.RuneCountInString(text) > limit:
		f.With(field, "notice.template_long", "Limit", limit)
		return
	case oneLine && strings.Contains(text, "\n"):
		f.With(field, "notice.template_line")
		return
	}
	if x := misread(text, allowed); x != nil {
		if x.name == "" {
			f.With(field, "notice.template_open", "Line", x.line, "Column", x.column)
		} else {
			f.With(field, "notice.template_field", "Name", x.name, "Line", x.line, "Column", x.column, "Allowed", strings.Join(allowed, ", "))
		}
	}
}

// A misreading is the first place of a text that is no template: a field that is
// not known, or (without name) braces that are not closed.
type misreading struct {
	name         string
	line, column int
}

func misread(text string, allowed []string) *misreading {
	rest := text
	for {
		i := strings.Index(rest, "{{")
		if i < 0 {
			return nil
		}
		before := text[:len(text)-len(rest)+i]
		line := strings.Count(before, "\n")
		place := misreading{line: line + 1, column: utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1}
		name, after, closed := strings.Cut(rest[i+2:], "}}")
		if !closed || strings.ContainsAny(name, "\n{") {
			return &place
		}
		if name = strings.TrimSpace(name); !slices.Contains(allowed, name) {
			place.name = cmp.Or(name, "{{}}")
			return &place
		}
		rest = after
	}
}

// fill puts values into a text; a name without value leaves nothing.
func fill(text string, vars map[string]string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{{")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		name, after, _ := strings.Cut(rest, "}}")
		out.WriteString(vars[strings.TrimSpace(name)])
		text = after
	}
}

// Save makes a new version of a template, or with an empty body goes back to the
// product's own. seen is the version that was edited: when another came
// meanwhile, it is a Conflict. The actor keeps notices.
func (b *Book) Save(ctx context.Context, a actor.Actor, t Template, seen int64) error {
	back := t.Body == "" && t.Subject == ""
	if _, ok := own[slot{t.Event, t.Channel, t.Lang}]; !ok {
		return fault.New(fault.NotFound, "notice.template_unknown")
	}
	if !back {
		if err := t.Validate(); err != nil {
			return err
		}
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		if err := b.Check(ctx, tx, a); err != nil {
			return err
		}
		m, err := b.now(ctx, tx)
		if err != nil {
			return err
		}
		old := m[slot{t.Event, t.Channel, t.Lang}]
		if old.Version != seen {
			return fault.New(fault.Conflict, "notice.template_changed")
		}
		if _, err := tx.Exec(ctx, templateInsert, t.Event, t.Channel, t.Lang, old.Version+1, t.Subject, t.Body, tx.Now, a.Account); err != nil {
			return err
		}
		verb := "notice.template"
		if back {
			verb = "notice.template_reset"
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "notice_template", ID: t.Event + "/" + t.Channel + "/" + t.Lang,
			Changes: []audit.Change{{Field: "subject", From: old.Subject, To: t.Subject}, {Field: "body", From: old.Body, To: t.Body}}})
	})
}

// A Text is a notice ready to be read.
type Text struct{ Subject, Body string }

// written puts an event's values into its template, in the language. Dates are
// written as people of that language read them.
func (b *Book) written(ctx context.Context, q db.Queryer, event, channel, lang string, vars map[string]string) (Text, int64, error) {
	m, err := b.now(ctx, q)
	if err != nil {
		return Text{}, 0, err
	}
	t, ok := m[slot{event, channel, lang}]
	if !ok {
		t = m[slot{event, channel, i18n.Vietnamese}]
	}
	return b.write(ctx, t, vars), t.Version, nil
}

func (b *Book) write(ctx context.Context, t Template, vars map[string]string) Text {
	vars = b.said(ctx, t.Lang, vars)
	if t.Channel == Email {
		t.Body = withoutEmptyLinks(t.Body, vars)
	}
	return Text{Subject: oneLine(fill(t.Subject, vars)), Body: strings.TrimSpace(fill(t.Body, vars))}
}

// withoutEmptyLinks leaves out the lines of a letter whose address there is none
// of: "Look it up:" and nothing behind it helps nobody.
func withoutEmptyLinks(text string, vars map[string]string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if misread(line, nil) == nil || !slices.ContainsFunc([]string{"link", "stop"}, func(name string) bool {
			return vars[name] == "" && strings.Contains(strings.ReplaceAll(line, " ", ""), "{{"+name+"}}")
		}) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// said returns the values as a template gets them.
func (b *Book) said(ctx context.Context, lang string, vars map[string]string) map[string]string {
	ctx = i18n.With(ctx, lang)
	out := maps.Clone(vars)
	for _, name := range []string{"due", "promised", "day", "closes"} {
		if out[name] == "" {
			continue
		}
		if at, err := moment.ParseInstant(out[name]); err == nil {
			out[name] = i18n.Instant(ctx, at)
			if name == "day" {
				out[name] = i18n.Date(ctx, at.Date())
			}
		}
	}
	if i18n.Has(out["stage"]) {
		out["stage"] = i18n.T(ctx, out["stage"])
	}
	for _, name := range []string{"link", "stop"} {
		if b.Base == "" {
			out[name] = ""
		} else if out[name] != "" {
			out[name] = strings.TrimSuffix(b.Base, "/") + out[name]
		}
	}
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Preview writes a template for a dossier that is made up. Faults as Validate.
func (b *Book) Preview(ctx context.Context, a actor.Actor, t Template) (Text, error) {
	if err := b.Check(ctx, b.DB, a); err != nil {
		return Text{}, err
	}
	if err := t.Validate(); err != nil {
		return Text{}, err
	}
	due := b.DB.Now().Add(72 * 3600e9)
	text := func(key string) string { return i18n.T(i18n.With(ctx, t.Lang), "notice.example."+key) }
	vars := map[string]string{"code": "H99.101-261125-0042", "procedure": text("procedure"), "unit": text("unit"), "step": text("step"), "name": text("name"),
		"due": due.String(), "promised": due.Add(48 * 3600e9).String(), "day": b.DB.Now().String(), "count": "5", "overdue": "2", "subject": text("subject"),
		"round": text("round"), "stage": text("stage"), "leaf": "3.3.1", "closes": due.String(), "text": text("text"), "link": "/lookup?code=H99.101-261125-0042", "stop": "/stop/" + strings.Repeat("A", 26),
		"list": "H99.101-261125-0042 · " + text("step") + "\nH99.101-261125-0051 · " + text("step")}
	return b.write(ctx, t, vars), nil
}
