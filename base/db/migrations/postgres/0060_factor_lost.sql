-- +goose Up
-- Accounts whose application shows digits that nobody can check any more, for the key
-- that sealed its secret was lost: a second step is asked for all the same (a recovery
-- code, a passkey), until a new second factor is set up.
CREATE TABLE account_factor_lost (
  account_id TEXT NOT NULL PRIMARY KEY REFERENCES account (id),
  at BIGINT NOT NULL
);
