// Package actor holds the plain type that every verb takes: who acts, and what
// they were granted where.
package actor

// UnitID names a unit (đơn vị) for good: it survives renames and changes of
// level. Package unit calls it unit.ID.
type UnitID string

// Role is what somebody was appointed to do in a unit and below it.
type Role string

const (
	Administrator Role = "administrator" // quản trị hệ thống
	Chairperson   Role = "chairperson"   // chủ tịch, lãnh đạo UBND
	HomeAffairs   Role = "home_affairs"  // phòng, sở nội vụ
	OneStop       Role = "onestop"       // cán bộ bộ phận một cửa
	Specialist    Role = "specialist"    // chuyên viên xử lý
	Auditor       Role = "auditor"       // thanh tra, kiểm tra: read only
)

// Roles lists every role in the order in which pages show them.
var Roles = []Role{Administrator, Chairperson, HomeAffairs, OneStop, Specialist, Auditor}

// A Grant gives a role in a unit and in all units below it.
type Grant struct {
	Role Role
	Unit UnitID
	Only string // of the role only these verbs, between blanks; "" is all of it
}

// An Actor is who acts. The zero Actor is a visitor: nobody signed in, and may
// do only what is public. Grants are those in force when the request began.
type Actor struct {
	Account string // account id; "" for a visitor
	Login   string
	Name    string
	Grants  []Grant

	// A program that calls with a token acts for the account, and with less: the
	// token's id, and the only verbs that it is for (nil is no limit).
	Token  string
	Scopes []string

	// For is in whose place the actor acts (thay, uỷ quyền); the zero Behalf for
	// one's own acts. Grants are then those of the delegation alone.
	For Behalf
	// FirstPassword tells that somebody else knows the password: until it is
	// changed there are no grants.
	FirstPassword bool
	// ReadOnly tells that the unit in which the actor worked is no more, and nobody gave
	// them another place yet: the grants are those that ended with it, for reading.
	ReadOnly bool
	system   bool
}

// A Behalf is somebody in whose place another acts, by a delegation.
type Behalf struct {
	Account    string
	Name       string
	Delegation string // its id
}

// System returns the actor for what the program does by itself: migrations,
// sweeps, imports at the command line. It may do everything, and the audit
// trail shows it by this name.
func System(name string) Actor {
	return Actor{Account: "system:" + name, Login: name, Name: name, system: true}
}

// IsSystem reports whether the program itself acts.
func (a Actor) IsSystem() bool { return a.system }

// SignedIn reports whether somebody, or the program itself, acts.
func (a Actor) SignedIn() bool { return a.Account != "" }

// Is reports whether an account is of whoever acts: their own, or of the person in whose
// place they do. Who may not decide on something of their own asks this of every person
// behind it.
func (a Actor) Is(account string) bool {
	return account != "" && (account == a.Account || account == a.For.Account)
}

// Has reports whether the actor holds the role anywhere.
func (a Actor) Has(r Role) bool {
	for _, g := range a.Grants {
		if g.Role == r {
			return true
		}
	}
	return false
}

// Home returns the unit of the first grant, where pages begin, or "".
func (a Actor) Home() UnitID {
	if len(a.Grants) == 0 {
		return ""
	}
	return a.Grants[0].Unit
}
