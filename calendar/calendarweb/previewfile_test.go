package calendarweb

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// Names come from people and from files; none is a formula to a spreadsheet.
func TestNoNameInThePreviewsFileIsAFormula(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	v := preview{all: []shiftRow{{sort: "later", Code: "H1", Unit: "=cmd|'/c calc'!A1", Procedure: "+1", Remark: "@x"}}}
	if err := v.csv(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if got := w.Body.String(); !strings.Contains(got, "later,H1,'=cmd|'/c calc'!A1,'+1,,,'@x\n") {
		t.Errorf("the file is\n%s", got)
	}
}
