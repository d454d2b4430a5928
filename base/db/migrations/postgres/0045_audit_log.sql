-- +goose Up
-- The log of the trail: a Merkle tree over salted hashes of its entries, with signed
-- checkpoints, so that what an administrator changes behind the program shows.

-- Entries that are not in the log yet. Those that were there before this upgrade
-- enter it in batches, while the program runs.
CREATE TABLE log_pending (
  entry_id TEXT COLLATE "C" NOT NULL PRIMARY KEY
);
INSERT INTO log_pending (entry_id) SELECT id FROM audit_entry ORDER BY id;
-- +goose StatementBegin
CREATE FUNCTION audit_entry_pend() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO log_pending (entry_id) VALUES (NEW.id); RETURN NULL; END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_entry_pends AFTER INSERT ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_entry_pend();

-- The leaves in their order. salt is that of the entry's text; it goes when a person is
-- erased from the text, and log_erased keeps the text's hash.
CREATE TABLE log_leaf (
  idx BIGINT NOT NULL PRIMARY KEY,
  entry_id TEXT COLLATE "C" NOT NULL CONSTRAINT log_leaf_entry UNIQUE,
  salt BYTEA,
  hash BYTEA NOT NULL
);
CREATE TABLE log_erased (
  entry_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  text_hash BYTEA NOT NULL
);

-- Inner nodes of the tree at every fourth level: the others follow from at most
-- sixteen of these.
CREATE TABLE log_node (
  level INTEGER NOT NULL,
  n BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (level, n)
);

-- What was signed, and what others co-signed of it.
CREATE TABLE log_checkpoint (
  size BIGINT NOT NULL,
  at BIGINT NOT NULL,
  signed TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (size, at)
);
CREATE TABLE log_cosignature (
  size BIGINT NOT NULL,
  at BIGINT NOT NULL,
  public TEXT COLLATE "C" NOT NULL,
  made_at BIGINT NOT NULL,
  line TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (size, at, public),
  FOREIGN KEY (size, at) REFERENCES log_checkpoint (size, at)
);

-- Public keys of this log, each from a size of it on; how: first, rotated (the one
-- before signed it in), or lost (the one before was not there to do that).
CREATE TABLE log_key (
  public TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  from_size BIGINT NOT NULL,
  at BIGINT NOT NULL,
  how TEXT COLLATE "C" NOT NULL CHECK (how IN ('first', 'rotated', 'lost'))
);

-- Whose co-signatures count (role cosigner), and of which logs checkpoints are
-- co-signed here (role log).
CREATE TABLE log_party (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  role TEXT COLLATE "C" NOT NULL CHECK (role IN ('cosigner', 'log')),
  public TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  ended_at BIGINT,
  CONSTRAINT log_party_public UNIQUE (role, public)
);
-- What was co-signed here of other logs.
CREATE TABLE log_witnessed (
  party_id TEXT COLLATE "C" NOT NULL REFERENCES log_party (id),
  size BIGINT NOT NULL,
  at BIGINT NOT NULL,
  signed TEXT COLLATE "C" NOT NULL,
  line TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (party_id, size, at)
);

-- When the whole log was checked, and what was found first.
CREATE TABLE log_check (
  started_at BIGINT NOT NULL PRIMARY KEY,
  finished_at BIGINT NOT NULL,
  size BIGINT NOT NULL,
  erased BIGINT NOT NULL,
  wrong BIGINT NOT NULL,
  first_number BIGINT,
  first_entry TEXT COLLATE "C" NOT NULL,
  first_what TEXT COLLATE "C" NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log only grows'; END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION log_leaf_erase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.salt IS NULL AND (NEW.idx, NEW.entry_id, NEW.hash) = (OLD.idx, OLD.entry_id, OLD.hash)
    AND EXISTS (SELECT 1 FROM log_erased x WHERE x.entry_id = OLD.entry_id) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the log only grows';
END $$;
-- +goose StatementEnd
CREATE TRIGGER log_leaf_no_change BEFORE UPDATE OR DELETE ON log_leaf
FOR EACH ROW EXECUTE FUNCTION log_leaf_erase();
CREATE TRIGGER log_leaf_no_truncate BEFORE TRUNCATE ON log_leaf
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_erased_no_change BEFORE UPDATE OR DELETE ON log_erased
FOR EACH ROW EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_erased_no_truncate BEFORE TRUNCATE ON log_erased
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_node_no_change BEFORE UPDATE OR DELETE ON log_node
FOR EACH ROW EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_node_no_truncate BEFORE TRUNCATE ON log_node
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_checkpoint_no_change BEFORE UPDATE OR DELETE ON log_checkpoint
FOR EACH ROW EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_checkpoint_no_truncate BEFORE TRUNCATE ON log_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_cosignature_no_change BEFORE UPDATE OR DELETE ON log_cosignature
FOR EACH ROW EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_cosignature_no_truncate BEFORE TRUNCATE ON log_cosignature
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_key_no_change BEFORE UPDATE OR DELETE ON log_key
FOR EACH ROW EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_key_no_truncate BEFORE TRUNCATE ON log_key
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_witnessed_no_change BEFORE UPDATE OR DELETE ON log_witnessed
FOR EACH ROW EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_witnessed_no_truncate BEFORE TRUNCATE ON log_witnessed
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
