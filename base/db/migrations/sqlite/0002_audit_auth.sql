-- +goose Up
-- The trail: who did what to which thing, when, from what to what. It only grows.
CREATE TABLE audit_entry (
  id TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  verb TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  changes TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX audit_entry_object ON audit_entry (kind, object_id, at, id);
CREATE INDEX audit_entry_at ON audit_entry (at, id);
CREATE INDEX audit_entry_account ON audit_entry (account, at, id);
CREATE INDEX audit_entry_unit ON audit_entry (unit_id, at, id);

-- +goose StatementBegin
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END;
-- +goose StatementEnd

-- The salt of the hashes that stand for personal values. Without its row they
-- say nothing: that is how a person is erased and the trail stays whole.
CREATE TABLE audit_salt (
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  salt BLOB NOT NULL,
  PRIMARY KEY (kind, object_id)
) STRICT;

CREATE TABLE account (
  id TEXT NOT NULL PRIMARY KEY,
  login TEXT NOT NULL CONSTRAINT account_login UNIQUE,
  name TEXT NOT NULL,
  password TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  password_at INTEGER NOT NULL,
  disabled_at INTEGER
) STRICT;

CREATE TABLE account_grant (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  role TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  from_day INTEGER NOT NULL,
  to_day INTEGER,
  CHECK (to_day IS NULL OR to_day >= from_day)
) STRICT;
CREATE INDEX account_grant_account ON account_grant (account_id, from_day);
CREATE INDEX account_grant_unit ON account_grant (unit_id);

-- Who is signed in, by the hash of the cookie's token.
CREATE TABLE session (
  token_hash BLOB NOT NULL PRIMARY KEY,
  data BLOB NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_expires ON session (expires_at);

-- Attempts to sign in, by the hash of a login and of an address.
CREATE TABLE sign_in_attempt (
  key TEXT NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL,
  since INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_attempt_since ON sign_in_attempt (since);
