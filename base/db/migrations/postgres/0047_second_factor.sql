-- +goose Up
-- The second factor of an account: the secret that it shares with an application,
-- and the hashes of recovery codes. step is the last period whose code was used, so
-- that no code is good twice.
CREATE TABLE account_factor (
  account_id TEXT NOT NULL PRIMARY KEY REFERENCES account (id),
  secret TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  confirmed_at BIGINT,
  step BIGINT NOT NULL
);

CREATE TABLE account_recovery (
  account_id TEXT NOT NULL REFERENCES account (id),
  hash TEXT NOT NULL,
  used_at BIGINT,
  PRIMARY KEY (account_id, hash)
);
