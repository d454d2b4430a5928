-- +goose Up
-- Who somebody is at a provider of single sign-on (OpenID Connect): issuer and subject
-- together name a person there for good. An address of e-mail does not.
CREATE TABLE account_identity (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES account (id),
  made_at INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  used_at INTEGER,
  PRIMARY KEY (issuer, subject),
  CONSTRAINT account_identity_one UNIQUE (account_id, issuer)
) STRICT, WITHOUT ROWID;

-- People whom the provider knows and no account is linked with yet, as who keeps the
-- accounts sees them; forgotten after a month.
CREATE TABLE identity_waiting (
  id TEXT NOT NULL PRIMARY KEY,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  claimed TEXT NOT NULL,
  name TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  CONSTRAINT identity_waiting_one UNIQUE (issuer, subject)
) STRICT, WITHOUT ROWID;

-- Passkeys (WebAuthn): the public key with what the standard wants remembered of it.
-- blocked_at is when its counter went back: there may be a copy of the key.
CREATE TABLE account_passkey (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  credential BLOB NOT NULL CONSTRAINT account_passkey_one UNIQUE,
  name TEXT NOT NULL,
  record TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  used_at INTEGER,
  blocked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX account_passkey_account ON account_passkey (account_id);
