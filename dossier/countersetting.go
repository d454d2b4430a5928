package dossier

import (
	"cchc/base/auth"
	"cchc/setting"
)

// Settings of the counter. No law fixes these: each has the value that the product
// proposes.
var (
	// AlikeDays is how many days back an earlier receipt for the same person and
	// procedure is pointed out; 0 points out open ones only.
	AlikeDays = &setting.Setting{Name: "counter.alike_days", Group: "counter", Kind: setting.Integer,
		Usual: "30", Least: 0, Most: 365, Verb: auth.CounterSet}
	// UncollectedDays is after how many days from its end a result that nobody
	// came for is shown as long uncollected.
	UncollectedDays = &setting.Setting{Name: "counter.uncollected_days", Group: "counter", Kind: setting.Integer,
		Usual: "30", Least: 1, Most: 3650, Verb: auth.CounterSet}
)

// Settings lists what this room lets people choose.
var Settings = []*setting.Setting{AlikeDays, UncollectedDays, Kiosk, KeepMonths}
