package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/aws/smithy-go"
	"gocloud.dev/gcerrors"

	"cchc/base/fault"
)

// Kinds of failure that pass: what was asked for can be tried again later.
var (
	ErrAway = errors.New("the store of files does not answer")
	ErrFull = errors.New("the store of files takes nothing more")
)

// A patience is how long a store that is somewhere else may take: for an answer, for
// the next piece of a file, and for taking one in, by how large it is.
type patience struct {
	answer  time.Duration
	piece   time.Duration
	take    time.Duration
	takeMB  time.Duration // and so long for each MB of it
	turn    time.Duration // for what others ask of it
	waiting int           // how many people's questions may wait for it at once
}

// With these a scan of 300 kB has 15 s to be stored, and one of 25 MB a minute. Twelve
// is a quarter of what is served at once (web.Limits): a store that is slow leaves the
// rest to whoever needs no file.
var usual = patience{answer: 10 * time.Second, piece: 20 * time.Second, take: 15 * time.Second, takeMB: 2 * time.Second, turn: 2 * time.Second, waiting: 12}

// Refused returns what a person is told of an error of the store that passes, or that
// says what is wrong with a file; nil for any other. Seconds is when to try again.
func Refused(err error) *fault.Fault {
	if f := fault.As(err); f != nil {
		return f
	}
	switch {
	case errors.Is(err, ErrFull):
		return fault.New(fault.Unavailable, "file.store_full", "Seconds", 60).Because(err)
	case errors.Is(err, ErrAway):
		return fault.New(fault.Unavailable, "file.store_away", "Seconds", 30).Because(err)
	}
	return nil
}

// FieldOf makes of what is Refused a fault of a form's field, with the key for all of the
// form; nil for any other error.
func FieldOf(err error, form, field string) error {
	f := Refused(err)
	if f == nil {
		return nil
	}
	k := fault.Invalid
	var args []any
	if errors.Is(err, ErrFull) || errors.Is(err, ErrAway) {
		k, args = f.Kind, f.Args
	}
	return fault.New(k, form, args...).With(field, f.Key, f.Args...).Because(err)
}

// Measured has begin told whenever something is asked of the store ("put", "get",
// "piece", "has", "delete"), and what it returns how that ended.
func (s *Store) Measured(begin func(what string) (ended func(error))) { s.measure = begin }

// begin tells that something is asked of the store. A file that is not there is an
// answer like another.
func (s *Store) begin(what string) (ended func(error)) {
	if s.measure == nil {
		return func(error) {}
	}
	end := s.measure(what)
	return func(err error) {
		if gcerrors.Code(err) == gcerrors.NotFound || errors.Is(err, context.Canceled) || err == io.EOF {
			err = nil
		}
		end(err)
	}
}

// turn waits until few enough wait for the store. Errors: ErrAway.
func (s *Store) turn(ctx context.Context) (leave func(), err error) {
	if s.turns == nil {
		return func() {}, nil
	}
	wait := time.NewTimer(s.patience.turn)
	defer wait.Stop()
	select {
	case s.turns <- struct{}{}:
		return func() { <-s.turns }, nil
	case <-wait.C:
		return nil, fmt.Errorf("%w: %d wait for it", ErrAway, cap(s.turns))
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// kind wraps an error with what it means, where that can be told.
func kind(err error) error {
	if err == nil || errors.Is(err, ErrAway) || errors.Is(err, ErrFull) {
		return err
	}
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EFBIG} {
		if errors.Is(err, full) {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
	}
	var network net.Error
	var answer smithy.APIError
	switch {
	case errors.As(err, &network), errors.Is(err, syscall.EIO), errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, errDamaged):
	case errors.As(err, &answer) && answer.ErrorFault() == smithy.FaultServer:
	case gcerrors.Code(err) == gcerrors.ResourceExhausted, gcerrors.Code(err) == gcerrors.DeadlineExceeded, gcerrors.Code(err) == gcerrors.Internal:
	default:
		return err
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

// asking bounds how long a question to the store may take. A folder answers at once or
// not at all.
func (s *Store) asking(ctx context.Context, wait time.Duration) (context.Context, context.CancelFunc) {
	if s.dir != "" {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, wait, ErrAway)
}

// answered makes an error of a question that was cut off by our own patience tell so.
func answered(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), ErrAway) {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return kind(err)
}

// errDamaged is in the error of a file whose bytes are not those that were stored.
var errDamaged = errors.New("damaged")

// A patient reader is cut off when the store gives no next piece.
type patient struct {
	io.ReadCloser
	store  *Store
	people bool // somebody waits for it: takes turns
	ctx    context.Context
	timer  *time.Timer // nil for a folder
	cancel context.CancelCauseFunc
}

// Read reads on.
func (p *patient) Read(b []byte) (int, error) {
	if p.people { // for the piece alone: who receives it slowly keeps nobody waiting
		leave, err := p.store.turn(p.ctx)
		if err != nil {
			return 0, err
		}
		defer leave()
	}
	if p.timer != nil {
		p.timer.Reset(p.store.patience.piece)
		defer p.timer.Stop()
	}
	ended := p.store.begin("piece")
	n, err := p.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		err = answered(p.ctx, err)
	}
	ended(err)
	return n, err
}

// Close lets go of the connection.
func (p *patient) Close() error {
	err := p.ReadCloser.Close()
	p.cancel(nil)
	return err
}
