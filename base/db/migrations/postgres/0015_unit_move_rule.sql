-- +goose Up
-- Which grants of a unit that ends go on in its successor, and whether its own
-- calendar does.
ALTER TABLE unit_move ADD COLUMN grants TEXT COLLATE "C" NOT NULL DEFAULT 'work';
ALTER TABLE unit_move ADD COLUMN calendar BOOLEAN NOT NULL DEFAULT FALSE;

-- Where single dossiers of a divided unit go; the first that matches, in order.
CREATE TABLE unit_move_rule (
  event_id TEXT COLLATE "C" NOT NULL REFERENCES unit_event (id),
  from_unit TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  ord INTEGER NOT NULL,
  field TEXT COLLATE "C" NOT NULL CHECK (field IN ('dossier', 'procedure', 'sector', 'address')),
  value TEXT COLLATE "C" NOT NULL,
  to_unit TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  PRIMARY KEY (event_id, from_unit, ord)
);
