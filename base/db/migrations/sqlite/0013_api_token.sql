-- +goose Up
-- Tokens by which programs call the API. Only a hash of the secret is kept.
CREATE TABLE api_token (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  secret_hash BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  used_at INTEGER
) STRICT;
CREATE INDEX api_token_account ON api_token (account_id, created_at);

-- Who may do what with a token is kept in memory until this moves. Triggers move
-- it, not verbs: no way of changing an account can be forgotten.
INSERT INTO epoch (name, value) VALUES ('auth', 1);
-- +goose StatementBegin
CREATE TRIGGER api_token_epoch AFTER UPDATE OF revoked_at, expires_at, scopes, unit_id, secret_hash ON api_token
BEGIN UPDATE epoch SET value = value + 1 WHERE name = 'auth'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_epoch AFTER UPDATE OF login, name, disabled_at ON account
BEGIN UPDATE epoch SET value = value + 1 WHERE name = 'auth'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_grant_epoch_insert AFTER INSERT ON account_grant
BEGIN UPDATE epoch SET value = value + 1 WHERE name = 'auth'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_grant_epoch_update AFTER UPDATE ON account_grant
BEGIN UPDATE epoch SET value = value + 1 WHERE name = 'auth'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_grant_epoch_delete AFTER DELETE ON account_grant
BEGIN UPDATE epoch SET value = value + 1 WHERE name = 'auth'; END;
-- +goose StatementEnd

-- What the API answered to a request with an Idempotency-Key. The row is made in
-- the write of the verb; the answer follows when it is known.
CREATE TABLE api_answer (
  account TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  at INTEGER NOT NULL,
  status INTEGER NOT NULL,
  location TEXT NOT NULL,
  body BLOB,
  PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_answer_at ON api_answer (at);
