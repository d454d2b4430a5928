package app

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cchc/admin"
)

func TestTheConfigurationIsToldWithItsSourceAndWithoutSecrets(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"CCHC_DB":                 "postgres://cchc:s3cr3t-db@db.local/cchc?sslpassword=s3cr3t-key&sslmode=verify-full",
		"CCHC_ADDR":               "0.0.0.0:9000",
		"CCHC_LOG_COSIGNER_TOKEN": "s3cr3t-token",
		"CCHC_SMTP_PASSWORD":      "s3cr3t-mail",
		"CCHC_SMTP_PASSWORD_FILE": "/etc/cchc/mail",
		"AWS_SECRET_ACCESS_KEY":   "s3cr3t-store",
		"CCHC_FILES":              "s3://papers?endpoint=https://store.local:9000",
		"CCHC_BASE":               "https://u:s3cr3t%zz@broken",
	}
	set, err := configuration(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := writeConfiguration(&b, set); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if strings.Contains(text, "s3cr3t") {
		t.Errorf("a secret is told:\n%s", text)
	}
	line := func(name string) string {
		for l := range strings.Lines(text) {
			if f := strings.Fields(l); len(f) > 0 && f[0] == name {
				return strings.Join(f[1:], " ")
			}
		}
		return ""
	}
	for name, want := range map[string]string{
		"--addr":               "0.0.0.0:9000 environment CCHC_ADDR",
		"--api-rate":           "100 default",
		"--log-cosigner-token": "(set) environment CCHC_LOG_COSIGNER_TOKEN",
		"--smtp-password-file": "/etc/cchc/mail environment CCHC_SMTP_PASSWORD_FILE",
		"--files":              "s3://papers?endpoint=https://store.local:9000 environment CCHC_FILES",
		"--base":               "(an address that cannot be read) environment CCHC_BASE",
		"--smtp-tls":           "starttls default",
		"CCHC_SMTP_PASSWORD":   "(set) environment",
		"AWS_REGION":           "", // neither set nor ours
	} {
		if got := line(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := line("--db"); !strings.Contains(got, "cchc:xxxxx@db.local") || !strings.Contains(got, "sslmode=verify-full") {
		t.Errorf("the address of the database: %q", got)
	}
}

func TestCertificatesThatEndOrAreNotTrustedAreFound(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "https://")
	own := x509.NewCertPool()
	own.AddCert(s.Certificate())
	end := s.Certificate().NotAfter
	for _, c := range []struct {
		what  string
		host  string
		roots *x509.CertPool
		now   time.Time
		key   string
		want  admin.Standing
	}{
		{"trusted, and far from its end", host, own, end.AddDate(0, 0, -22), "certificate", admin.Fine},
		{"within three weeks of its end", host, own, end.AddDate(0, 0, -20), "certificate", admin.Look},
		{"after its end", host, own, end.AddDate(0, 0, 1), "certificate", admin.Bad},
		{"signed by nobody known", host, x509.NewCertPool(), end.AddDate(0, 0, -22), "certificate", admin.Bad},
		{"nobody there", "127.0.0.1:1", own, end, "certificate_none", admin.Look},
	} {
		f := certificate(context.Background(), c.host, c.roots, c.now)
		if f.Key != c.key || f.Standing != c.want {
			t.Errorf("%s: %s %s, want %s %s", c.what, f.Key, f.Standing, c.key, c.want)
		}
		if text := f.Text(context.Background()); strings.HasPrefix(text, "admin.") || !strings.Contains(text, c.host) {
			t.Errorf("%s: %q", c.what, text)
		}
	}
}

func TestHostsWithACertificateAreFoundInAddresses(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"https://motcua.example.vn":                     {"motcua.example.vn:443"},
		"https://[::1]:8443/x":                          {"[::1]:8443"},
		"s3://papers?endpoint=https://store.local:9000": {"store.local:9000"},
		"s3://papers?endpoint=http://store.local:9000":  nil,
		"http://motcua.example.vn":                      nil,
		"/var/lib/cchc/files":                           nil,
		"postgres://cchc@/cchc?host=/run/postgresql":    nil,
		"https://%zz":                                   nil,
	} {
		if got := tlsHosts(value); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}
