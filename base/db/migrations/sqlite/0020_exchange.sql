-- +goose Up
-- Systems that are told what happens to dossiers here, and what is on its way to
-- them. A secret stands as it is: it signs.
CREATE TABLE exchange_link (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('hook', 'peer')),
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  secret TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  system TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  lease_until INTEGER
) STRICT;

CREATE TABLE exchange_delivery (
  link_id TEXT NOT NULL REFERENCES exchange_link (id),
  id TEXT NOT NULL,
  dossier_id TEXT NOT NULL,
  code TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
  answer TEXT NOT NULL,
  done_at INTEGER,
  PRIMARY KEY (link_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX exchange_delivery_waiting ON exchange_delivery (link_id, dossier_id, id) WHERE state = 'waiting';
CREATE INDEX exchange_delivery_next ON exchange_delivery (next_at) WHERE state = 'waiting';
CREATE INDEX exchange_delivery_done ON exchange_delivery (done_at) WHERE state = 'done';
