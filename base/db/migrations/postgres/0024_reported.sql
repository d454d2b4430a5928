-- +goose Up
-- Figures of form II.06a that somebody else reported, beside ours and never mixed
-- with them.
CREATE TABLE reported_report (
  unit_id TEXT NOT NULL REFERENCES unit (id),
  from_day BIGINT NOT NULL,
  to_day BIGINT NOT NULL,
  source TEXT NOT NULL,
  lines BIGINT NOT NULL,
  person TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (unit_id, from_day, to_day, source)
);

-- Columns 3 to 13 of the form; label is a sector or a unit, '' the total.
CREATE TABLE reported_line (
  unit_id TEXT NOT NULL,
  from_day BIGINT NOT NULL,
  to_day BIGINT NOT NULL,
  source TEXT NOT NULL,
  ord BIGINT NOT NULL,
  label TEXT NOT NULL,
  c3 BIGINT NOT NULL,
  c4 BIGINT NOT NULL,
  c5 BIGINT NOT NULL,
  c6 BIGINT NOT NULL,
  c7 BIGINT NOT NULL,
  c8 BIGINT NOT NULL,
  c9 BIGINT NOT NULL,
  c10 BIGINT NOT NULL,
  c11 BIGINT NOT NULL,
  c12 BIGINT NOT NULL,
  c13 BIGINT NOT NULL,
  PRIMARY KEY (unit_id, from_day, to_day, source, ord)
);
