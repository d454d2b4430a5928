-- +goose Up
-- Who somebody is at a provider of single sign-on (OpenID Connect): issuer and subject
-- together name a person there for good. An address of e-mail does not.
CREATE TABLE account_identity (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES account (id),
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  used_at BIGINT,
  PRIMARY KEY (issuer, subject),
  CONSTRAINT account_identity_one UNIQUE (account_id, issuer)
);

-- People whom the provider knows and no account is linked with yet, as who keeps the
-- accounts sees them; forgotten after a month.
CREATE TABLE identity_waiting (
  id TEXT NOT NULL PRIMARY KEY,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  claimed TEXT NOT NULL,
  name TEXT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  CONSTRAINT identity_waiting_one UNIQUE (issuer, subject)
);

-- Passkeys (WebAuthn): the public key with what the standard wants remembered of it.
-- blocked_at is when its counter went back: there may be a copy of the key.
CREATE TABLE account_passkey (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  credential BYTEA NOT NULL CONSTRAINT account_passkey_one UNIQUE,
  name TEXT NOT NULL,
  record TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  used_at BIGINT,
  blocked_at BIGINT
);
CREATE INDEX account_passkey_account ON account_passkey (account_id);
