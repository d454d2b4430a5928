package notice

import (
	"bytes"
	"strings"
	"testing"
)

// What stands in a letter's fields adds no field and no receiver.
func TestNobodySlipsAFieldIntoALetter(t *testing.T) {
	t.Parallel()
	s := &MailSender{From: "Một cửa <motcua@example.vn>"}
	for _, to := range []string{"a@example.vn\r\nBcc: b@example.vn", "a@example.vn, b@example.vn", "a@example.vn>\r\nRCPT TO:<b@example.vn", "a"} {
		if m, err := s.letter(Message{To: to}); err == nil {
			t.Errorf("a letter to %q goes to %q", to, m.GetToString())
		}
	}
	for _, subject := range []string{"Hồ sơ\r\nBcc: b@example.vn", "H\nBcc: b@example.vn", "H\rBcc: b@example.vn\r\n\r\nText"} {
		m, err := s.letter(Message{To: "a@example.vn", ID: "1", Subject: subject, Text: "một\r\n.\r\nhai"})
		if err != nil {
			continue // refused is good as well
		}
		var out bytes.Buffer
		if _, err := m.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(out.String(), "\r\n\r\n")
		for line := range strings.FieldsFuncSeq(head, func(r rune) bool { return r == '\r' || r == '\n' }) {
			if strings.HasPrefix(strings.ToLower(line), "bcc") || line == "Text" {
				t.Errorf("the subject %q made the field %q", subject, line)
			}
		}
	}
}
