-- +goose Up
-- Figures of form II.06a that somebody else reported, beside ours and never mixed
-- with them.
CREATE TABLE reported_report (
  unit_id TEXT NOT NULL REFERENCES unit (id),
  from_day INTEGER NOT NULL,
  to_day INTEGER NOT NULL,
  source TEXT NOT NULL,
  lines INTEGER NOT NULL,
  person TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (unit_id, from_day, to_day, source)
) STRICT, WITHOUT ROWID;

-- Columns 3 to 13 of the form; label is a sector or a unit, '' the total.
CREATE TABLE reported_line (
  unit_id TEXT NOT NULL,
  from_day INTEGER NOT NULL,
  to_day INTEGER NOT NULL,
  source TEXT NOT NULL,
  ord INTEGER NOT NULL,
  label TEXT NOT NULL,
  c3 INTEGER NOT NULL,
  c4 INTEGER NOT NULL,
  c5 INTEGER NOT NULL,
  c6 INTEGER NOT NULL,
  c7 INTEGER NOT NULL,
  c8 INTEGER NOT NULL,
  c9 INTEGER NOT NULL,
  c10 INTEGER NOT NULL,
  c11 INTEGER NOT NULL,
  c12 INTEGER NOT NULL,
  c13 INTEGER NOT NULL,
  PRIMARY KEY (unit_id, from_day, to_day, source, ord)
) STRICT, WITHOUT ROWID;
