package app

import (
	"cchc/base/look"
	"cchc/privacy"
	"cchc/privacy/privacyweb"
)

// newPrivacy puts the room of personal data together, and lets dossiers note who
// looks at them.
func (r *rooms) newPrivacy() *privacy.Desk {
	r.desk.Looks = &look.Log{DB: r.db}
	return &privacy.Desk{DB: r.db, Guard: r.guard, Units: r.units, Looks: r.desk.Looks, Dossiers: r.desk}
}

func (r *rooms) privacyPages() *privacyweb.Pages {
	return &privacyweb.Pages{Desk: r.privacy, Name: r.accountName}
}
