// Command sbom writes what a program is made of, as CycloneDX 1.6 in JSON: the Go
// modules that its build information names, Go's own library, and the front-end
// packages that were copied into it, each with version, checksum and licence.
//
//	sbom PROGRAM PACKAGE-LOCK > FILE
//
// The same program gives the same bytes: there is no serial number, and the time is
// that of the commit (SOURCE_DATE_EPOCH).
package main

import (
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/licensecheck"
	"golang.org/x/mod/module"
)

// sure is how many percent of a licence's file must be words of known licences.
const sure = 75

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sbom PROGRAM PACKAGE-LOCK")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(program, lock string) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	var components []cdx.Component
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c, err := goModule(m.Path, m.Version, m.Sum)
		if err != nil {
			return fmt.Errorf("%s: %w", m.Path, err)
		}
		components = append(components, c)
	}
	std := strings.TrimPrefix(info.GoVersion, "go")
	components = append(components, cdx.Component{
		BOMRef: "pkg:golang/std@" + std, Type: cdx.ComponentTypeLibrary, Name: "std", Version: std,
		PackageURL: "pkg:golang/std@" + std, Licenses: licences([]string{"BSD-3-Clause"}), Scope: cdx.ScopeRequired,
	})
	front, err := frontEnd(lock)
	if err != nil {
		return fmt.Errorf("%s: %w", lock, err)
	}
	components = append(components, front...)
	slices.SortFunc(components, func(a, b cdx.Component) int { return strings.Compare(a.BOMRef, b.BOMRef) })

	name := filepath.Base(info.Path)
	bom := cdx.NewBOM()
	bom.SerialNumber = ""
	bom.Metadata = &cdx.Metadata{Component: &cdx.Component{
		BOMRef: name, Type: cdx.ComponentTypeApplication, Name: name, Version: os.Getenv("VERSION"),
	}}
	if at, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		bom.Metadata.Timestamp = time.Unix(at, 0).UTC().Format(time.RFC3339)
	}
	refs := make([]string, len(components))
	for i, c := range components {
		refs[i] = c.BOMRef
	}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: name, Dependencies: &refs}}
	return cdx.NewBOMEncoder(os.Stdout, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_6)
}

// goModule is a module with the licence that its files, in Go's cache of modules, carry.
// sum is that of go.sum: "h1:" and the SHA-256 of the list of its files' SHA-256.
func goModule(path, version, sum string) (cdx.Component, error) {
	purl := "pkg:golang/" + path + "@" + version
	c := cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: purl, Scope: cdx.ScopeRequired}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sum, "h1:"))
	if err != nil || len(raw) != 32 {
		return c, fmt.Errorf("its sum %q is none", sum)
	}
	c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(raw)}}
	escaped, err := module.EscapePath(path)
	if err != nil {
		return c, err
	}
	found, err := licencesIn(filepath.Join(modules(), escaped+"@"+version))
	if err != nil {
		return c, err
	}
	c.Licenses = licences(found)
	return c, nil
}

func modules() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	return filepath.Join(build.Default.GOPATH, "pkg", "mod")
}

// licencesIn reads the licences' names (SPDX) out of the files at the top of a module.
func licencesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if cover := licensecheck.Scan(text); cover.Percent >= sure {
			for _, m := range cover.Match {
				found = append(found, strings.Replace(m.ID, "BSD-0-Clause", "0BSD", 1)) // as SPDX calls it
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func licences(ids []string) *cdx.Licenses {
	if len(ids) == 0 {
		return nil
	}
	var out cdx.Licenses
	for _, id := range ids {
		out = append(out, cdx.LicenseChoice{License: &cdx.License{ID: id}})
	}
	return &out
}

// frontEnd lists the packages whose files are copied into the program, and what those
// need in turn, for their built files may hold parts of it. What only tests use is left
// out.
func frontEnd(lock string) ([]cdx.Component, error) {
	text, err := os.ReadFile(lock)
	if err != nil {
		return nil, err
	}
	var l struct {
		Packages map[string]struct {
			Version, Integrity, License string
			Dev                         bool
		}
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, err
	}
	var out []cdx.Component
	for path, p := range l.Packages {
		if path == "" || p.Dev {
			continue
		}
		name := path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):]
		purl := "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + p.Version
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.Integrity, "sha512-"))
		if err != nil || len(raw) != 64 {
			return nil, fmt.Errorf("%s: its checksum %q is none", name, p.Integrity)
		}
		out = append(out, cdx.Component{
			BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: name, Version: p.Version, PackageURL: purl, Scope: cdx.ScopeRequired,
			Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA512, Value: hex.EncodeToString(raw)}}, Licenses: licences([]string{p.License}),
		})
	}
	if len(out) == 0 {
		return nil, errors.New("no packages are needed at run time")
	}
	return out, nil
}
