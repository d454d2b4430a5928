-- +goose Up
-- What was co-signed here of a log is remembered whatever becomes of its keys. This says
-- where somebody let a log begin anew: what was co-signed up to then binds it no more.
CREATE TABLE log_forgotten (
  origin TEXT NOT NULL,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (origin, at)
) STRICT, WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER log_forgotten_no_update BEFORE UPDATE ON log_forgotten
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_forgotten_no_delete BEFORE DELETE ON log_forgotten
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
