package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"cchc/admin"
	"cchc/backup"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/i18n"
	"cchc/base/moment"
)

const (
	certificateSoon = 21 * 24 * time.Hour // what renews itself has done it by then
	certificateWait = 5 * time.Second
)

// certificates looks at the certificate of every server that the configuration names by
// an https:// address: one's own front, the store of files, the co-signer.
func certificates(ctx context.Context, set []configured) []admin.Finding {
	var out []admin.Finding
	seen := map[string]bool{}
	for _, c := range set {
		for _, host := range tlsHosts(c.Value) {
			if !seen[host] {
				seen[host] = true
				out = append(out, certificate(ctx, host, nil, time.Now()))
			}
		}
	}
	return out
}

// tlsHosts finds the hosts of https:// addresses in a value: the address itself, or the
// endpoint of a store of files.
func tlsHosts(value string) []string {
	u, err := url.Parse(value)
	if err != nil {
		return nil
	}
	if u.Scheme == "https" && u.Host != "" {
		if u.Port() == "" {
			return []string{net.JoinHostPort(u.Hostname(), "443")}
		}
		return []string{u.Host}
	}
	if end := u.Query().Get("endpoint"); u.Scheme == "s3" && strings.HasPrefix(end, "https://") {
		return tlsHosts(end)
	}
	return nil
}

// certificate connects and looks at what the server shows: bad when nobody may trust it
// now, to be looked at when it ends soon or nothing answers. roots nil are the machine's.
func certificate(ctx context.Context, host string, roots *x509.CertPool, now time.Time) admin.Finding {
	ctx, cancel := context.WithTimeout(ctx, certificateWait)
	defer cancel()
	name, _, _ := net.SplitHostPort(host)
	f := admin.Finding{Key: "certificate", Standing: admin.Look, Args: []any{"Host", host, "Until", i18n.None, "Error", i18n.None}}
	// Looked at here and not by the handshake, which would not say until when.
	d := tls.Dialer{Config: &tls.Config{ServerName: name, InsecureSkipVerify: true}}
	conn, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		f.Key = "certificate_none"
		f.Args[5] = err.Error()
		return f
	}
	defer conn.Close()
	chain := conn.(*tls.Conn).ConnectionState().PeerCertificates
	f.Args[3] = moment.Of(chain[0].NotAfter)
	o := x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: now, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		o.Intermediates.AddCert(c)
	}
	switch _, err := chain[0].Verify(o); {
	case err != nil:
		f.Standing = admin.Bad
		f.Args[5] = err.Error()
	case chain[0].NotAfter.Before(now.Add(certificateSoon)):
		f.Standing = admin.Look
	default:
		f.Standing = admin.Fine
	}
	return f
}

// copyThere looks whether the newest copy that the record knows is where copies go:
// somebody may have emptied the folder since, or another disk be mounted there.
func (r *rooms) copyThere(ctx context.Context) admin.Finding {
	f := admin.Finding{Key: "copy_there", Standing: admin.Bad, Args: []any{"Where", r.copies.To, "Name", i18n.None, "At", i18n.None, "Error", ""}}
	good, err := backup.LastGood(ctx, r.db, backup.Copying, r.db.Now())
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		f.Args[7] = err.Error()
		return f
	}
	known := err == nil && good.Place == r.copies.To
	if known {
		f.Args[3] = good.Name
	}
	shelf, err := file.OpenShelf(ctx, r.copies.To, false)
	if err != nil {
		f.Args[7] = err.Error()
		return f
	}
	defer shelf.Close()
	all, err := backup.Copies(ctx, shelf)
	if err != nil {
		f.Args[7] = err.Error()
		return f
	}
	newest, err := backup.Choose(all, backup.Stem(r.db.DSN()), time.Time{}, time.Now())
	if err != nil { // there is none
		return f
	}
	f.Args[5] = moment.Of(newest.At)
	if !known || slices.ContainsFunc(all, func(x backup.Copy) bool { return x.Name() == good.Name }) {
		f.Standing = admin.Fine
	}
	return f
}

// copiesClear tells, when copies are encrypted, what still lies beside them that is not,
// of the time before. logKey is the file of the log's key. Nothing when that cannot be
// seen, which copyThere tells.
func (r *rooms) copiesClear(ctx context.Context, logKey string) []admin.Finding {
	if len(r.copies.Recipient) == 0 {
		return nil
	}
	shelf, err := file.OpenShelf(ctx, r.copies.To, false)
	if err != nil {
		return nil
	}
	defer shelf.Close()
	open, err := backup.Clear(ctx, shelf, logKey, logKey+".signed", r.sealKey)
	if err != nil {
		return nil
	}
	f := admin.Finding{Key: "copies_clear", Standing: admin.Fine, Args: []any{"Where", shelf.Where(), "Copies", open.Copies, "Files", open.Files, "Keys", open.Keys, "At", i18n.None}}
	if open.Copies > 0 {
		f.Args[9] = moment.Of(open.Last)
	}
	if open.Copies+open.Files+open.Keys > 0 {
		f.Standing = admin.Look
	}
	return []admin.Finding{f}
}

// logKeyFits tells when the program, started here, could not sign the log of the trail:
// it would go on all the same. Nothing when it could.
func (r *rooms) logKeyFits(ctx context.Context, path string) []admin.Finding {
	err := r.log.KeyFits(ctx, path)
	if err == nil {
		return nil
	}
	return []admin.Finding{{Key: "log_key", Standing: admin.Look, Args: []any{"Error", err.Error()}}}
}

// machineClock tells whether the kernel says that its clock is kept right by another
// (STA_UNSYNC of adjtimex, which is how it is asked): due dates and the trail depend on it.
func machineClock(ask func(*syscall.Timex) (int, error)) admin.Finding {
	const unsynchronised = 0x0040
	var t syscall.Timex
	f := admin.Finding{Key: "clock_kept", Standing: admin.Fine}
	if _, err := ask(&t); err != nil || t.Status&unsynchronised != 0 {
		f.Standing = admin.Look
	}
	return f
}
