package web_test

import (
	"strings"
	"testing"

	"cchc/base/web"
)

// What people brought runs nowhere: it is saved, or shown in a sandbox. A PDF that is
// shown has no sandbox, in which browsers' viewers do not work, and may load nothing and
// run no script all the same.
func TestFilesAreHandedOutSoThatNothingInThemRuns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    string
		inline  bool
		how     string
		sandbox bool
	}{
		{"application/pdf", false, "attachment", true},
		{"application/pdf", true, "inline", false},
		{"image/png", true, "inline", true},
		{"image/jpeg", true, "inline", true},
		{"image/jpeg", false, "attachment", true},
		{"image/tiff", true, "attachment", true},
		{"text/html", true, "attachment", true},
		{"image/svg+xml", true, "attachment", true},
		{"application/msword", true, "attachment", true},
	} {
		got := map[string]string{}
		web.Handed{Name: "Giấy tờ.bin", Type: c.kind, Inline: c.inline}.Headers(func(name, value string) { got[name] = value })
		policy := got["Content-Security-Policy"]
		if !strings.HasPrefix(got["Content-Disposition"], c.how+";") || strings.Contains(policy, "sandbox") != c.sandbox {
			t.Errorf("%s, to be shown: %v: %s under %s", c.kind, c.inline, got["Content-Disposition"], policy)
		}
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") || !strings.Contains(policy, "frame-ancestors 'none'") ||
			got["X-Content-Type-Options"] != "nosniff" || got["Cache-Control"] != "private, no-store" {
			t.Errorf("%s, to be shown: %v: %v", c.kind, c.inline, got)
		}
	}
}
