package dossier

import (
	"fmt"
	"strings"

	"cchc/base/db"
)

// The statements of lists. Each first finds the keys and ids of a page, from what
// is narrow, and then reads the rows of that page only. There is one for each way
// of finding, each order and each direction of paging, made of the same lines.

// A driver is what a list walks along.
type driver string

const (
	driveState   driver = "state"   // the dossiers, by the indexes of what is under way
	driveArrived driver = "arrived" // all of a unit or of everything in order of arrival
	driveWord    driver = "word"    // those with one word, in order of arrival
	driveRange   driver = "range"   // the few that have a word with a beginning
	driveScope   driver = "scope"   // all of a few units, to be sorted
)

// listKey chooses the statement of a driver.
type listKey struct {
	order Order
	back  bool
}

var lists = map[driver]map[listKey]*db.Family{}

// nowhere is what a missing moment sorts as.
const nowhere = "4503599627370496"

var listKeys = map[Key]string{
	KeyDue: "COALESCE(d.due_at, " + nowhere + ")", KeyReceived: "d.registered_at", KeyEnded: "COALESCE(d.ended_at, " + nowhere + ")",
	KeyStep: "COALESCE(d.step_due, d.due_at, " + nowhere + ")", KeyCode: "d.code", KeyProcedure: "d.procedure_code", KeyName: "f.name_key",
}

func init() {
	for _, drive := range []driver{driveState, driveArrived, driveWord, driveRange, driveScope} {
		lists[drive] = map[listKey]*db.Family{}
		keys := Keys
		if drive == driveArrived || drive == driveWord {
			keys = []Key{KeyReceived}
		}
		for _, key := range keys {
			up := db.Lines(fmt.Sprintf("dossier.list.%s.%s", drive, key), listText(drive, key, false))
			down := db.Lines(fmt.Sprintf("dossier.list.%s.%s.down", drive, key), listText(drive, key, true))
			lists[drive][listKey{Order{key, false}, false}], lists[drive][listKey{Order{key, true}, true}] = up, up
			lists[drive][listKey{Order{key, true}, false}], lists[drive][listKey{Order{key, false}, true}] = down, down
		}
	}
}

// reach are the units that a list of :unit covers: what lies below it, and what lay
// below it to its end. What left it for another is not among them, nor when it ends
// there.
const reach = `SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = :unit
		AND (r.to_day IS NULL OR r.to_day > :today OR NOT EXISTS (
			SELECT 1 FROM unit_reach o WHERE o.ancestor_id = r.unit_id AND o.unit_id = r.unit_id
			AND (o.to_day IS NULL OR o.to_day > r.to_day)))`

// reachOf is reach where the unit and today have other names.
func reachOf(unit, today string) string {
	return strings.NewReplacer(":unit", unit, ":today", today).Replace(strings.Join(strings.Fields(reach), " "))
}

// withReach is the condition that a unit is one of reach, on one line of a family.
func withReach(column string) string {
	return column + " IN (" + strings.Join(strings.Fields(reach), " ") + ")"
}

func listText(drive driver, key Key, down bool) string {
	expr, id, unit, from := listKeys[key], "d.id", "d.unit_id", "dossier d"
	find := "JOIN dossier_find f ON f.dossier_id = d.id   --[words]"
	if key == KeyName {
		find = "JOIN dossier_find f ON f.dossier_id = d.id"
	}
	within := withReach(unit)
	each := func(column string) string {
		return "EXISTS (" + strings.Join(strings.Fields(reach), " ") + " AND r.unit_id = " + column + ")"
	}
	if key == KeyDue {
		within = each(unit) // asked of each row rather than driven by: the rows come in their order
	}
	// CROSS JOIN keeps the order of tables on SQLite, which has no statistics to
	// choose a better one by.
	first := ""
	switch drive {
	case driveArrived:
		expr, id, unit, from, find = "f.arrived", "f.dossier_id", "f.unit_id", "dossier_find f", "CROSS JOIN dossier d"
		within, first = each(unit), "AND d.id = f.dossier_id"
	case driveWord:
		expr, id, unit, from, find = "w.arrived", "w.dossier_id", "f.unit_id", "dossier_word w", "CROSS JOIN dossier_find f CROSS JOIN dossier d"
		within, first = withReach(unit), "AND w.word = :word AND f.dossier_id = w.dossier_id AND d.id = w.dossier_id"
	case driveRange:
		unit, find = "f.unit_id", "CROSS JOIN dossier_find f CROSS JOIN dossier d"
		from = "(SELECT DISTINCT w.dossier_id AS id FROM dossier_word w WHERE w.word >= :word_from AND w.word < :word_to) m"
		within, first = withReach(unit), "AND f.dossier_id = m.id AND d.id = m.id"
	case driveScope:
		unit, from, find = "f.unit_id", "dossier_find f", "CROSS JOIN dossier d"
		within, first = withReach(unit), "AND d.id = f.dossier_id"
	}
	than, desc := ">", ""
	if down {
		than, desc = "<", " DESC"
	}
	return `
	SELECT ` + prefixed("d", rowColumns) + `, p.name, CAST(` + shownKey(key) + ` AS TEXT)
	FROM (
	SELECT ` + id + ` AS id, ` + expr + ` AS k
	FROM ` + from + `
	` + find + `
	WHERE TRUE
	` + first + `
	AND ` + unit + ` = :one                                                                          --[one]
	AND ` + within + `                                                                               --[unit]
	AND REPLACE(f.words, :word1, '') <> f.words                                                                          --[words]
	AND REPLACE(f.words, :word2, '') <> f.words                                                                          --[words, word2]
	AND REPLACE(f.words, :word3, '') <> f.words                                                                          --[words, word3]
	AND REPLACE(f.words, :word4, '') <> f.words                                                                          --[words, word4]
	AND REPLACE(f.words, :word5, '') <> f.words                                                                          --[words, word5]
	AND REPLACE(f.words, :word6, '') <> f.words                                                                          --[words, word6]
	AND d.accepted_at IS NOT NULL AND d.ended_at IS NULL                                             --[accepted]
	AND d.accepted_at IS NULL AND d.not_accepted_at IS NULL AND d.ended_at IS NULL                   --[new]
	AND (d.due_at < :now OR d.due_at IS NULL)                                                        --[overdue]
	AND ((d.waiting = '' AND (d.due_at IS NULL OR d.by_instant OR d.due_day < :today)) OR (d.waiting <> '' AND d.waiting_late))  --[overdue]
	AND d.apology_at IS NULL                                                                         --[no_apology]
	AND d.due_at <= :until AND d.waiting = ''                                                        --[until]
	AND (d.due_day >= :today AND NOT d.by_instant OR d.due_at >= :now)                               --[until]
	AND d.waiting <> ''                                                                              --[waiting]
	AND d.ended_at IS NOT NULL                                                                       --[ended]
	AND d.returned_at IS NULL                                                                        --[uncollected]
	AND d.due_at IS NULL                                                                             --[no_due]
	AND d.step_account = :account                                                                    --[account]
	AND d.step_role = :role                                                                          --[role]
	AND d.procedure_code = :procedure                                                                --[procedure]
	AND d.sector = ''                                                                                --[no_sector]
	AND d.sector = :sector                                                                           --[sector]
	AND d.channel = :channel                                                                         --[channel]
	AND d.code = :code                                                                               --[code]
	AND d.id IN (SELECT n.dossier_id FROM dossier_person n WHERE n.phone = :number AND n.phone <> '' UNION SELECT o.dossier_id FROM dossier_person o WHERE o.id_number = :number AND o.id_number <> '')  --[number]
	AND (` + expr + `, ` + id + `) ` + than + ` (:after_key, :after_id)                              --[after_id]
	ORDER BY ` + expr + desc + `, ` + id + desc + `
	LIMIT :limit
	) x
	JOIN dossier d ON d.id = x.id
	JOIN dossier_person p ON p.dossier_id = d.id
	ORDER BY x.k` + desc + `, x.id` + desc
}

// shownKey is the sort key as the cursor has it; a name is never in one.
func shownKey(key Key) string {
	if key == KeyName {
		return "''"
	}
	return listKeys[key]
}

func prefixed(p, columns string) string {
	parts := strings.Split(columns, ",")
	for i := range parts {
		parts[i] = p + "." + strings.TrimSpace(parts[i])
	}
	return strings.Join(parts, ", ")
}

var nameKeyOf = db.SQL("dossier.find.name_key", `SELECT name_key FROM dossier_find WHERE dossier_id = $1`)

// rowColumns are those that lists show: half of a dossier's.
const rowColumns = `id, system, code, procedure_code, version_id, sector, channel, return_by, unit_id, promised_unit_id,
	registered_at, accepted_at, not_accepted_at, started_at, ended_at, end_kind, returned_at, due_original, due_at, due_promised,
	waiting, waiting_since, waiting_late, supplements, withdrawal_at, apology_at, marks, by_instant,
	step_name, step_role, step_account, step_due`

func scanRow(r db.Scanner) (Row, error) {
	var d Row
	s := &d.State
	err := r.Scan(&d.ID, &d.System, &d.Code, &d.ProcedureCode, &nullText{&d.VersionID}, &d.Sector, &d.Channel, &d.ReturnBy, &s.Unit, &s.Promised,
		&s.RegisteredAt, &s.AcceptedAt, &s.NotAccepted, &s.Started, &s.Ended, &s.End, &s.Returned, &s.DueOriginal, &s.Due, &s.DuePromised,
		&s.Waiting, &s.WaitingSince, &s.WaitingLate, &s.Supplements, &s.Withdrawal, &s.Apology, &s.Marks, &s.ByInstant,
		&d.Step.Name, &d.Step.Role, &d.Step.Account, &d.Step.Due, &d.Applicant, &d.key)
	return d, err
}
