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
)

// Kinds of failure that pass: what was asked for can be tried again later.
var (
	ErrAway = errors.New("the store of files does not answer")
	ErrFull = errors.New("the store of files takes nothing more")
)

// How long a store that is somewhere else may take: for an answer, for the next piece
// of a file, and for taking one in.
const (
	answerWait = 10 * time.Second
	pieceWait  = 20 * time.Second
	takeWait   = 60 * time.Second
)

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
	ctx    context.Context
	timer  *time.Timer // nil for a folder
	cancel context.CancelCauseFunc
}

// Read reads on.
func (p *patient) Read(b []byte) (int, error) {
	if p.timer != nil {
		p.timer.Reset(pieceWait)
		defer p.timer.Stop()
	}
	n, err := p.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		err = answered(p.ctx, err)
	}
	return n, err
}

// Close lets go of the connection.
func (p *patient) Close() error {
	err := p.ReadCloser.Close()
	p.cancel(nil)
	return err
}
