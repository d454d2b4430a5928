package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"cchc/base/db"
)

// certificate makes a certificate for an address, signed by itself, and its key.
func certificate(t *testing.T, host string) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP(host)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// As docs/operate/*/postgresql.md says it: the database elsewhere is asked over TLS, and
// one that shows another certificate, or is called otherwise than it says, is not.
func TestPostgreSQLIsReachedOverTLSAndVerified(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "cchc-tls-") // the user postgres may enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := newPostgres(t, dir)
	cert, key := certificate(t, "127.0.0.1")
	other, _ := certificate(t, "127.0.0.1")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	files := t.TempDir()
	put := func(path string, content []byte) string {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca, wrong := put(filepath.Join(files, "ca.pem"), cert), put(filepath.Join(files, "other.pem"), other)
	for name, content := range map[string][]byte{"server.crt": cert, "server.key": key} {
		path := put(filepath.Join(p.dir, name), content)
		if os.Getuid() == 0 {
			if out, err := exec.Command("chown", "postgres:", path).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
	}
	conf, err := os.OpenFile(filepath.Join(p.dir, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conf, "listen_addresses = '127.0.0.1'\nport = %d\nssl = on\n", port)
	conf.Close()
	if err != nil {
		t.Fatal(err)
	}
	// Only over TLS, as pg_hba.conf should say.
	put(filepath.Join(p.dir, "pg_hba.conf"), []byte("local all all trust\nhostssl all all 127.0.0.1/32 trust\n"))
	p.restart(t, 0)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	reach := func(host, mode, root string) error {
		d, err := db.Open(ctx, fmt.Sprintf("postgres://postgres@%s:%d/postgres?sslmode=%s&sslrootcert=%s", host, port, mode, root), db.Options{})
		if err != nil {
			return err
		}
		defer d.Close()
		h, err := d.Handle()
		if err != nil {
			return err
		}
		defer h.Close()
		over := false
		if err := h.QueryRowContext(ctx, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&over); err != nil {
			return err
		}
		if !over {
			t.Error("it is reached without TLS")
		}
		return nil
	}
	if err := reach("127.0.0.1", "verify-full", ca); err != nil {
		t.Errorf("as the manual says: %v", err)
	}
	for what, err := range map[string]error{
		"signed by another":  reach("127.0.0.1", "verify-full", wrong),
		"under another name": reach("localhost", "verify-full", ca),
		"without TLS":        reach("127.0.0.1", "disable", ca),
	} {
		if err == nil {
			t.Errorf("%s it is reached all the same", what)
		}
	}
	// The program itself, with its tools for copies.
	url := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=verify-full&sslrootcert=%s", port, ca)
	run(t, "migrate", "--db", url)
	run(t, "backup", filepath.Join(files, "copies"), "--db", url, "--files", filepath.Join(files, "scans"), "--log-key", filepath.Join(files, "log-key"))
}
