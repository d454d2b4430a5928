package serviceindex

import (
	"cchc/base/auth"
	"cchc/base/law"
	"cchc/base/moment"
	"cchc/setting"
)

// Whether officers' names stand on the wall.
const (
	NamesNever  = "never"
	NamesAsked  = "asked" // when the address of the presentation asks for them
	NamesAlways = "always"
)

var (
	// SilentDays is after how many working days without an entry a commune is
	// shown as silent.
	SilentDays = &setting.Setting{Name: "board.silent_days", Group: "board", Kind: setting.Integer,
		Usual: "3", Least: 1, Most: 60, Verb: auth.SettingChange}
	// WallNames says whether the presentation may show who has late steps: a name
	// is personal data, and the screen is read by everybody in the room.
	WallNames = &setting.Setting{Name: "board.wall_names", Group: "board", Kind: setting.Choice,
		Usual: NamesAsked, Choices: []string{NamesNever, NamesAsked, NamesAlways}, Verb: auth.SettingChange,
		Basis: law.Ref{Doc: "91/2025/QH15"}, BasisInForce: moment.NewDate(2026, 1, 1)}
	// CloseDays is how many days after a period's last day its figures are kept;
	// what is entered later shows as a restatement.
	CloseDays = &setting.Setting{Name: "index.close_days", Group: "index", Kind: setting.Integer,
		Usual: "0", Least: 0, Most: 25, System: true, Verb: auth.SettingChange}
)

// Settings lists what this room lets people choose.
var Settings = []*setting.Setting{SilentDays, WallNames, CloseDays}
