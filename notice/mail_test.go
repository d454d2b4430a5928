package notice

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cchc/base/moment"
)

// A smtpServer speaks enough SMTP to take letters, and answers each recipient with
// the code that stands before the @: 450.anh@example.vn.
type smtpServer struct {
	addr string

	mu      sync.Mutex
	letters []string
}

func serveSMTP(t *testing.T) *smtpServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &smtpServer{addr: l.Addr().String()}
	var all sync.WaitGroup
	t.Cleanup(func() { l.Close(); all.Wait() })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer c.Close(); s.talk(c) })
		}
	})
	return s
}

func (s *smtpServer) talk(c net.Conn) {
	c.SetDeadline(time.Now().Add(20 * time.Second)) // a client that forgets to hang up
	r := bufio.NewReader(c)
	say := func(line string) { io.WriteString(c, line+"\r\n") }
	say("220 test")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(line); {
		case strings.HasPrefix(verb, "EHLO"):
			say("250-test")
			say("250 8BITMIME")
		case strings.HasPrefix(verb, "RCPT"):
			_, to, _ := strings.Cut(line, "<")
			if code, _, ok := strings.Cut(to, "."); ok && len(code) == 3 && code[0] >= '4' && code[0] <= '5' {
				say(code + " as you wish")
				continue
			}
			say("250 ok")
		case strings.HasPrefix(verb, "DATA"):
			say("354 go on")
			var text strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(line)
			}
			s.mu.Lock()
			s.letters = append(s.letters, text.String())
			s.mu.Unlock()
			say("250 taken")
		case strings.HasPrefix(verb, "QUIT"):
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *smtpServer) sender(t *testing.T) *MailSender {
	t.Helper()
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return &MailSender{Host: host, Port: n, TLS: NoTLS, From: "Một cửa xã Gio Hải <motcua@example.vn>"}
}

func TestLettersArriveAndRefusalsAreToldApart(t *testing.T) {
	t.Parallel()
	s := serveSMTP(t)
	at := moment.NewDate(2026, 11, 25).At(9 * 3600)
	letter := func(to string) Message {
		return Message{ID: "id-" + to, Channel: Email, To: to, Subject: "Đã tiếp nhận hồ sơ", Text: "Kính gửi ông/bà,\n.\nhẹn trả: 26/11", At: at}
	}
	list := []Message{letter("anh@example.vn"), letter("450.busy@example.vn"), letter("550.gone@example.vn"), letter("không phải địa chỉ"), letter("binh@example.vn")}
	wrong := s.sender(t).Send(context.Background(), list)
	for i, want := range []string{"taken", "again", "refused", "refused", "taken"} {
		got := "taken"
		if wrong[i] != nil {
			got = "again"
			if errors.Is(wrong[i], ErrRefused) {
				got = "refused"
			}
		}
		if got != want {
			t.Errorf("%s: %s (%v), want %s", list[i].To, got, wrong[i], want)
		}
	}
	if len(s.letters) != 2 {
		t.Fatalf("%d letters arrived", len(s.letters))
	}
	head, body, _ := strings.Cut(s.letters[0], "\r\n\r\n")
	text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"To: <anh@example.vn>", "Auto-Submitted: auto-generated", "Message-ID: <id-anh@example.vn@example.vn>", "=?UTF-8?q?", "Content-Type: text/plain; charset=UTF-8"} {
		if !strings.Contains(head, want) {
			t.Errorf("the letter's head lacks %q:\n%s", want, head)
		}
	}
	if !strings.Contains(string(text), "hẹn trả: 26/11") {
		t.Errorf("the letter says %q", text)
	}
}

func TestAServerThatIsAwayOrWithoutTLSIsAskedAgain(t *testing.T) {
	t.Parallel()
	away := &MailSender{Host: "127.0.0.1", Port: 1, TLS: NoTLS, From: "a@example.vn"}
	tls := serveSMTP(t).sender(t)
	tls.TLS = StartTLS // which this server has not: nothing is said in the clear
	for name, s := range map[string]*MailSender{"away": away, "without TLS": tls} {
		for i, err := range s.Send(context.Background(), []Message{{To: "a@example.vn"}, {To: "b@example.vn"}}) {
			if err == nil || errors.Is(err, ErrRefused) {
				t.Errorf("%s: letter %d: %v", name, i, err)
			}
		}
	}
}

func ExampleMask() {
	fmt.Println(Mask("anh@example.vn"), Mask("0905123456"))
	// Output: a•••@example.vn •••456
}
