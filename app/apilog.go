package app

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/ledger"
	"cchc/base/moment"
	"cchc/base/receipt"
	"cchc/base/web"
)

// apiLog has the operations of the log of the trail.
type apiLog struct{ r *rooms }

type logCheckpoint struct {
	Origin     string         `json:"origin" doc:"Which log."`
	Size       int64          `json:"size" doc:"How many entries."`
	Root       string         `json:"root" doc:"Of the Merkle tree (RFC 6962), base64."`
	At         moment.Instant `json:"at" format:"date-time"`
	Checkpoint string         `json:"checkpoint" doc:"As signed: C2SP tlog-checkpoint, with co-signatures."`
	Keys       []string       `json:"keys" doc:"Public keys of the log, the present one first."`
}

type checkpointOutput struct{ Body logCheckpoint }

type consistencyInput struct {
	Old  int64 `query:"old" minimum:"1" required:"true" doc:"The smaller size."`
	Size int64 `query:"size" minimum:"1" required:"true"`
}

type consistencyOutput struct {
	Body struct {
		Proof []string `json:"proof" doc:"Hashes as RFC 6962 has them, base64; none when both sizes are the same."`
	}
}

type receiptInput struct {
	Kind   string `path:"kind" enum:"dossier,publication,round,sheet"`
	Object string `path:"object" maxLength:"80" doc:"Code of the dossier, or id of the thing."`
}

type logReceipt struct {
	Entry   string         `json:"entry" doc:"Id in the trail."`
	What    string         `json:"what" enum:"publication,history,round,amended,brought_in,sheet,relocked,appeal,apology,due"`
	At      moment.Instant `json:"at" format:"date-time"`
	Number  int64          `json:"number" doc:"In the log, from 1."`
	Receipt string         `json:"receipt" doc:"The receipt: a text that cchc-receipt verifies with the public key alone."`
}

type receiptsOutput struct {
	Body struct {
		Items []logReceipt `json:"items" doc:"Oldest first."`
	}
}

type cosignInput struct {
	Body struct {
		Old        int64    `json:"old" minimum:"0" doc:"Size of what was co-signed last; 0: nothing was."`
		Proof      []string `json:"proof,omitempty" maxItems:"64" doc:"That the log of that size is the beginning: hashes, base64."`
		Checkpoint string   `json:"checkpoint" maxLength:"16384" doc:"As the log signed it."`
	}
}

type cosignOutput struct {
	Body struct {
		Size int64          `json:"size"`
		At   moment.Instant `json:"at" format:"date-time"`
		Line string         `json:"line" doc:"C2SP tlog-cosignature: to be put after the checkpoint."`
	}
}

type witnessedInput struct {
	Origin string `query:"origin" maxLength:"200" required:"true" doc:"Of the log: the name in its key."`
}

type witnessedOutput struct {
	Body struct {
		Size int64 `json:"size" doc:"What was co-signed last; 0: nothing was."`
	}
}

func (p apiLog) register(a *api.API) {
	tags := []string{"log"}
	api.Handle(a, web.Public, huma.Operation{OperationID: "read-log-checkpoint", Method: http.MethodGet, Path: "/api/v1/log/checkpoint",
		Summary: "Read the last signed checkpoint of the log of the trail", Tags: tags}, p.checkpoint)
	api.Handle(a, web.Public, huma.Operation{OperationID: "prove-log-consistency", Method: http.MethodGet, Path: "/api/v1/log/consistency",
		Summary: "Prove that the log of one size is the beginning of that of another", Tags: tags}, p.consistency)
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: "list-log-receipts", Method: http.MethodGet, Path: "/api/v1/log/receipts/{kind}/{object}",
		Summary:     "Get the receipts of a thing",
		Description: "Published rankings, locked scores, apologies and changes of due dates have receipts. Who may see the thing may have them.", Tags: tags}, p.receipts)
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: "read-log-cosigned", Method: http.MethodGet, Path: "/api/v1/log/cosigned",
		Summary: "Read up to which size another log is co-signed here", Description: "Needs log.cosign.", Tags: tags}, p.witnessed)
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: "cosign-log", Method: http.MethodPost, Path: "/api/v1/log/cosign",
		Summary: "Co-sign a checkpoint of another log", Description: "Needs log.cosign. The log's signature, and that what was co-signed last is its beginning, are checked first.", Tags: tags}, p.cosign)
}

func (p apiLog) checkpoint(ctx context.Context, _ *struct{}) (*checkpointOutput, error) {
	text, err := p.r.log.LatestText(ctx)
	if errors.Is(err, db.ErrNotFound) {
		return nil, fault.New(fault.NotFound, "ledger.unsigned").Because(err)
	}
	if err != nil {
		return nil, err
	}
	c, err := receipt.Peek(text)
	if err != nil {
		return nil, err
	}
	out := &checkpointOutput{Body: logCheckpoint{Origin: c.Origin, Size: c.Size, Root: c.Root.String(), At: moment.Instant(c.At), Checkpoint: string(text), Keys: []string{}}}
	keys, err := p.r.log.Keys(ctx, p.r.db)
	for i := len(keys) - 1; i >= 0; i-- {
		out.Body.Keys = append(out.Body.Keys, keys[i].Public)
	}
	return out, err
}

func (p apiLog) consistency(ctx context.Context, in *consistencyInput) (*consistencyOutput, error) {
	proof, err := p.r.log.Consistency(ctx, in.Old, in.Size)
	if err != nil {
		return nil, err
	}
	out := &consistencyOutput{}
	out.Body.Proof = receipt.Hashes(proof)
	return out, nil
}

func (p apiLog) receipts(ctx context.Context, in *receiptInput) (*receiptsOutput, error) {
	t, err := p.r.receipted(ctx, api.Actor(ctx), in.Kind, in.Object, false)
	if err != nil {
		return nil, err
	}
	entries, err := ledger.Of(ctx, p.r.db, t.Kind, t.ID)
	if err != nil {
		return nil, err
	}
	out := &receiptsOutput{}
	out.Body.Items = []logReceipt{}
	for _, e := range entries {
		what := receiptOf(e.Entry)
		if what == "" {
			continue
		}
		x, err := p.r.log.Receipt(ctx, e.Key)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, logReceipt{e.Key, what, e.At, x.Number(), string(x.Text())})
	}
	return out, nil
}

// mayCosign returns nil for who may have logs co-signed: of no unit, so anywhere.
func (p apiLog) mayCosign(ctx context.Context) error {
	return p.r.guard.CheckAnywhere(api.Actor(ctx), auth.LogCosign)
}

func (p apiLog) witnessed(ctx context.Context, in *witnessedInput) (*witnessedOutput, error) {
	if err := p.mayCosign(ctx); err != nil {
		return nil, err
	}
	if _, _, err := p.r.log.LogOf(ctx, p.r.db, in.Origin); err != nil {
		return nil, err
	}
	out := &witnessedOutput{}
	w, err := p.r.log.LastWitnessed(ctx, p.r.db, in.Origin)
	if errors.Is(err, db.ErrNotFound) {
		return out, nil
	}
	out.Body.Size = w.Size
	return out, err
}

func (p apiLog) cosign(ctx context.Context, in *cosignInput) (*cosignOutput, error) {
	if err := p.mayCosign(ctx); err != nil {
		return nil, err
	}
	proof, err := receipt.ParseHashes(in.Body.Proof)
	if err != nil {
		return nil, fault.New(fault.Invalid, "ledger.cosign_proof").With("proof", "ledger.cosign_proof").Because(err)
	}
	w, err := p.r.log.Cosign(ctx, api.Actor(ctx), ledger.Request{Old: in.Body.Old, Proof: proof, Checkpoint: []byte(in.Body.Checkpoint)})
	if err != nil {
		return nil, err
	}
	out := &cosignOutput{}
	out.Body.Size, out.Body.At, out.Body.Line = w.Size, w.At, w.Line
	return out, nil
}
