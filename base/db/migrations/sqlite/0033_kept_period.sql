-- +goose Up
-- The figures of periods as they were counted: for a province of a million
-- dossiers to be counted once. Whatever stands here can be counted again.
CREATE TABLE kept_period (
  from_day INTEGER NOT NULL,
  to_day INTEGER NOT NULL,
  known INTEGER NOT NULL,   -- as known then; 0 is as known now
  up_to INTEGER NOT NULL,   -- what was entered until then is counted
  changed INTEGER NOT NULL, -- the up_to with which cells last changed
  rules TEXT NOT NULL,
  cells BLOB NOT NULL,
  PRIMARY KEY (from_day, to_day, known)
) STRICT;
