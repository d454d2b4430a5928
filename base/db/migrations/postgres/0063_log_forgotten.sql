-- +goose Up
-- What was co-signed here of a log is remembered whatever becomes of its keys. This says
-- where somebody let a log begin anew: what was co-signed up to then binds it no more.
CREATE TABLE log_forgotten (
  origin TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (origin, at)
);
CREATE TRIGGER log_forgotten_no_change BEFORE UPDATE OR DELETE ON log_forgotten
FOR EACH ROW EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_forgotten_no_truncate BEFORE TRUNCATE ON log_forgotten
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
