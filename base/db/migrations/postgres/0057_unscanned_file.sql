-- +goose Up
-- Files that were taken while the virus scanner could not be asked, and those among
-- them that were found to be infected and taken away.
CREATE TABLE unscanned_file (
  key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  size BIGINT NOT NULL,
  since BIGINT NOT NULL,
  found TEXT COLLATE "C" NOT NULL,
  found_at BIGINT
);
