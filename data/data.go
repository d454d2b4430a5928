// Package data holds the reference data that the program carries: what the law
// and the national portal say, as files that people can read and compare.
package data

import _ "embed"

var (
	// Holidays is days off and make-up days of the nation, 2020–2027: columns
	// date, kind, name_vi, rule, confidence. Sources are in its rule column.
	//go:embed holidays.csv
	Holidays string

	// Procedures is 5,652 administrative procedures of the national portal, July
	// 2026, as published: names, limits and fees that cannot be read are in it.
	//go:embed procedures.csv
	Procedures string

	// QD766 is the formula sets of the real-time service index (QĐ
	// 766/QĐ-TTg), a document a version. Package serviceindex reads it.
	//go:embed qd766.yaml
	QD766 string

	// Evaluation is the sets of indices by which officers and bodies are
	// evaluated (NĐ 61/2018/NĐ-CP and after), a document a version. Package
	// evaluation reads it.
	//go:embed evaluation.yaml
	Evaluation string

	// CriteriaCommune and CriteriaDistrict are criteria sets of the PAR index in the
	// usual form, synthetic and no legal text: for the demonstration and tests.
	// Package criteria reads them.
	//go:embed criteria_synthetic_commune.yaml
	CriteriaCommune string
	//go:embed criteria_synthetic_district.yaml
	CriteriaDistrict string

	// Published is results of the PAR index that places published themselves, with
	// their sources. Package scorecard reads it.
	//go:embed published.yaml
	Published string

	// Everyday is the words in which people ask for procedures, with those that the
	// procedures' names have: columns said, means. Package portal reads it.
	//go:embed everyday.csv
	Everyday string
)
