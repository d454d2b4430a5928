-- +goose Up
-- What other systems told of their dossiers. A dossier's facts follow from all of
-- its events by the time at which they happened.
CREATE TABLE dossier_event (
  system TEXT NOT NULL,
  event TEXT NOT NULL,
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 10),
  at INTEGER NOT NULL,
  due INTEGER,
  refused INTEGER NOT NULL,
  reason TEXT NOT NULL,
  document TEXT NOT NULL,
  return_by TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (system, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX dossier_event_dossier ON dossier_event (dossier_id, at);
