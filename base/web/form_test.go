package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
)

type unitID string

type inner struct {
	Note string `form:"note"`
}

type sample struct {
	web.Form
	promoted
	Name    string         `form:"name,required"`
	Unit    unitID         `form:"unit"`
	Secret  string         `form:"secret,raw"`
	Count   int            `form:"count"`
	Yes     bool           `form:"yes"`
	Papers  []string       `form:"papers"`
	Numbers []int64        `form:"numbers"`
	On      moment.Date    `form:"on"`
	At      moment.Instant `form:"at"`
	Points  points.Points  `form:"points"`
	Inside  inner
	Ignored map[string]int
	//lint:ignore U1000 the decoder must pass over it
	internal int
}

type promoted struct {
	Extra string `form:"extra"`
}

func post(values url.Values) *http.Request {
	r := httptest.NewRequest("POST", "/?name=from-the-query", strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestDecodeReadsEveryKind(t *testing.T) {
	t.Parallel()
	var in sample
	err := web.Decode(post(url.Values{
		"name": {"  Nguye\u0302\u0303n Va\u0306n\x00 A "}, "unit": {"u1"}, "secret": {" p w "}, "count": {"12"}, "yes": {"on"},
		"papers": {"a", "", "b"}, "numbers": {"3", "4"}, "on": {"23/11/2026"}, "at": {"2026-11-23T09:00"}, "points": {"9,25"},
		"note": {"một\r\nhai"}, "extra": {"thêm"},
	}), &in)
	if err != nil {
		t.Fatal(err)
	}
	on, _ := moment.ParseDate("2026-11-23")
	at, _ := moment.ParseInstant("2026-11-23T09:00")
	in.Form = web.Form{Values: in.Values}
	want := sample{
		Name: "Nguyễn Văn A", Unit: "u1", Secret: " p w ", Count: 12, Yes: true, Papers: []string{"a", "b"}, Numbers: []int64{3, 4},
		promoted: promoted{"thêm"}, On: on, At: at, Points: 92_500, Inside: inner{"một\nhai"},
	}
	want.Form = in.Form
	if !reflect.DeepEqual(in, want) {
		t.Errorf("Decode = %+v\nwant %+v", in, want)
	}
	if in.Value("name") != "Nguyễn Văn A" || in.Value("secret") != "" {
		t.Errorf("kept name %q and secret %q, want the name and no secret", in.Value("name"), in.Value("secret"))
	}
}

func TestDecodeTellsWhatIsWrongWithEachField(t *testing.T) {
	t.Parallel()
	var in sample
	err := web.Decode(post(url.Values{
		"name": {"   "}, "count": {"1.5"}, "numbers": {"1", "x"}, "on": {"31/02/2026"}, "at": {"mai"}, "points": {"chín"},
	}), &in)
	f := fault.As(err)
	if f == nil || f.Kind != fault.Invalid {
		t.Fatalf("Decode = %v, want an Invalid fault", err)
	}
	var got []string
	for _, x := range f.Fields {
		got = append(got, x.Name+" "+x.Key)
	}
	want := []string{
		"name web.form.required", "count web.form.integer", "numbers web.form.integer", "on web.form.date", "at web.form.instant", "points web.form.number",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("fields %q, want %q", got, want)
	}
	if !in.Failed(err) || in.Value("on") != "31/02/2026" {
		t.Errorf("Failed = %v and on = %q, want true and what was typed", in.Failed(err), in.Value("on"))
	}
}

func TestDecodeOfAGetReadsTheQuery(t *testing.T) {
	t.Parallel()
	var in sample
	if err := web.Decode(httptest.NewRequest("GET", "/?name=a&papers=x&papers=y", nil), &in); err != nil {
		t.Fatal(err)
	}
	if in.Name != "a" || len(in.Papers) != 2 {
		t.Errorf("read %q %q", in.Name, in.Papers)
	}
}

func TestDecodeRefusesABrokenBody(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/", strings.NewReader("%zz"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := web.Decode(r, &sample{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("Decode = %v, want an Invalid fault", err)
	}
}

func TestDecodeRefusesATypeThatFormsDoNotHave(t *testing.T) {
	t.Parallel()
	var in struct {
		F float64 `form:"f"`
	}
	if err := web.Decode(post(url.Values{"f": {"1"}}), &in); err == nil || fault.As(err) != nil {
		t.Errorf("Decode into a float64 = %v, want an error of ours", err)
	}
}

func TestFailedLeavesOtherErrorsAlone(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]bool{fault.Invalid: true, fault.Conflict: true, fault.Forbidden: false, fault.NotFound: false} {
		var f web.Form
		if got := f.Failed(fault.New(kind, "web.form.invalid")); got != want {
			t.Errorf("Failed(kind %d) = %v, want %v", kind, got, want)
		}
	}
	var f web.Form
	if f.Failed(nil) || f.Failed(http.ErrNoCookie) {
		t.Error("Failed takes nil or an error of ours for the form's")
	}
}
