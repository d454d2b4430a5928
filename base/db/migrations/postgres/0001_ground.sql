-- +goose Up
-- Which cached tables changed, and how often: see db.Cache.
CREATE TABLE epoch (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);
