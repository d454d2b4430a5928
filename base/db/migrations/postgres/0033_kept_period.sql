-- +goose Up
-- The figures of periods as they were counted: for a province of a million
-- dossiers to be counted once. Whatever stands here can be counted again.
CREATE TABLE kept_period (
  from_day BIGINT NOT NULL,
  to_day BIGINT NOT NULL,
  known BIGINT NOT NULL,   -- as known then; 0 is as known now
  up_to BIGINT NOT NULL,   -- what was entered until then is counted
  changed BIGINT NOT NULL, -- the up_to with which cells last changed
  rules TEXT NOT NULL,
  cells BYTEA NOT NULL,
  PRIMARY KEY (from_day, to_day, known)
);
