package app

import (
	"io"
	"net/url"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// secretEnvs are read by the program or by a library of it, and are no flags.
var secretEnvs = []string{"CCHC_SMTP_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PGPASSWORD"}

// otherEnvs are read by a library of the program, and are no flags and no secrets.
var otherEnvs = []string{"AWS_REGION", "PGPASSFILE", "PGSSLROOTCERT", "HTTPS_PROXY", "NO_PROXY", "GOMEMLIMIT", "GOMAXPROCS", "TMPDIR"}

// configured is one thing that serve can be told.
type configured struct {
	Name   string // the flag, or the variable where there is no flag: "--addr"
	Value  string // as it is; print Shown
	Source string // "default", "environment CCHC_ADDR"
	Secret bool
}

// Shown is the value without what must not be read over a shoulder: a secret is only
// set or not, and an address loses its password and its query's keys.
func (c configured) Shown() string {
	switch {
	case c.Value == "":
		return "–"
	case c.Secret:
		return "(set)"
	}
	return withoutSecrets(c.Value)
}

// secretName finds flags and query fields whose value opens something. Names of files
// that hold a secret are none.
var secretName = regexp.MustCompile(`(?i)(password|passwd|secret|token|credential|access_?key|api_?key)s?$`)

// withoutSecrets is an address without its password, and without the values of those
// fields of its query that are one. What is no address stays.
func withoutSecrets(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" {
		if strings.Contains(s, "://") {
			return "(an address that cannot be read)" // and so may hide a password anywhere
		}
		return s
	}
	q, changed := u.Query(), false
	for name := range q {
		if secretName.MatchString(name) {
			q.Set(name, "xxxxx")
			changed = true
		}
	}
	if changed {
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}

// configuration lists every flag of serve with the value that it would have if serve
// were started with this environment and no flags, and the variables that libraries
// read, when they are set.
func configuration(env func(string) (string, bool)) ([]configured, error) {
	var c cli
	p, err := kong.New(&c, kong.Name("cchc"), kong.DefaultEnvars("CCHC"), kong.Writers(io.Discard, io.Discard), kong.Bind(streams{}))
	if err != nil {
		return nil, err
	}
	var out []configured
	for _, command := range p.Model.Children {
		if command.Name != "serve" {
			continue
		}
		for _, group := range command.AllFlags(true) {
			for _, f := range group {
				if f.Name == "help" {
					continue
				}
				x := configured{Name: "--" + f.Name, Value: f.Default, Source: "default", Secret: secretName.MatchString(f.Name)}
				for _, name := range f.Envs {
					if v, ok := env(name); ok {
						x.Value, x.Source = v, "environment "+name
						break
					}
				}
				out = append(out, x)
			}
		}
	}
	for _, name := range secretEnvs {
		if v, ok := env(name); ok {
			out = append(out, configured{Name: name, Value: v, Source: "environment", Secret: true})
		}
	}
	for _, name := range otherEnvs {
		if v, ok := env(name); ok {
			out = append(out, configured{Name: name, Value: v, Source: "environment"})
		}
	}
	return out, nil
}

// byFlag notes what a flag of the command itself said.
func byFlag(set []configured, name, v string) {
	for i, c := range set {
		if c.Name == name && v != c.Value {
			set[i].Value, set[i].Source = v, "flag "+name
		}
	}
}
