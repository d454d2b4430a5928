-- +goose Up
-- What other systems told of their dossiers. A dossier's facts follow from all of
-- its events by the time at which they happened.
CREATE TABLE dossier_event (
  system TEXT COLLATE "C" NOT NULL,
  event TEXT COLLATE "C" NOT NULL,
  dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossier (id),
  status BIGINT NOT NULL CHECK (status BETWEEN 1 AND 10),
  at BIGINT NOT NULL,
  due BIGINT,
  refused BOOLEAN NOT NULL,
  reason TEXT NOT NULL,
  document TEXT NOT NULL,
  return_by TEXT COLLATE "C" NOT NULL,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (system, event)
);
CREATE INDEX dossier_event_dossier ON dossier_event (dossier_id, at);
