-- +goose Up
-- Sessions that a provider of single sign-on let in: it may end them.
CREATE TABLE account_session_sso (
  account_id TEXT NOT NULL REFERENCES account (id),
  at INTEGER NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  sid TEXT NOT NULL,
  PRIMARY KEY (account_id, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_session_sso_subject ON account_session_sso (issuer, subject);
CREATE INDEX account_session_sso_sid ON account_session_sso (issuer, sid);

-- Logout tokens that came within the last hour: each is good once.
CREATE TABLE sso_logout (
  issuer TEXT NOT NULL,
  jti TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (issuer, jti)
) STRICT, WITHOUT ROWID;
