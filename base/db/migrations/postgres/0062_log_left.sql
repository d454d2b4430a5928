-- +goose Up
-- Of entries out of which words were taken: the salt of the hash of what is left. The
-- hash stands in the entry of the act that erased, which is in the log.
CREATE TABLE log_left (
  entry_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  salt BYTEA NOT NULL
);
CREATE TRIGGER log_left_no_change BEFORE DELETE ON log_left
FOR EACH ROW EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_left_no_truncate BEFORE TRUNCATE ON log_left
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
