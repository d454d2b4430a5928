-- +goose Up
-- Which grants of a unit that ends go on in its successor, and whether its own
-- calendar does.
ALTER TABLE unit_move ADD COLUMN grants TEXT NOT NULL DEFAULT 'work';
ALTER TABLE unit_move ADD COLUMN calendar INTEGER NOT NULL DEFAULT 0;

-- Where single dossiers of a divided unit go; the first that matches, in order.
CREATE TABLE unit_move_rule (
  event_id TEXT NOT NULL REFERENCES unit_event (id),
  from_unit TEXT NOT NULL REFERENCES unit (id),
  ord INTEGER NOT NULL,
  field TEXT NOT NULL CHECK (field IN ('dossier', 'procedure', 'sector', 'address')),
  value TEXT NOT NULL,
  to_unit TEXT NOT NULL REFERENCES unit (id),
  PRIMARY KEY (event_id, from_unit, ord)
) STRICT;
