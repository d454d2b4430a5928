package file

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// A Clam asks ClamAV's daemon clamd, over its socket: the command INSTREAM sends the
// content in pieces, each behind its length, and an empty one ends it. clamd keeps
// nothing. Source: man clamd, "Commands".
type Clam struct {
	network, address string
	Patience         time.Duration // for one content, or for a question; a minute when 0
}

// ErrTooLong is what clamd says of a content above its own StreamMaxLength.
var ErrTooLong = errors.New("longer than StreamMaxLength of clamd.conf")

// NewClam reads an address: unix:/run/clamav/clamd.ctl or tcp:HOST:PORT.
func NewClam(address string) (*Clam, error) {
	network, at, ok := strings.Cut(address, ":")
	at = strings.TrimPrefix(at, "//")
	switch {
	case ok && network == "unix" && strings.HasPrefix(at, "/"):
	case ok && network == "tcp":
		if _, port, err := net.SplitHostPort(at); err != nil || port == "" {
			return nil, fmt.Errorf("%q is no address of clamd: want tcp:HOST:PORT", address)
		}
	default:
		return nil, fmt.Errorf("%q is no address of clamd: want unix:/run/clamav/clamd.ctl or tcp:HOST:PORT", address)
	}
	return &Clam{network: network, address: at}, nil
}

func (c *Clam) dial(ctx context.Context) (net.Conn, func(), error) {
	patience := c.Patience
	if patience == 0 {
		patience = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, c.network, c.address)
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("reach clamd: %w", err)
	}
	// Closing it is what interrupts reading and writing.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	return conn, func() { stop(); cancel(); conn.Close() }, nil
}

// ask sends a command of clamd and returns its answer.
func (c *Clam) ask(ctx context.Context, command string, send func(io.Writer) error) (string, error) {
	conn, done, err := c.dial(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	_, err = io.WriteString(conn, "z"+command+"\x00")
	if err == nil && send != nil {
		err = send(conn)
	}
	unread := new(unreadable)
	if errors.As(err, &unread) {
		return "", err
	}
	// Who is told too much answers and hangs up while we still write: the answer
	// says more than the broken pipe.
	answer, readErr := bufio.NewReader(io.LimitReader(conn, 4096)).ReadString(0)
	answer = strings.TrimSpace(strings.TrimSuffix(answer, "\x00"))
	if answer == "" {
		return "", fmt.Errorf("clamd does not answer: %w", errors.Join(err, readErr))
	}
	return answer, nil
}

// unreadable is a content that could not be read, which is no fault of clamd's.
type unreadable struct{ error }

func (u *unreadable) Unwrap() error { return u.error }

// Scan returns the name of what was found in the content, "" for nothing. Errors:
// ErrTooLong; any other is that clamd could not be asked.
func (c *Clam) Scan(ctx context.Context, content io.Reader) (found string, err error) {
	answer, err := c.ask(ctx, "INSTREAM", func(w io.Writer) error {
		piece := make([]byte, 4+64<<10)
		for {
			n, err := io.ReadFull(content, piece[4:])
			if n > 0 {
				binary.BigEndian.PutUint32(piece, uint32(n))
				if _, err := w.Write(piece[:4+n]); err != nil {
					return err
				}
			}
			switch {
			case err == io.EOF || err == io.ErrUnexpectedEOF:
				_, err = w.Write([]byte{0, 0, 0, 0})
				return err
			case err != nil:
				return &unreadable{fmt.Errorf("read what is to be scanned: %w", err)}
			}
		}
	})
	if err != nil {
		return "", err
	}
	answer = strings.TrimPrefix(answer, "stream: ")
	switch {
	case answer == "OK":
		return "", nil
	case strings.HasSuffix(answer, " FOUND"):
		return strings.TrimSuffix(answer, " FOUND"), nil
	case strings.Contains(answer, "size limit exceeded"):
		return "", ErrTooLong
	}
	return "", fmt.Errorf("clamd answers %q", answer)
}

// Version returns what clamd says of itself and of its signatures.
func (c *Clam) Version(ctx context.Context) (string, error) { return c.ask(ctx, "VERSION", nil) }
