package unitweb

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// Names come from people and from files; none is a formula to a spreadsheet.
func TestNoNameInThePreviewsFileIsAFormula(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	v := preview{all: []wayRow{{Code: "H1", Procedure: "=1+1", Sector: "-2", From: "@a", To: "Xã B", By: "+b"}}}
	if err := v.csv(w); err != nil {
		t.Fatal(err)
	}
	if got := w.Body.String(); !strings.Contains(got, "H1,'=1+1,'-2,'@a,Xã B,'+b\n") {
		t.Errorf("the file is\n%s", got)
	}
}
