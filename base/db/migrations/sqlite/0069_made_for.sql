-- +goose Up
-- In whose place somebody proposed: neither approves. Of what waits the trail knows it.
ALTER TABLE publication ADD COLUMN made_for TEXT NOT NULL DEFAULT '';
UPDATE publication SET made_for = COALESCE((
  SELECT MAX(e.on_behalf) FROM audit_entry e
  WHERE e.kind = 'publication' AND e.object_id = publication.id AND e.verb = 'result.propose'), '')
WHERE approved_at IS NULL;
ALTER TABLE retention_proposal ADD COLUMN made_for TEXT NOT NULL DEFAULT '';
UPDATE retention_proposal SET made_for = COALESCE((
  SELECT MAX(e.on_behalf) FROM audit_entry e
  WHERE e.kind = 'retention' AND e.object_id = retention_proposal.id AND e.verb = 'privacy.propose'), '')
WHERE state = 'proposed';
