-- +goose Up
-- Tokens by which programs call the API. Only a hash of the secret is kept.
CREATE TABLE api_token (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  name TEXT COLLATE "C" NOT NULL,
  scopes TEXT COLLATE "C" NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL,
  secret_hash BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  used_at BIGINT
);
CREATE INDEX api_token_account ON api_token (account_id, created_at);

-- Who may do what with a token is kept in memory until this moves. Triggers move
-- it, not verbs: no way of changing an account can be forgotten.
INSERT INTO epoch (name, value) VALUES ('auth', 1);
-- +goose StatementBegin
CREATE FUNCTION auth_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE epoch SET value = value + 1 WHERE name = 'auth'; RETURN NULL; END $$;
-- +goose StatementEnd
CREATE TRIGGER api_token_epoch AFTER UPDATE OF revoked_at, expires_at, scopes, unit_id, secret_hash ON api_token
FOR EACH STATEMENT EXECUTE FUNCTION auth_epoch();
CREATE TRIGGER account_epoch AFTER UPDATE OF login, name, disabled_at ON account
FOR EACH STATEMENT EXECUTE FUNCTION auth_epoch();
CREATE TRIGGER account_grant_epoch AFTER INSERT OR UPDATE OR DELETE ON account_grant
FOR EACH STATEMENT EXECUTE FUNCTION auth_epoch();

-- What the API answered to a request with an Idempotency-Key. The row is made in
-- the write of the verb; the answer follows when it is known.
CREATE TABLE api_answer (
  account TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  fingerprint BYTEA NOT NULL,
  at BIGINT NOT NULL,
  status BIGINT NOT NULL,
  location TEXT COLLATE "C" NOT NULL,
  body BYTEA,
  PRIMARY KEY (account, key)
);
CREATE INDEX api_answer_at ON api_answer (at);
