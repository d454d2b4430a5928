-- +goose Up
-- Notices (thông báo). Where the reading of facts has come to.
CREATE TABLE notice_cursor (
  name TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What an account was told in the product. A key is told once.
CREATE TABLE notice (
  account_id TEXT NOT NULL,
  id TEXT NOT NULL,
  key TEXT NOT NULL,
  event TEXT NOT NULL,
  link TEXT NOT NULL,
  vars TEXT NOT NULL,
  at INTEGER NOT NULL,
  read_at INTEGER,
  PRIMARY KEY (account_id, id),
  UNIQUE (account_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_unread ON notice (account_id) WHERE read_at IS NULL;
CREATE INDEX notice_at ON notice (at);

-- What leaves the program, and the log of it. No address stands here: it is read
-- from the dossier's person or the account's wish when it is sent.
CREATE TABLE notice_message (
  id TEXT NOT NULL PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  event TEXT NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'zalo')),
  account_id TEXT NOT NULL,
  dossier_id TEXT NOT NULL,
  code TEXT NOT NULL,
  lang TEXT NOT NULL,
  vars TEXT NOT NULL,
  masked TEXT NOT NULL,
  at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dead', 'stopped')),
  via TEXT NOT NULL,
  answer TEXT NOT NULL,
  version INTEGER NOT NULL,
  done_at INTEGER
) STRICT;
CREATE INDEX notice_message_next ON notice_message (channel, next_at) WHERE state = 'waiting';
CREATE INDEX notice_message_dead ON notice_message (id) WHERE state = 'dead';
CREATE INDEX notice_message_dossier ON notice_message (dossier_id, id);
CREATE INDEX notice_message_at ON notice_message (at);

-- Templates as people edited them; the latest version holds. A version without
-- text goes back to the product's own.
CREATE TABLE notice_template (
  event TEXT NOT NULL,
  channel TEXT NOT NULL,
  lang TEXT NOT NULL,
  version INTEGER NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  PRIMARY KEY (event, channel, lang, version)
) STRICT, WITHOUT ROWID;

-- What an account wants by e-mail.
CREATE TABLE notice_wish (
  account_id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  lang TEXT NOT NULL,
  events TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What an applicant said about notices of a dossier: agreed to a channel (1), or
-- wants none by it (0).
CREATE TABLE notice_say (
  dossier_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  wanted INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (dossier_id, channel)
) STRICT, WITHOUT ROWID;
