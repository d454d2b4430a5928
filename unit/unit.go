// Package unit keeps the bodies of the state (đơn vị) over time: stable ids,
// dated versions of name, code, level and parent, and the events that changed
// them, each with its legal basis. Units merge, split and are dissolved; what
// was reported of them stays as it was, and what is open goes to successors.
//
// Levels are data: until 30/06/2025 a commune belongs to a district, from
// 01/07/2025 to a province.
package unit

import (
	"cchc/base/actor"
	"cchc/base/law"
	"cchc/base/moment"
)

// ID names a unit for good. A body created later under an old name has a new
// one.
type ID = actor.UnitID

// Levels that the schema brings; a province may add others to unit_level.
const (
	Ministry   = "ministry"   // bộ, cơ quan ngang bộ
	Province   = "province"   // tỉnh, thành phố
	District   = "district"   // huyện, quận, thị xã; none after 30/06/2025
	Commune    = "commune"    // xã, phường, đặc khu
	Department = "department" // sở, phòng
	OneStop    = "onestop"    // bộ phận một cửa
	Post       = "post"       // điểm tiếp nhận
)

// Area classes (địa bàn) that change limits; "" is an ordinary area.
const (
	Mountainous = "mountainous" // miền núi
	Difficult   = "difficult"   // biên giới, hải đảo, khó khăn và đặc biệt khó khăn
)

// AreaClasses lists the area classes, the ordinary one first.
var AreaClasses = []string{"", Mountainous, Difficult}

// A Unit is one version of a body: what it was from From up to and without To.
// A zero To has no end.
type Unit struct {
	ID     ID
	Code   string // agency code, up to 35 characters in dot groups: QĐ 20/2020/QĐ-TTg
	Name   string
	Fold   string // Name as search compares it
	Level  string // code of a Level
	Parent ID     // "" for a root
	Area   string // area class
	Block  string // khối: the ranking group; "" for none
	From   moment.Date
	To     moment.Date
}

func (u Unit) span() law.Span { return law.Span{From: u.From, To: u.To} }

// A Level is a kind of unit (cấp), from the highest to the lowest by Order.
type Level struct {
	Code   string
	NameVI string
	NameEN string
	Order  int
	Kind   string // territory: a ranked body; office; desk
}

// Kinds of Level.
const (
	Territory = "territory"
	Office    = "office"
	Desk      = "desk"
)

// A Share is a part of a unit in ten-thousandths: 2,500 is a quarter.
type Share int64

// Whole is all of a unit.
const Whole Share = 10_000

// A Part is a unit and how much of another went into it, or came from it.
type Part struct {
	Unit  ID
	Share Share
}
