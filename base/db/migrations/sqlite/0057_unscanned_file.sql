-- +goose Up
-- Files that were taken while the virus scanner could not be asked, and those among
-- them that were found to be infected and taken away.
CREATE TABLE unscanned_file (
  key TEXT NOT NULL PRIMARY KEY,
  size INTEGER NOT NULL,
  since INTEGER NOT NULL,
  found TEXT NOT NULL,
  found_at INTEGER
) STRICT, WITHOUT ROWID;
