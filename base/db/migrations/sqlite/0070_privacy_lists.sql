-- +goose Up
-- A request stored the code as it was typed on the public page: what is granted is done
-- by the dossier's own.
UPDATE subject_request SET code = (SELECT d.code FROM dossier d WHERE d.id = subject_request.dossier_id);
-- Lists of proposals are read along these, whatever other units have; an erasing asks
-- which proposals a dossier is in.
CREATE INDEX retention_proposal_state ON retention_proposal (state);
CREATE INDEX retention_proposal_at ON retention_proposal (at, id);
CREATE INDEX retention_item_dossier ON retention_item (dossier_id);
