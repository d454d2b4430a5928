package ledger_test

import (
	"path/filepath"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/fault"
	"cchc/base/ledger"
	"cchc/base/receipt"
)

// pair is a lower unit's log that a higher unit's server co-signs.
func pair(t *testing.T) (lower, higher *ledger.Log, keeper actor.Actor) {
	t.Helper()
	lower, _ = grown(t, 5, 12)
	higher, _ = place(t)
	keeper = actor.Actor{Account: "keeper"}
	if _, err := higher.AddParty(ctx, keeper, ledger.LogRole, lower.Key.Public(), "Xã A"); err != nil {
		t.Fatal(err)
	}
	if _, err := lower.AddParty(ctx, keeper, ledger.CosignerRole, higher.Key.CosignKey(), "Tỉnh B"); err != nil {
		t.Fatal(err)
	}
	return lower, higher, keeper
}

// asked sends a request as a file would carry it.
func asked(t *testing.T, lower *ledger.Log, old int64) ledger.Request {
	t.Helper()
	r, err := lower.Ask(ctx, old)
	if err != nil {
		t.Fatal(err)
	}
	back := ledger.Request{}
	if back.Old, back.Proof, back.Checkpoint, err = receipt.ParseRequest(receipt.RequestText(r.Old, r.Proof, r.Checkpoint)); err != nil {
		t.Fatal(err)
	}
	return back
}

func TestAHigherUnitCosignsAndTheReceiptBearsIt(t *testing.T) {
	t.Parallel()
	lower, higher, keeper := pair(t)
	w, err := higher.Cosign(ctx, keeper, asked(t, lower, 0))
	if err != nil || w.Size != 12 {
		t.Fatalf("co-signed %d, %v", w.Size, err)
	}
	again, err := higher.Cosign(ctx, keeper, asked(t, lower, 12))
	if err != nil || again.Line != w.Line {
		t.Errorf("the same once more: %v, %v", again.Line == w.Line, err)
	}
	if n, err := lower.TakeCosignatures(ctx, keeper, append(w.Signed, w.Line...)); err != nil || n != 1 {
		t.Fatalf("took %d, %v", n, err)
	}
	if n, err := lower.TakeCosignatures(ctx, keeper, append(w.Signed, w.Line...)); err != nil || n != 0 {
		t.Fatalf("took %d once more, %v", n, err)
	}
	record(t, lower, 30)
	sign(t, lower)
	old, err := lower.CosignedBy(ctx, lower.DB, higher.Key.CosignKey())
	if err != nil || old != 12 {
		t.Fatalf("co-signed up to %d, %v", old, err)
	}
	if w, err = higher.Cosign(ctx, keeper, asked(t, lower, old)); err != nil {
		t.Fatal(err)
	}
	if _, err := lower.TakeCosignatures(ctx, keeper, append(w.Signed, w.Line...)); err != nil {
		t.Fatal(err)
	}
	r, err := lower.Receipt(ctx, ids(t, lower)[2])
	if err != nil {
		t.Fatal(err)
	}
	keys, err := receipt.ParseKeys(lower.Key.Public(), higher.Key.CosignKey())
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Verify(keys)
	if err != nil || len(v.Signatures) != 2 || v.Checkpoint.Size != 12 {
		t.Fatalf("%d signatures over %d entries, %v", len(v.Signatures), v.Checkpoint.Size, err)
	}
	clean(t, lower)
	behind(t, lower, "UPDATE log_cosignature SET public = replace(public, 'cchc/', 'xchc/')")
	if c := verify(t, lower, nil); c.First == nil || c.First.What != "cosignature" {
		t.Errorf("found %+v", c.Findings)
	}
}

func TestAHigherUnitRefusesWhatDoesNotFollow(t *testing.T) {
	t.Parallel()
	lower, higher, keeper := pair(t)
	first := asked(t, lower, 0)
	if _, err := higher.Cosign(ctx, keeper, first); err != nil {
		t.Fatal(err)
	}
	record(t, lower, 8) // and that of the party: 21
	sign(t, lower)
	good := asked(t, lower, 12)

	refused := func(name, key string, r ledger.Request) {
		t.Helper()
		if _, err := higher.Cosign(ctx, keeper, r); fault.As(err) == nil || fault.As(err).Key != key {
			t.Errorf("%s: %v, want %s", name, err, key)
		}
	}
	refused("the wrong size of before", "ledger.cosign_old", ledger.Request{Old: 5, Proof: good.Proof, Checkpoint: good.Checkpoint})
	refused("no proof", "ledger.cosign_forked", ledger.Request{Old: 12, Checkpoint: good.Checkpoint})
	refused("a checkpoint that was changed", "ledger.cosign_signature",
		ledger.Request{Old: 12, Proof: good.Proof, Checkpoint: []byte(strings.Replace(string(good.Checkpoint), "\n21\n", "\n22\n", 1))})
	refused("nonsense", "ledger.cosign_signature", ledger.Request{Checkpoint: []byte("x")})
	stranger, _ := grown(t, 3)
	refused("a log that nobody knows", "ledger.party_unknown", asked(t, stranger, 0))
	if _, err := higher.Cosign(ctx, keeper, good); err != nil {
		t.Fatal(err)
	}
	refused("an older one", "ledger.cosign_old", first)

	// The lower unit makes its log anew, with its own key: the higher one has the old.
	forge(t, lower, "UPDATE audit_entry SET reason = 'x' WHERE id = (SELECT entry_id FROM log_leaf WHERE idx = 4)", "DELETE FROM log_checkpoint")
	lower.Kept = ledger.Kept{}
	record(t, lower, 1)
	sign(t, lower)
	forged := asked(t, lower, 21)
	refused("a log that was made anew", "ledger.cosign_forked", forged)
	trail, err := audit.Latest(ctx, higher.DB, audit.Filter{Verb: "log.refuse"})
	if err != nil || len(trail) != 2 || !strings.Contains(trail[0].Changes[1].To, string(forged.Checkpoint)) {
		t.Errorf("the trail keeps %d refusals, %v", len(trail), err)
	}
}

func TestAHigherUnitRemembersALogWhateverItsKey(t *testing.T) {
	t.Parallel()
	lower, higher, keeper := pair(t)
	if _, err := higher.Cosign(ctx, keeper, asked(t, lower, 0)); err != nil {
		t.Fatal(err)
	}
	// Who holds the server and the key makes the log anew, and rotates; the higher unit
	// takes the old key off and enters the new one.
	forge(t, lower, "UPDATE audit_entry SET reason = 'x' WHERE id = (SELECT entry_id FROM log_leaf WHERE idx = 4)", "DELETE FROM log_checkpoint")
	lower.Kept = ledger.Kept{}
	record(t, lower, 3)
	if _, err := lower.Rotate(ctx, keeper, filepath.Join(t.TempDir(), "key"), false, "định kỳ"); err != nil {
		t.Fatal(err)
	}
	parties, err := higher.Parties(ctx, higher.DB, ledger.LogRole)
	if err != nil || len(parties) != 1 {
		t.Fatal(err)
	}
	if err := higher.EndParty(ctx, keeper, parties[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := higher.AddParty(ctx, keeper, ledger.LogRole, lower.Key.Public(), "Xã A"); err != nil {
		t.Fatal(err)
	}
	refused := func(old int64, key string) {
		t.Helper()
		if _, err := higher.Cosign(ctx, keeper, asked(t, lower, old)); fault.As(err) == nil || fault.As(err).Key != key {
			t.Errorf("from %d: %v, want %s", old, err, key)
		}
	}
	refused(0, "ledger.cosign_old")
	refused(12, "ledger.cosign_forked")

	// Only an act of its own lets it begin anew, and the trail keeps what was given up.
	origin := lower.Key.Name()
	if _, err := higher.ForgetWitnessed(ctx, keeper, origin, " "); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := higher.ForgetWitnessed(ctx, keeper, "cchc/nobody", "x"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a log that nobody knows: %v", err)
	}
	w, err := higher.ForgetWitnessed(ctx, keeper, origin, "khôi phục")
	if err != nil || w.Size != 12 {
		t.Fatalf("forgot %d, %v", w.Size, err)
	}
	if trail, err := audit.Latest(ctx, higher.DB, audit.Filter{Verb: "log.forget"}); err != nil || len(trail) != 1 || trail[0].Changes[1].From != string(w.Signed) {
		t.Errorf("the trail keeps %+v, %v", trail, err)
	}
	if w, err = higher.Cosign(ctx, keeper, asked(t, lower, 0)); err != nil {
		t.Fatal(err)
	}
	refused(0, "ledger.cosign_old")
	if last, err := higher.LastWitnessed(ctx, higher.DB, origin); err != nil || last.Size != w.Size {
		t.Errorf("remembers %d, %v", last.Size, err)
	}
}

func TestCosignaturesOfOthersAreNotTaken(t *testing.T) {
	t.Parallel()
	lower, higher, keeper := pair(t)
	w, err := higher.Cosign(ctx, keeper, asked(t, lower, 0))
	if err != nil {
		t.Fatal(err)
	}
	stranger, _ := place(t)
	text, err := receipt.SignedText(w.Signed)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		signed string
		key    string
	}{
		"by a stranger":    {string(w.Signed) + stranger.Key.Cosign(text, 1), "ledger.cosigned_none"},
		"none":             {string(w.Signed), "ledger.cosigned_none"},
		"of another size":  {strings.Replace(string(w.Signed), "\n12\n", "\n13\n", 1) + w.Line, "ledger.cosigned_other"},
		"of another root":  {strings.Replace(string(w.Signed), "=\n", "A\n", 1) + w.Line, "ledger.cosigned_other"},
		"of no checkpoint": {"x", "ledger.cosigned_other"},
	} {
		if _, err := lower.TakeCosignatures(ctx, keeper, []byte(c.signed)); fault.As(err) == nil || fault.As(err).Key != c.key {
			t.Errorf("%s: %v, want %s", name, err, c.key)
		}
	}
	parties, err := lower.Parties(ctx, lower.DB, ledger.CosignerRole)
	if err != nil || len(parties) != 1 {
		t.Fatal(err)
	}
	if err := lower.EndParty(ctx, keeper, parties[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := lower.EndParty(ctx, keeper, parties[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("ended twice: %v", err)
	}
	if _, err := lower.TakeCosignatures(ctx, keeper, append(w.Signed, w.Line...)); err == nil {
		t.Error("a co-signature by who is no co-signer any more was taken")
	}
}

func TestKeysOfTheWrongKindAreRefused(t *testing.T) {
	t.Parallel()
	l, _ := place(t)
	a := actor.Actor{Account: "keeper"}
	for _, c := range []struct {
		role         ledger.Role
		public, name string
		field        string
	}{
		{ledger.LogRole, l.Key.CosignKey(), "Xã A", "public"},
		{ledger.CosignerRole, l.Key.Public(), "Tỉnh B", "public"},
		{ledger.LogRole, "x", "Xã A", "public"},
		{ledger.LogRole, l.Key.Public(), " ", "name"},
	} {
		_, err := l.AddParty(ctx, a, c.role, c.public, c.name)
		if f := fault.As(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != c.field {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := l.AddParty(ctx, a, ledger.LogRole, l.Key.Public(), "Xã A"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.AddParty(ctx, a, ledger.LogRole, l.Key.Public(), "Xã A"); !fault.Is(err, fault.Conflict) {
		t.Errorf("twice: %v", err)
	}
}
