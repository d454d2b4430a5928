-- +goose Up
-- The trail: who did what to which thing, when, from what to what. It only grows.
CREATE TABLE audit_entry (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  verb TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  object_id TEXT COLLATE "C" NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL,
  changes TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX audit_entry_object ON audit_entry (kind, object_id, at, id);
CREATE INDEX audit_entry_at ON audit_entry (at, id);
CREATE INDEX audit_entry_account ON audit_entry (account, at, id);
CREATE INDEX audit_entry_unit ON audit_entry (unit_id, at, id);

-- +goose StatementBegin
CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit trail only grows'; END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse();

-- The salt of the hashes that stand for personal values. Without its row they
-- say nothing: that is how a person is erased and the trail stays whole.
CREATE TABLE audit_salt (
  kind TEXT COLLATE "C" NOT NULL,
  object_id TEXT COLLATE "C" NOT NULL,
  salt BYTEA NOT NULL,
  PRIMARY KEY (kind, object_id)
);

CREATE TABLE account (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  login TEXT COLLATE "C" NOT NULL CONSTRAINT account_login UNIQUE,
  name TEXT COLLATE "C" NOT NULL,
  password TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  password_at BIGINT NOT NULL,
  disabled_at BIGINT
);

CREATE TABLE account_grant (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  role TEXT COLLATE "C" NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL,
  from_day INTEGER NOT NULL,
  to_day INTEGER,
  CHECK (to_day IS NULL OR to_day >= from_day)
);
CREATE INDEX account_grant_account ON account_grant (account_id, from_day);
CREATE INDEX account_grant_unit ON account_grant (unit_id);

-- Who is signed in, by the hash of the cookie's token.
CREATE TABLE session (
  token_hash BYTEA NOT NULL PRIMARY KEY,
  data BYTEA NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX session_expires ON session (expires_at);

-- Attempts to sign in, by the hash of a login and of an address.
CREATE TABLE sign_in_attempt (
  key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  count BIGINT NOT NULL,
  since BIGINT NOT NULL
);
CREATE INDEX sign_in_attempt_since ON sign_in_attempt (since);
