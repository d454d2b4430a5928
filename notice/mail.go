package notice

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Ways of protecting the connection to a mail server.
const (
	StartTLS = "starttls" // turned to TLS before anything is said; refused without
	TLS      = "tls"      // TLS from the first byte (port 465)
	NoTLS    = "none"     // in the clear: only for a server on the same machine
)

// A MailSender hands messages to a mail server by SMTP.
type MailSender struct {
	Host     string
	Port     int // 0: the usual one
	TLS      string
	User     string // "" signs in to nothing
	Password string
	From     string // "Một cửa xã Gio Hải <motcua@giohai.example.vn>"
}

// Via names the way.
func (s *MailSender) Via() string { return "smtp" }

// Validate tells whether the settings can be used at all.
func (s *MailSender) Validate() error {
	if err := mail.NewMsg().From(s.From); err != nil {
		return fmt.Errorf("sender address %q: %w", s.From, err)
	}
	if s.TLS == NoTLS && s.User != "" && s.Host != "localhost" && s.Host != "127.0.0.1" && s.Host != "::1" {
		return errors.New("a password is not sent in the clear to another machine: choose starttls or tls")
	}
	_, err := s.client(new(net.Conn))
	return err
}

// client makes a client whose connection is left in at: the library leaves it open
// when the greeting or TLS fails.
func (s *MailSender) client(at *net.Conn) (*mail.Client, error) {
	options := []mail.Option{mail.WithTimeout(30 * time.Second), mail.WithoutNoop()}
	switch s.TLS {
	case TLS:
		options = append(options, mail.WithSSLPort(false))
	case NoTLS:
		options = append(options, mail.WithTLSPortPolicy(mail.NoTLS))
	case StartTLS, "":
		options = append(options, mail.WithTLSPortPolicy(mail.TLSMandatory))
	default:
		return nil, fmt.Errorf("TLS policy %q; want starttls, tls or none", s.TLS)
	}
	if s.TLS != TLS { // the library's own dialer knows TLS from the first byte
		options = append(options, mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, address)
			*at = c
			return c, err
		}))
	}
	if s.Port != 0 {
		options = append(options, mail.WithPort(s.Port))
	}
	if s.User != "" {
		auth := mail.SMTPAuthAutoDiscover
		if s.TLS == NoTLS { // on this machine: see Validate
			auth = mail.SMTPAuthPlainNoEnc
		}
		options = append(options, mail.WithSMTPAuth(auth), mail.WithUsername(s.User), mail.WithPassword(s.Password))
	}
	return mail.NewClient(s.Host, options...)
}

// Send delivers the messages over one connection. What the server refuses with a
// code of 500 and more is ErrRefused (RFC 5321, 4.2.1); a busy server, one that is
// away, or one that does not know us is asked again.
func (s *MailSender) Send(ctx context.Context, list []Message) []error {
	wrong := make([]error, len(list))
	all := func(err error) []error {
		for i := range wrong {
			if wrong[i] == nil {
				wrong[i] = err
			}
		}
		return wrong
	}
	var conn net.Conn
	c, err := s.client(&conn)
	if err != nil {
		return all(err)
	}
	open := false
	defer func() {
		if open {
			c.Close()
		}
	}()
	for i, m := range list {
		letter, err := s.letter(m)
		if err != nil {
			wrong[i] = fmt.Errorf("%w: %w", ErrRefused, err)
			continue
		}
		if !open {
			if err := c.DialWithContext(ctx); err != nil {
				if conn != nil {
					conn.Close()
				}
				for j := i; j < len(list); j++ {
					wrong[j] = err
				}
				return wrong
			}
			open = true
		}
		if err := c.Send(letter); err != nil {
			wrong[i] = err
			var sent *mail.SendError
			if errors.As(err, &sent) && sent.ErrorCode() >= 500 {
				wrong[i] = fmt.Errorf("%w: %w", ErrRefused, err)
			}
			// The connection's state is unknown after a failure.
			c.Close()
			open = false
		}
	}
	return wrong
}

func (s *MailSender) letter(m Message) (*mail.Msg, error) {
	letter := mail.NewMsg(mail.WithEncoding(mail.EncodingQP))
	if err := letter.From(s.From); err != nil {
		return nil, err
	}
	if err := letter.To(m.To); err != nil {
		return nil, err
	}
	letter.Subject(m.Subject)
	_, domain, _ := strings.Cut(s.From, "@")
	letter.SetMessageIDWithValue(m.ID + "@" + strings.TrimSuffix(domain, ">"))
	letter.SetDateWithValue(m.At.Time())
	// Nobody's absence note answers a notice (RFC 3834).
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetBodyString(mail.TypeTextPlain, m.Text+"\n")
	return letter, nil
}
