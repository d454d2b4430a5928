-- +goose Up
-- 1 while the password is one that somebody else chose: the account can do
-- nothing but change it.
ALTER TABLE account ADD COLUMN first_password INTEGER NOT NULL DEFAULT 0;

-- Which login a counter is of, hashed as the key of the login's own counter is: a
-- keeper can let somebody try again.
ALTER TABLE sign_in_attempt ADD COLUMN login_key TEXT NOT NULL DEFAULT '';
CREATE INDEX sign_in_attempt_login ON sign_in_attempt (login_key) WHERE login_key <> '';

-- Who signed in when, with what sort of browser. ended_at ends the session that
-- began then.
CREATE TABLE account_session (
  account_id TEXT NOT NULL REFERENCES account (id),
  at INTEGER NOT NULL,
  agent TEXT NOT NULL,
  ended_at INTEGER,
  PRIMARY KEY (account_id, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_session_at ON account_session (at);

-- Delegations (uỷ quyền): from_account lets to_account do verbs ('' for all) of a
-- role that it holds, in a unit, until to_day. Ended early by withdrawn_at.
CREATE TABLE delegation (
  id TEXT NOT NULL PRIMARY KEY,
  from_account TEXT NOT NULL REFERENCES account (id),
  to_account TEXT NOT NULL REFERENCES account (id),
  role TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  verbs TEXT NOT NULL,
  document TEXT NOT NULL,
  from_day INTEGER NOT NULL,
  to_day INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  withdrawn_at INTEGER,
  CHECK (to_day > from_day),
  CHECK (from_account <> to_account)
) STRICT;
CREATE INDEX delegation_from ON delegation (from_account, from_day);
CREATE INDEX delegation_to ON delegation (to_account, from_day);

-- In whose place an act was done; '' for one's own.
ALTER TABLE audit_entry ADD COLUMN on_behalf TEXT NOT NULL DEFAULT '';
ALTER TABLE dossier_fact ADD COLUMN on_behalf TEXT NOT NULL DEFAULT '';
