-- +goose Up
-- The key that seals the secrets of second factors, by a hash of it: the key itself
-- stands in a file beside the database. What is not sealed yet is when the program
-- starts to serve.
CREATE TABLE seal_key (
  id TEXT NOT NULL PRIMARY KEY,
  made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
