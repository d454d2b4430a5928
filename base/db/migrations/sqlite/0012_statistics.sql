-- +goose Up
-- Statistics read the dossiers of a period by unit and day of the end; what else
-- decides whether one concerns a period stands in the index too.
DROP INDEX dossier_ended;
CREATE INDEX dossier_ended ON dossier (unit_id, ended_day, accepted_day, last_at) WHERE ended_day IS NOT NULL;
CREATE INDEX dossier_moved ON dossier (unit_id) WHERE transfers > 0;
CREATE INDEX dossier_not_accepted ON dossier (not_accepted_at) WHERE not_accepted_at IS NOT NULL;
