package data

import _ "embed"

var (
	// DemoPlaces is the synthetic province of the demonstration, all of it
	// invented: columns district, before, after, area_class, weight.
	//go:embed demo_places.csv
	DemoPlaces string

	// DemoProcedures is which procedures the demonstration uses, how often, and
	// what is made up for them: columns code, case, weight, settle, fee, papers,
	// result.
	//go:embed demo_procedures.csv
	DemoProcedures string
)
