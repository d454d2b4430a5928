-- +goose Up
-- The log of the trail: a Merkle tree over salted hashes of its entries, with signed
-- checkpoints, so that what an administrator changes behind the program shows.

-- Entries that are not in the log yet. Those that were there before this upgrade
-- enter it in batches, while the program runs.
CREATE TABLE log_pending (
  entry_id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO log_pending (entry_id) SELECT id FROM audit_entry ORDER BY id;
-- +goose StatementBegin
CREATE TRIGGER audit_entry_pends AFTER INSERT ON audit_entry
BEGIN INSERT INTO log_pending (entry_id) VALUES (NEW.id); END;
-- +goose StatementEnd

-- The leaves in their order. salt is that of the entry's text; it goes when a person is
-- erased from the text, and log_erased keeps the text's hash.
CREATE TABLE log_leaf (
  idx INTEGER NOT NULL PRIMARY KEY,
  entry_id TEXT NOT NULL CONSTRAINT log_leaf_entry UNIQUE,
  salt BLOB,
  hash BLOB NOT NULL
) STRICT;
CREATE TABLE log_erased (
  entry_id TEXT NOT NULL PRIMARY KEY,
  text_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Inner nodes of the tree at every fourth level: the others follow from at most
-- sixteen of these.
CREATE TABLE log_node (
  level INTEGER NOT NULL,
  n INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

-- What was signed, and what others co-signed of it.
CREATE TABLE log_checkpoint (
  size INTEGER NOT NULL,
  at INTEGER NOT NULL,
  signed TEXT NOT NULL,
  PRIMARY KEY (size, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_cosignature (
  size INTEGER NOT NULL,
  at INTEGER NOT NULL,
  public TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (size, at, public),
  FOREIGN KEY (size, at) REFERENCES log_checkpoint (size, at)
) STRICT, WITHOUT ROWID;

-- Public keys of this log, each from a size of it on; how: first, rotated (the one
-- before signed it in), or lost (the one before was not there to do that).
CREATE TABLE log_key (
  public TEXT NOT NULL PRIMARY KEY,
  from_size INTEGER NOT NULL,
  at INTEGER NOT NULL,
  how TEXT NOT NULL CHECK (how IN ('first', 'rotated', 'lost'))
) STRICT;

-- Whose co-signatures count (role cosigner), and of which logs checkpoints are
-- co-signed here (role log).
CREATE TABLE log_party (
  id TEXT NOT NULL PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('cosigner', 'log')),
  public TEXT NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  ended_at INTEGER,
  CONSTRAINT log_party_public UNIQUE (role, public)
) STRICT;
-- What was co-signed here of other logs.
CREATE TABLE log_witnessed (
  party_id TEXT NOT NULL REFERENCES log_party (id),
  size INTEGER NOT NULL,
  at INTEGER NOT NULL,
  signed TEXT NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (party_id, size, at)
) STRICT, WITHOUT ROWID;

-- When the whole log was checked, and what was found first.
CREATE TABLE log_check (
  started_at INTEGER NOT NULL PRIMARY KEY,
  finished_at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  erased INTEGER NOT NULL,
  wrong INTEGER NOT NULL,
  first_number INTEGER,
  first_entry TEXT NOT NULL,
  first_what TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER log_erased_no_update BEFORE UPDATE ON log_erased
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_erased_no_delete BEFORE DELETE ON log_erased
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_node_no_update BEFORE UPDATE ON log_node
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_node_no_delete BEFORE DELETE ON log_node
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_checkpoint_no_update BEFORE UPDATE ON log_checkpoint
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_checkpoint_no_delete BEFORE DELETE ON log_checkpoint
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_cosignature_no_update BEFORE UPDATE ON log_cosignature
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_cosignature_no_delete BEFORE DELETE ON log_cosignature
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_key_no_update BEFORE UPDATE ON log_key
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_key_no_delete BEFORE DELETE ON log_key
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_witnessed_no_update BEFORE UPDATE ON log_witnessed
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_witnessed_no_delete BEFORE DELETE ON log_witnessed
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_leaf_no_delete BEFORE DELETE ON log_leaf
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_leaf_no_update BEFORE UPDATE ON log_leaf
WHEN NEW.idx <> OLD.idx OR NEW.entry_id <> OLD.entry_id OR NEW.hash <> OLD.hash OR NEW.salt IS NOT NULL
  OR NOT EXISTS (SELECT 1 FROM log_erased x WHERE x.entry_id = OLD.entry_id)
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
-- +goose StatementEnd
