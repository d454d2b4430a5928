-- +goose Up
-- Rounds of the PAR index (đợt đánh giá, xác định chỉ số CCHC): a criteria set, a
-- period, and the calendar of its stages.
CREATE TABLE round (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  name TEXT NOT NULL,
  basis TEXT NOT NULL,
  set_id TEXT NOT NULL REFERENCES criteria_set (id),
  level TEXT NOT NULL,
  year INTEGER NOT NULL,
  from_day INTEGER NOT NULL,
  to_day INTEGER NOT NULL,
  cutoff_day INTEGER NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('here', 'file')),
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  measured_at INTEGER,
  approved_at INTEGER,
  approved_by TEXT NOT NULL DEFAULT '',
  decision TEXT NOT NULL DEFAULT '',
  decided_day INTEGER
) STRICT;
CREATE INDEX round_unit ON round (unit_id, year);

-- Groups (khối) that are scored by a set of their own.
CREATE TABLE round_group (
  round_id TEXT NOT NULL REFERENCES round (id) ON DELETE CASCADE,
  block TEXT NOT NULL,
  set_id TEXT NOT NULL REFERENCES criteria_set (id),
  PRIMARY KEY (round_id, block)
) STRICT, WITHOUT ROWID;

-- A stage is open from opens up to and without closes; nothing else opens it but
-- a reopening.
CREATE TABLE round_stage (
  round_id TEXT NOT NULL REFERENCES round (id) ON DELETE CASCADE,
  stage TEXT NOT NULL CHECK (stage IN ('self', 'appraised1', 'explain', 'appraised2', 'council', 'approved', 'published')),
  opens INTEGER NOT NULL,
  closes INTEGER NOT NULL,
  PRIMARY KEY (round_id, stage),
  CHECK (closes > opens)
) STRICT, WITHOUT ROWID;

-- Of all sheets where sheet_id is ''.
CREATE TABLE round_reopening (
  id TEXT NOT NULL PRIMARY KEY,
  round_id TEXT NOT NULL REFERENCES round (id) ON DELETE CASCADE,
  sheet_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  until INTEGER NOT NULL,
  reason TEXT NOT NULL,
  account TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX round_reopening_round ON round_reopening (round_id, at);

-- Who appraises which field (lĩnh vực) in which stage.
CREATE TABLE round_appraiser (
  round_id TEXT NOT NULL REFERENCES round (id) ON DELETE CASCADE,
  stage TEXT NOT NULL,
  field TEXT NOT NULL,
  account TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (round_id, stage, field, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX round_appraiser_account ON round_appraiser (account, round_id);

-- A unit's sheet (phiếu chấm điểm): part_from to part_to is how long of the period
-- the unit existed.
CREATE TABLE sheet (
  id TEXT NOT NULL PRIMARY KEY,
  round_id TEXT NOT NULL REFERENCES round (id) ON DELETE CASCADE,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  block TEXT NOT NULL,
  set_id TEXT NOT NULL REFERENCES criteria_set (id),
  part_from INTEGER NOT NULL,
  part_to INTEGER NOT NULL,
  note TEXT NOT NULL,
  handed_in_at INTEGER,
  first_in_at INTEGER,
  handed_in_by TEXT NOT NULL DEFAULT '',
  late_days INTEGER NOT NULL DEFAULT 0,
  removed_at INTEGER,
  removed_why TEXT NOT NULL DEFAULT '',
  CONSTRAINT sheet_once UNIQUE (round_id, unit_id)
) STRICT;
CREATE INDEX sheet_unit ON sheet (unit_id, round_id);

-- What the product measured for a leaf, frozen at the round's cut-off.
CREATE TABLE sheet_measure (
  sheet_id TEXT NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,
  leaf TEXT NOT NULL,
  input TEXT NOT NULL,
  detail TEXT NOT NULL,
  taken_at INTEGER NOT NULL,
  PRIMARY KEY (sheet_id, leaf)
) STRICT, WITHOUT ROWID;

-- What a stage says of a leaf. Each stage has rows of its own, so none overwrites
-- another. input is empty where what was typed cannot be read yet; by_hand are
-- points that were given without an input.
CREATE TABLE score (
  sheet_id TEXT NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,
  leaf TEXT NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('self', 'appraised1', 'appraised2', 'council', 'final')),
  version INTEGER NOT NULL,
  input TEXT NOT NULL,
  typed TEXT NOT NULL,
  by_hand INTEGER,
  note TEXT NOT NULL,
  account TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (sheet_id, leaf, stage)
) STRICT, WITHOUT ROWID;

-- Every change of a score, for ever: it outlives the round.
CREATE TABLE score_change (
  id TEXT NOT NULL PRIMARY KEY,
  sheet_id TEXT NOT NULL,
  leaf TEXT NOT NULL,
  stage TEXT NOT NULL,
  from_input TEXT NOT NULL,
  to_input TEXT NOT NULL,
  from_points INTEGER,
  to_points INTEGER,
  why TEXT NOT NULL,
  account TEXT NOT NULL,
  behalf TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX score_change_sheet ON score_change (sheet_id, leaf, at);

-- +goose StatementBegin
CREATE TRIGGER score_change_no_update BEFORE UPDATE ON score_change
BEGIN SELECT RAISE(ABORT, 'changes of scores are only added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER score_change_no_delete BEFORE DELETE ON score_change
BEGIN SELECT RAISE(ABORT, 'changes of scores are only added to'); END;
-- +goose StatementEnd

-- Requests for explanation (yêu cầu giải trình) of a leaf, and their answers.
CREATE TABLE score_question (
  id TEXT NOT NULL PRIMARY KEY,
  sheet_id TEXT NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,
  leaf TEXT NOT NULL,
  question TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  answer TEXT NOT NULL DEFAULT '',
  answered_by TEXT NOT NULL DEFAULT '',
  answered_at INTEGER
) STRICT;
CREATE INDEX score_question_sheet ON score_question (sheet_id, leaf, asked_at);

-- Appeals (kiến nghị về điểm) after approval.
CREATE TABLE score_appeal (
  id TEXT NOT NULL PRIMARY KEY,
  sheet_id TEXT NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,
  document TEXT NOT NULL,
  text TEXT NOT NULL,
  filed_by TEXT NOT NULL,
  filed_at INTEGER NOT NULL,
  decided_by TEXT NOT NULL DEFAULT '',
  decided_at INTEGER
) STRICT;
CREATE INDEX score_appeal_sheet ON score_appeal (sheet_id, filed_at);

CREATE TABLE score_appeal_leaf (
  appeal_id TEXT NOT NULL REFERENCES score_appeal (id) ON DELETE CASCADE,
  leaf TEXT NOT NULL,
  claim TEXT NOT NULL,
  verdict TEXT NOT NULL DEFAULT '' CHECK (verdict IN ('', 'accepted', 'refused')),
  reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (appeal_id, leaf)
) STRICT, WITHOUT ROWID;

-- Evidence (tài liệu kiểm chứng) stands apart from sets and rounds.
CREATE TABLE evidence (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  number TEXT NOT NULL,
  day INTEGER,
  issuer TEXT NOT NULL,
  title TEXT NOT NULL,
  pages INTEGER NOT NULL,
  note TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
) STRICT;
CREATE INDEX evidence_unit ON evidence (unit_id, created_at);

CREATE TABLE evidence_file (
  evidence_id TEXT NOT NULL REFERENCES evidence (id),
  ord INTEGER NOT NULL,
  file_key TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file_type TEXT NOT NULL,
  file_size INTEGER NOT NULL,
  account TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (evidence_id, ord)
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_file_key ON evidence_file (file_key);

-- What a document proves. The leaf's name and the year stay when the sheet goes:
-- next year's suggestions come from here.
CREATE TABLE evidence_link (
  id TEXT NOT NULL PRIMARY KEY,
  evidence_id TEXT NOT NULL REFERENCES evidence (id),
  sheet_id TEXT REFERENCES sheet (id) ON DELETE SET NULL,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  year INTEGER NOT NULL,
  leaf TEXT NOT NULL,
  leaf_name TEXT NOT NULL,
  page INTEGER NOT NULL,
  note TEXT NOT NULL,
  stage TEXT NOT NULL,
  account TEXT NOT NULL,
  at INTEGER NOT NULL,
  CONSTRAINT evidence_link_once UNIQUE (evidence_id, sheet_id, leaf)
) STRICT;
CREATE INDEX evidence_link_sheet ON evidence_link (sheet_id, leaf);
CREATE INDEX evidence_link_unit ON evidence_link (unit_id, year);
