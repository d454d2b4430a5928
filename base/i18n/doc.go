// Package i18n holds every text that a person reads, in Vietnamese (the default)
// and English, and the formats of dates, times and numbers that go with them.
//
// Each room keeps its own pair of files, messages/<room>.vi.toml and
// messages/<room>.en.toml, with flat keys that begin with the room's name:
//
//	"dossier.receive.title" = "Tiếp nhận hồ sơ"
//	"dossier.late.title" = "{{.Count}} hồ sơ quá hạn"
//
// and in English, where the form depends on a number:
//
//	"dossier.late.title" = { one = "{{.Count}} dossier overdue", other = "{{.Count}} dossiers overdue" }
//
// Tests fail on a key that one language lacks, on a message that names different
// values in the two languages, and on a key used in code that has no message.
package i18n
