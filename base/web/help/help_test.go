package help_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cchc/base/actor"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/help"
	"cchc/base/web/webtest"
)

func files(more ...string) fstest.MapFS {
	f := fstest.MapFS{
		"vi/a.md": {Data: []byte("# Danh sách\n\nTìm hồ sơ của *đơn vị*.\n\n## Lập biểu II.06a\n\nMở [Thống kê](b.md#phan), rồi <script>alert(1)</script> chọn kỳ.\n\n## Lập biểu II.06a\n\n- một\n- hai\n")},
		"en/a.md": {Data: []byte("# Lists\n\nFind dossiers.\n")},
		"vi/b.md": {Data: []byte("# Thống kê\n\nCác biểu. | x\n\n| a | b |\n|:-:|--:|\n| 1 | 2 |\n")},
		"en/b.md": {Data: []byte("# Statistics\n\nThe forms.\n")},
	}
	for i := 0; i+1 < len(more); i += 2 {
		f[more[i]] = &fstest.MapFile{Data: []byte(more[i+1])}
	}
	return f
}

var groups = []help.Group{{Key: "daily", Guides: []string{"a", "b"}}}

func open(t *testing.T) *webtest.Browser {
	t.Helper()
	p, err := help.New(files(), groups, nil)
	if err != nil {
		t.Fatal(err)
	}
	mux := web.New(web.Config{Now: func() time.Time { return time.Unix(1.8e9, 0) }, Log: slog.New(slog.DiscardHandler), Help: p.Of,
		Load: func(context.Context, string, moment.Instant) (actor.Actor, error) { return actor.Actor{}, nil }})
	p.Register(mux)
	return webtest.Open(t, mux)
}

func TestAGuideIsShownAsAPageInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	b := open(t)
	p := b.Get("/help/a").Is(200).Has("h1", "Danh sách").Count("h1", 1).Has("h2#lap-bieu-ii-06a", "Lập biểu").Count("h2#lap-bieu-ii-06a-2", 1).
		Count(".guide a[href='/help/b#phan']", 1).Count(".guide script", 0).Has(".guide em", "đơn vị")
	if strings.Contains(p.Text(".guide"), "<script") {
		t.Error("HTML inside of a guide is shown")
	}
	b.Get("/help/b").Count("table td", 2).Count("[style]", 0)
	b.Get("/help/none").Is(404)
	b.Get("/help/../vi/a").Is(404)
	b.Post("/preferences", "lang", "en", "back", "/help/a").To("/help/a")
	b.Get("/help/a").Has("h1", "Lists")
}

func TestGuidesAreFoundWithoutMarks(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Get("/help").Is(200).Has("h1", "Trợ giúp").Has(".sections a", "Thống kê").Has(".sections p", "Tìm hồ sơ của đơn vị.").Count("form [name=q]", 1)
	b.Get("/help?q=lap+bieu").Has("h2", "2 chỗ nói về “lap bieu”").Count("main a[href='/help/a#lap-bieu-ii-06a']", 1)
	b.Get("/help?q=ho+so").Count(".services li", 1).Has(".services p", "Tìm hồ sơ")
	b.Get("/help?q=vũ+trụ").Has(".notice", "Không thấy “vũ trụ”")
}

func TestAGuideThatIsNotThereOrNotOneIsAnError(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fstest.MapFS{
		"no heading":        files("vi/a.md", "Danh sách\n"),
		"a link to nowhere": files("vi/b.md", "# A\n\n[x](gone.md)\n"),
		"two headings":      files("en/b.md", "# A\n\nx\n\n# B\n"),
	} {
		if _, err := help.New(f, groups, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := help.New(files(), []help.Group{{Guides: []string{"c"}}}, nil); err == nil {
		t.Error("a guide that is in no language is taken")
	}
	if _, err := help.New(files(), groups, []help.Page{{Address: "/x", Guide: "y"}}); err == nil {
		t.Error("a page may name a guide that no group has")
	}
}

func TestThePageKnowsItsGuide(t *testing.T) {
	t.Parallel()
	p, err := help.New(files(), groups, []help.Page{{Address: "/", Guide: "a"}, {Address: "/x", Guide: "a"}, {Address: "/x/", Guide: "b"}, {Address: "/x/y/", Guide: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{"/x": "/help/a", "/x/1": "/help/b", "/x/y/2": "/help/a", "/xy": "/help/a", "/": "/help/a"} {
		if got := p.Of(address); got != want {
			t.Errorf("Of(%q) = %q, want %q", address, got, want)
		}
	}
}
