package list_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cchc/base/fault"
	"cchc/base/web"
	"cchc/base/web/list"
)

// Cursors come out of addresses, and forms out of bodies: both are anybody's.
func FuzzAddresses(f *testing.F) {
	for _, s := range []string{"a=1&b=2", "n=99999999999999999999&d=31/02/2026", "%zz", "&&&=", "a;b", "", " ", "0", "-1", "\x00", "\xff\xfe", "\u202e", "99999999999999999999", "e\u0302\u0301", "||||||||", "31/02/2026", "0000-00-00", "9999-12-31T24:61", "1e400", "NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c := list.ParseCursor(s); !c.IsZero() && list.ParseCursor(c.String()) != c {
			t.Errorf("%q is read as %+v, and that, written and read again, as %+v", s, c, list.ParseCursor(c.String()))
		}
		for _, method := range []string{"GET", "POST"} {
			r := httptest.NewRequest(method, "/", strings.NewReader(s))
			r.URL = &url.URL{Path: "/", RawQuery: s}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			var in struct {
				web.Form
				N    int      `form:"n"`
				List []int64  `form:"list"`
				Many []string `form:"a"`
				Need string   `form:"need,required"`
			}
			if err := web.Decode(r, &in); err != nil && fault.As(err) == nil {
				t.Errorf("%s %q: %v is no fault: nobody is told what is wrong", method, s, err)
			}
		}
	})
}
