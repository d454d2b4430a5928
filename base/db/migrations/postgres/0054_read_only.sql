-- +goose Up
-- Grants that ended because their unit did: their holders may still read.
CREATE TABLE grant_ended (
  grant_id TEXT NOT NULL PRIMARY KEY REFERENCES account_grant (id),
  at BIGINT NOT NULL
);

-- From which networks the sessions of an account are used, for a few days: what is
-- used at once from several may be shared.
CREATE TABLE account_session_seen (
  account_id TEXT NOT NULL REFERENCES account (id),
  at BIGINT NOT NULL,
  network TEXT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, at, network)
);
