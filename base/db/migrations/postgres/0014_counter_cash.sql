-- +goose Up
-- Cash taken at the counter (thu tiền mặt). A session is one officer's drawer on one
-- day; once closed it is locked, and what is found later is an entry of its own.
CREATE TABLE cash_session (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  account TEXT COLLATE "C" NOT NULL,
  day BIGINT NOT NULL,
  float_amount BIGINT NOT NULL CHECK (float_amount >= 0),
  opened_at BIGINT NOT NULL,
  closed_at BIGINT,
  counted BIGINT NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  UNIQUE (unit_id, account, day)
);
CREATE INDEX cash_session_day ON cash_session (unit_id, day);

-- Entries are only added. kind: take and refund have a number of the unit's year
-- without gaps; adjust is a correction after the session was closed.
CREATE TABLE cash_entry (
  session_id TEXT COLLATE "C" NOT NULL REFERENCES cash_session (id),
  ord BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('take', 'refund', 'adjust')),
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  amount BIGINT NOT NULL,
  dossier_id TEXT COLLATE "C" REFERENCES dossier (id),
  fact_seq BIGINT NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (session_id, ord)
);
CREATE INDEX cash_entry_dossier ON cash_entry (dossier_id, fact_seq);

-- What was counted at the end, by denomination.
CREATE TABLE cash_count (
  session_id TEXT COLLATE "C" NOT NULL REFERENCES cash_session (id),
  note BIGINT NOT NULL,
  pieces BIGINT NOT NULL CHECK (pieces >= 0),
  PRIMARY KEY (session_id, note)
);

-- The last number given in a unit's series of a year: cash receipts, lists, batches.
CREATE TABLE counter_number (
  unit_id TEXT COLLATE "C" NOT NULL,
  series TEXT COLLATE "C" NOT NULL,
  year BIGINT NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (unit_id, series, year)
);
