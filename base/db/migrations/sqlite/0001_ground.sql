-- +goose Up
-- Which cached tables changed, and how often: see db.Cache.
CREATE TABLE epoch (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;
