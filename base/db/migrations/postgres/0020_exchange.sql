-- +goose Up
-- Systems that are told what happens to dossiers here, and what is on its way to
-- them. A secret stands as it is: it signs.
CREATE TABLE exchange_link (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('hook', 'peer')),
  name TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  secret TEXT COLLATE "C" NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL,
  system TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  lease_until BIGINT
);

CREATE TABLE exchange_delivery (
  link_id TEXT COLLATE "C" NOT NULL REFERENCES exchange_link (id),
  id TEXT COLLATE "C" NOT NULL,
  dossier_id TEXT COLLATE "C" NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  body TEXT NOT NULL,
  at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
  answer TEXT NOT NULL,
  done_at BIGINT,
  PRIMARY KEY (link_id, id)
);
CREATE INDEX exchange_delivery_waiting ON exchange_delivery (link_id, dossier_id, id) WHERE state = 'waiting';
CREATE INDEX exchange_delivery_next ON exchange_delivery (next_at) WHERE state = 'waiting';
CREATE INDEX exchange_delivery_done ON exchange_delivery (done_at) WHERE state = 'done';
