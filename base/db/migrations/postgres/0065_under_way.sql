-- +goose Up
-- What waits for a person, for a role, and for an applicant, in the order of its due
-- date: "Việc của tôi" read all that a unit has open to find the few. A migration only
-- adds (docs/adr/0037).
CREATE INDEX dossier_open_account ON dossier (unit_id, step_account, (COALESCE(due_at, 4503599627370496)), id) WHERE ended_at IS NULL AND accepted_at IS NOT NULL;
CREATE INDEX dossier_open_role ON dossier (unit_id, step_role, (COALESCE(due_at, 4503599627370496)), id) WHERE ended_at IS NULL AND accepted_at IS NOT NULL;
CREATE INDEX dossier_open_waiting ON dossier (unit_id, (COALESCE(due_at, 4503599627370496)), id) WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND waiting <> '';
-- All that is counted of what a unit has under way (Desk.Overview, DueBy, DueDays),
-- so that counting does not read the dossiers.
CREATE INDEX dossier_under_way ON dossier (unit_id, due_at, accepted_at, not_accepted_at, accepted_day, waiting, waiting_late, by_instant, due_day, apology_at, supplements, marks, sector, ended_at) WHERE ended_at IS NULL;
