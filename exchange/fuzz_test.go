package exchange

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"cchc/base/fault"
	"cchc/base/moment"
)

// The other side's list is read, or refused with a bounded number of flaws at the file;
// what was read of it is read the same out of a list in JSON.
func FuzzList(f *testing.F) {
	for _, s := range []string{
		"code,status,system,time\nH99.101-261123-0001,4,DVC,23/11/2026\n", "\ufeffMã hồ sơ;Trạng thái\n\"H1\";2\n", "code,status\n,1\nx,99\n",
		`[{"code":"H1","status":4,"time":"2026-11-23"},{"code":"H2","status":"4","at":"x"}]`, `{"total":1,"items":[{"code":"H1","status":1}],"next":null}`,
		"\ufeff {\"items\": []}", `{"items":{}}`, `{"a":[`, `[null,1]`, `[{"code":1}]`, `[{"code":"H1","status":1e400}]`, `[{"code":"H1","status":1}`,
		strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 20_000), "[" + strings.Repeat(`{"code":"","status":1},`, 100) + `{}]`, "", "\x00", "\xff\xfec\x00"} {
		f.Add([]byte(s))
	}
	readTime := func(s string) (moment.Instant, bool) {
		_, err := moment.ParseDate(s)
		return 1, err == nil
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		read := func(text []byte) (out []entry, err error) {
			err = File{"list", bytes.NewReader(text), int64(len(text))}.each(readTime, func(x entry, _ func(string, ...any)) error {
				x.At, x.Day = 0, false
				out = append(out, x)
				return nil
			})
			return out, err
		}
		list, err := read(text)
		for _, x := range list {
			if x.Code == "" || x.Status < firstStatus || x.Status > lastStatus {
				t.Errorf("a line is read as %+v", x)
			}
		}
		if err != nil {
			x := fault.As(err)
			if x == nil || x.Kind != fault.Invalid || len(x.Fields) == 0 || len(x.Fields) > flawsShown+1 {
				t.Fatalf("no clear answer: %v", err)
			}
			for _, at := range x.Fields {
				if at.Name != "file" || at.Key == "" {
					t.Errorf("a flaw at no place: %+v", at)
				}
			}
			return
		}
		type line struct {
			Code   string `json:"code"`
			Status int    `json:"status"`
			System string `json:"system"`
		}
		var lines []line
		for _, x := range list {
			lines = append(lines, line{x.Code, x.Status, x.System})
		}
		written, err := json.Marshal(lines)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := read(written); err != nil || !slices.Equal(again, list) {
			t.Errorf("%+v, written in JSON, is read as %+v, %v", list, again, err)
		}
	})
}
