package app

import (
	"cchc/base/auth"
	"cchc/dossier/dossierweb"
	"cchc/reported/reportedweb"
)

// reportHub lists every statistic. Add yours with its words in your message files
// (reports.section.KEY and reports.section.KEY.what).
func (r *rooms) reportHub() *dossierweb.ReportHub {
	return &dossierweb.ReportHub{Sections: []dossierweb.ReportSection{
		{Key: "ii06a", URL: "/reports/ii06a", Verb: auth.ReportRead},
		{Key: "07a", URL: "/reports/07a", Verb: auth.ReportRead},
		{Key: "books", URL: "/books", Verb: auth.DossierRead},
		{Key: "periods", URL: "/reports/periods", Verb: auth.ReportRead},
		{Key: "evaluation", URL: "/reports/evaluation", Verb: auth.ReportRead},
		{Key: "reported", URL: reportedweb.Path, Verb: auth.ReportRead},
	}}
}
