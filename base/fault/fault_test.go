package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestFaultsAreFoundThroughWrapping(t *testing.T) {
	err := fmt.Errorf("receive: %w", New(Invalid, "form.invalid").With("received", "received.in_future"))
	if !Is(err, Invalid) || Is(err, Conflict) {
		t.Errorf("Is(%v) tells the wrong kind", err)
	}
	if f := As(err); len(f.Fields) != 1 || f.Fields[0].Name != "received" {
		t.Errorf("fields = %v", f.Fields)
	}
	if As(errors.New("x")) != nil {
		t.Error("a plain error became a fault")
	}
}

// A nil *Fault in an error interface is the classic trap; Or avoids it.
func TestNoFieldsIsNoError(t *testing.T) {
	if err := New(Invalid, "form.invalid").Or(); err != nil {
		t.Errorf("Or() = %v, want nil", err)
	}
}
