package app

import (
	"testing"

	"cchc/base/fault"
	"cchc/exchange"
	"cchc/exchange/exchangeweb"
)

// A link to a host that may not be called is refused where it is entered, with its field.
func TestALinkToAHostThatIsNotListedIsRefused(t *testing.T) {
	t.Parallel()
	r, _, _, u := commune(t)
	sender := r.exchange.Sender.(*exchangeweb.Sender)
	sender.Only, r.exchange.Listed = []string{"dvc.example.vn"}, sender.Listed
	_, err := r.exchange.Create(t.Context(), operator, exchange.Link{Kind: exchange.Peer, Name: "Cổng", URL: "https://dvc.example.vn/feed", List: "https://other.example.vn/list", System: "dvc", Unit: u})
	if f := fault.As(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != "list" || f.Fields[0].Key != "exchange.unlisted" {
		t.Errorf("Create gave %v", err)
	}
	if _, err := r.exchange.Create(t.Context(), operator, exchange.Link{Kind: exchange.Hook, Name: "Cổng", URL: "https://dvc.example.vn/hook", Unit: u}); err != nil {
		t.Error(err)
	}
}
