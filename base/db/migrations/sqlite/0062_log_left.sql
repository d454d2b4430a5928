-- +goose Up
-- Of entries out of which words were taken: the salt of the hash of what is left. The
-- hash stands in the entry of the act that erased, which is in the log.
CREATE TABLE log_left (
  entry_id TEXT NOT NULL PRIMARY KEY,
  salt BLOB NOT NULL
) STRICT, WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER log_left_no_delete BEFORE DELETE ON log_left
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
