-- +goose Up
-- Cash taken at the counter (thu tiền mặt). A session is one officer's drawer on one
-- day; once closed it is locked, and what is found later is an entry of its own.
CREATE TABLE cash_session (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  account TEXT NOT NULL,
  day INTEGER NOT NULL,
  float_amount INTEGER NOT NULL CHECK (float_amount >= 0),
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  counted INTEGER NOT NULL,
  reason TEXT NOT NULL,
  UNIQUE (unit_id, account, day)
) STRICT;
CREATE INDEX cash_session_day ON cash_session (unit_id, day);

-- Entries are only added. kind: take and refund have a number of the unit's year
-- without gaps; adjust is a correction after the session was closed.
CREATE TABLE cash_entry (
  session_id TEXT NOT NULL REFERENCES cash_session (id),
  ord INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('take', 'refund', 'adjust')),
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  amount INTEGER NOT NULL,
  dossier_id TEXT REFERENCES dossier (id),
  fact_seq INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (session_id, ord)
) STRICT, WITHOUT ROWID;
CREATE INDEX cash_entry_dossier ON cash_entry (dossier_id, fact_seq);

-- What was counted at the end, by denomination.
CREATE TABLE cash_count (
  session_id TEXT NOT NULL REFERENCES cash_session (id),
  note INTEGER NOT NULL,
  pieces INTEGER NOT NULL CHECK (pieces >= 0),
  PRIMARY KEY (session_id, note)
) STRICT, WITHOUT ROWID;

-- The last number given in a unit's series of a year: cash receipts, lists, batches.
CREATE TABLE counter_number (
  unit_id TEXT NOT NULL,
  series TEXT NOT NULL,
  year INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (unit_id, series, year)
) STRICT, WITHOUT ROWID;
