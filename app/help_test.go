package app

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/i18n"
	"cchc/base/web/help"
	"cchc/docs/guide"
	"cchc/unit"
)

func TestEveryGuideIsInBothLanguagesAndInTheHelp(t *testing.T) {
	t.Parallel()
	if _, err := newHelp(); err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, g := range helpGroups {
		listed = append(listed, g.Guides...)
		if !i18n.Has("help.group." + g.Key) {
			t.Errorf("the group %s has no name", g.Key)
		}
	}
	for _, lang := range i18n.Langs {
		found, err := fs.Glob(guide.Files, lang+"/*.md")
		if err != nil || len(found) != len(listed) {
			t.Errorf("%d guides in %s, %d in the help; %v", len(found), lang, len(listed), err)
		}
		for _, f := range found {
			if name := strings.TrimSuffix(strings.TrimPrefix(f, lang+"/"), ".md"); !slices.Contains(listed, name) {
				t.Errorf("docs/guide/%s is in no group of helpGroups", f)
			}
		}
	}
}

// What the navigation, the administration and the statistics lead to has a guide
// of its own, whoever looks.
func TestEveryMainPageHasItsGuide(t *testing.T) {
	t.Parallel()
	r, _, province, commune := commune(t)
	guides, err := newHelp()
	if err != nil {
		t.Fatal(err)
	}
	hub, reports := r.adminHub(), r.reportHub()
	addresses := map[string]bool{"/": true, "/lookup": true, "/services": true, "/on-time": true, "/complain": true, "/sign-in": true, "/keys": true, "/me": true, "/api": true, "/board": true, "/admin": true}
	for _, role := range []actor.Role{actor.OneStop, actor.Specialist, actor.Chairperson, actor.HomeAffairs, actor.Auditor, actor.Administrator} {
		for _, u := range []unit.ID{province, commune} {
			for _, l := range nav(context.Background(), actor.Actor{Account: "x", Grants: []actor.Grant{{Role: role, Unit: u}}}, hub, reports) {
				addresses[l.URL] = true
			}
		}
	}
	for _, s := range hub.Sections {
		addresses[s.URL] = true
	}
	for _, s := range reports.Sections {
		addresses[s.URL] = true
	}
	if len(addresses) < 25 {
		t.Errorf("only %d pages were looked at", len(addresses))
	}
	for at := range addresses {
		if guides.Of(at) == help.Path {
			t.Errorf("%s has no guide: add it to helpOf", at)
		}
	}
}
