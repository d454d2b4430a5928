-- +goose Up
-- Notices (thông báo). Where the reading of facts has come to.
CREATE TABLE notice_cursor (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL
);

-- What an account was told in the product. A key is told once.
CREATE TABLE notice (
  account_id TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  event TEXT COLLATE "C" NOT NULL,
  link TEXT COLLATE "C" NOT NULL,
  vars TEXT NOT NULL,
  at BIGINT NOT NULL,
  read_at BIGINT,
  PRIMARY KEY (account_id, id),
  UNIQUE (account_id, key)
);
CREATE INDEX notice_unread ON notice (account_id) WHERE read_at IS NULL;
CREATE INDEX notice_at ON notice (at);

-- What leaves the program, and the log of it. No address stands here: it is read
-- from the dossier's person or the account's wish when it is sent.
CREATE TABLE notice_message (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  key TEXT COLLATE "C" NOT NULL UNIQUE,
  event TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C" NOT NULL CHECK (channel IN ('email', 'sms', 'zalo')),
  account_id TEXT COLLATE "C" NOT NULL,
  dossier_id TEXT COLLATE "C" NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  lang TEXT COLLATE "C" NOT NULL,
  vars TEXT NOT NULL,
  masked TEXT NOT NULL,
  at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'sent', 'dead', 'stopped')),
  via TEXT COLLATE "C" NOT NULL,
  answer TEXT NOT NULL,
  version BIGINT NOT NULL,
  done_at BIGINT
);
CREATE INDEX notice_message_next ON notice_message (channel, next_at) WHERE state = 'waiting';
CREATE INDEX notice_message_dead ON notice_message (id) WHERE state = 'dead';
CREATE INDEX notice_message_dossier ON notice_message (dossier_id, id);
CREATE INDEX notice_message_at ON notice_message (at);

-- Templates as people edited them; the latest version holds. A version without
-- text goes back to the product's own.
CREATE TABLE notice_template (
  event TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C" NOT NULL,
  lang TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (event, channel, lang, version)
);

-- What an account wants by e-mail.
CREATE TABLE notice_wish (
  account_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  lang TEXT COLLATE "C" NOT NULL,
  events TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL
);

-- What an applicant said about notices of a dossier: agreed to a channel (1), or
-- wants none by it (0).
CREATE TABLE notice_say (
  dossier_id TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C" NOT NULL,
  wanted BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (dossier_id, channel)
);
