package ledger_test

import (
	"errors"
	"testing"
	"time"

	"cchc/base/ledger"
)

func TestOneRowDoesNotStopTheLog(t *testing.T) {
	t.Parallel()
	l, clock := grown(t, 10)
	unguarded(t, l, "INSERT INTO log_pending (entry_id) SELECT entry_id FROM log_leaf WHERE idx = 3")
	record(t, l, 700)
	if n, err := l.Sequence(ctx, nil); err != nil || n != 700 {
		t.Fatalf("%d entries entered, %v, want 700", n, err)
	}
	sign(t, l)
	if c := verify(t, l, nil); c.Size != 710 || c.Wrong != 1 || c.First.What != "again" || c.First.Number != 4 {
		t.Errorf("of %d entries found %+v", c.Size, c.Findings)
	}
	clock.Advance(2 * time.Minute)
	if since, err := l.WaitsSince(ctx, l.DB); err != nil || since == 0 || since >= l.DB.Now()-ledger.LongWait {
		t.Errorf("waits since %v, %v", since, err)
	}
}

func TestWhatStopsTheLogIsAnError(t *testing.T) {
	t.Parallel()
	l, clock := grown(t, 10)
	unguarded(t, l, "INSERT INTO log_node (level, n, hash) SELECT 4, 0, hash FROM log_leaf WHERE idx = 0")
	record(t, l, 10)
	for range 2 {
		if n, err := l.Sequence(ctx, nil); !errors.Is(err, ledger.ErrStuck) || n != 0 {
			t.Errorf("%d entries entered, %v, want ErrStuck", n, err)
		}
	}
	clock.Advance(2 * time.Minute)
	c := verify(t, l, nil)
	if c.Wrong != 1 || c.First.What != "node_ahead" || c.Waiting != 10 || len(found(c, "waits")) != 1 {
		t.Errorf("found %+v, notes %+v, %d wait", c.Findings, c.Notes, c.Waiting)
	}
}
