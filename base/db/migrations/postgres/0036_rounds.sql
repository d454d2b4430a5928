-- +goose Up
-- Rounds of the PAR index (đợt đánh giá, xác định chỉ số CCHC): a criteria set, a
-- period, and the calendar of its stages.
CREATE TABLE round (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  name TEXT COLLATE "C" NOT NULL,
  basis TEXT COLLATE "C" NOT NULL,
  set_id TEXT COLLATE "C" NOT NULL REFERENCES criteria_set (id),
  level TEXT COLLATE "C" NOT NULL,
  year BIGINT NOT NULL,
  from_day BIGINT NOT NULL,
  to_day BIGINT NOT NULL,
  cutoff_day BIGINT NOT NULL,
  origin TEXT COLLATE "C" NOT NULL CHECK (origin IN ('here', 'file')),
  created_at BIGINT NOT NULL,
  created_by TEXT COLLATE "C" NOT NULL,
  measured_at BIGINT,
  approved_at BIGINT,
  approved_by TEXT COLLATE "C" NOT NULL DEFAULT '',
  decision TEXT COLLATE "C" NOT NULL DEFAULT '',
  decided_day BIGINT
);
CREATE INDEX round_unit ON round (unit_id, year);

-- Groups (khối) that are scored by a set of their own.
CREATE TABLE round_group (
  round_id TEXT COLLATE "C" NOT NULL REFERENCES round (id) ON DELETE CASCADE,
  block TEXT COLLATE "C" NOT NULL,
  set_id TEXT COLLATE "C" NOT NULL REFERENCES criteria_set (id),
  PRIMARY KEY (round_id, block)
);

-- A stage is open from opens up to and without closes; nothing else opens it but
-- a reopening.
CREATE TABLE round_stage (
  round_id TEXT COLLATE "C" NOT NULL REFERENCES round (id) ON DELETE CASCADE,
  stage TEXT COLLATE "C" NOT NULL CHECK (stage IN ('self', 'appraised1', 'explain', 'appraised2', 'council', 'approved', 'published')),
  opens BIGINT NOT NULL,
  closes BIGINT NOT NULL,
  PRIMARY KEY (round_id, stage),
  CHECK (closes > opens)
);

-- Of all sheets where sheet_id is ''.
CREATE TABLE round_reopening (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  round_id TEXT COLLATE "C" NOT NULL REFERENCES round (id) ON DELETE CASCADE,
  sheet_id TEXT COLLATE "C" NOT NULL,
  stage TEXT COLLATE "C" NOT NULL,
  until BIGINT NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX round_reopening_round ON round_reopening (round_id, at);

-- Who appraises which field (lĩnh vực) in which stage.
CREATE TABLE round_appraiser (
  round_id TEXT COLLATE "C" NOT NULL REFERENCES round (id) ON DELETE CASCADE,
  stage TEXT COLLATE "C" NOT NULL,
  field TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (round_id, stage, field, account)
);
CREATE INDEX round_appraiser_account ON round_appraiser (account, round_id);

-- A unit's sheet (phiếu chấm điểm): part_from to part_to is how long of the period
-- the unit existed.
CREATE TABLE sheet (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  round_id TEXT COLLATE "C" NOT NULL REFERENCES round (id) ON DELETE CASCADE,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  block TEXT COLLATE "C" NOT NULL,
  set_id TEXT COLLATE "C" NOT NULL REFERENCES criteria_set (id),
  part_from BIGINT NOT NULL,
  part_to BIGINT NOT NULL,
  note TEXT COLLATE "C" NOT NULL,
  handed_in_at BIGINT,
  first_in_at BIGINT,
  handed_in_by TEXT COLLATE "C" NOT NULL DEFAULT '',
  late_days BIGINT NOT NULL DEFAULT 0,
  removed_at BIGINT,
  removed_why TEXT COLLATE "C" NOT NULL DEFAULT '',
  CONSTRAINT sheet_once UNIQUE (round_id, unit_id)
);
CREATE INDEX sheet_unit ON sheet (unit_id, round_id);

-- What the product measured for a leaf, frozen at the round's cut-off.
CREATE TABLE sheet_measure (
  sheet_id TEXT COLLATE "C" NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,
  leaf TEXT COLLATE "C" NOT NULL,
  input TEXT COLLATE "C" NOT NULL,
  detail TEXT COLLATE "C" NOT NULL,
  taken_at BIGINT NOT NULL,
  PRIMARY KEY (sheet_id, leaf)
);

-- What a stage says of a leaf. Each stage has rows of its own, so none overwrites
-- another. input is empty where what was typed cannot be read yet; by_hand are
-- points that were given without an input.
CREATE TABLE score (
  sheet_id TEXT COLLATE "C" NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,
  leaf TEXT COLLATE "C" NOT NULL,
  stage TEXT COLLATE "C" NOT NULL CHECK (stage IN ('self', 'appraised1', 'appraised2', 'council', 'final')),
  version BIGINT NOT NULL,
  input TEXT COLLATE "C" NOT NULL,
  typed TEXT COLLATE "C" NOT NULL,
  by_hand BIGINT,
  note TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (sheet_id, leaf, stage)
);

-- Every change of a score, for ever: it outlives the round.
CREATE TABLE score_change (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  sheet_id TEXT COLLATE "C" NOT NULL,
  leaf TEXT COLLATE "C" NOT NULL,
  stage TEXT COLLATE "C" NOT NULL,
  from_input TEXT COLLATE "C" NOT NULL,
  to_input TEXT COLLATE "C" NOT NULL,
  from_points BIGINT,
  to_points BIGINT,
  why TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  behalf TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX score_change_sheet ON score_change (sheet_id, leaf, at);

-- +goose StatementBegin
CREATE FUNCTION score_change_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'changes of scores are only added to'; END $$;
-- +goose StatementEnd
CREATE TRIGGER score_change_no_change BEFORE UPDATE OR DELETE ON score_change
FOR EACH ROW EXECUTE FUNCTION score_change_refuse();
CREATE TRIGGER score_change_no_truncate BEFORE TRUNCATE ON score_change
FOR EACH STATEMENT EXECUTE FUNCTION score_change_refuse();

-- Requests for explanation (yêu cầu giải trình) of a leaf, and their answers.
CREATE TABLE score_question (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  sheet_id TEXT COLLATE "C" NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,
  leaf TEXT COLLATE "C" NOT NULL,
  question TEXT COLLATE "C" NOT NULL,
  asked_by TEXT COLLATE "C" NOT NULL,
  asked_at BIGINT NOT NULL,
  answer TEXT COLLATE "C" NOT NULL DEFAULT '',
  answered_by TEXT COLLATE "C" NOT NULL DEFAULT '',
  answered_at BIGINT
);
CREATE INDEX score_question_sheet ON score_question (sheet_id, leaf, asked_at);

-- Appeals (kiến nghị về điểm) after approval.
CREATE TABLE score_appeal (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  sheet_id TEXT COLLATE "C" NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,
  document TEXT COLLATE "C" NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  filed_by TEXT COLLATE "C" NOT NULL,
  filed_at BIGINT NOT NULL,
  decided_by TEXT COLLATE "C" NOT NULL DEFAULT '',
  decided_at BIGINT
);
CREATE INDEX score_appeal_sheet ON score_appeal (sheet_id, filed_at);

CREATE TABLE score_appeal_leaf (
  appeal_id TEXT COLLATE "C" NOT NULL REFERENCES score_appeal (id) ON DELETE CASCADE,
  leaf TEXT COLLATE "C" NOT NULL,
  claim TEXT COLLATE "C" NOT NULL,
  verdict TEXT COLLATE "C" NOT NULL DEFAULT '' CHECK (verdict IN ('', 'accepted', 'refused')),
  reason TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY (appeal_id, leaf)
);

-- Evidence (tài liệu kiểm chứng) stands apart from sets and rounds.
CREATE TABLE evidence (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  number TEXT COLLATE "C" NOT NULL,
  day BIGINT,
  issuer TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C" NOT NULL,
  pages BIGINT NOT NULL,
  note TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT COLLATE "C" NOT NULL
);
CREATE INDEX evidence_unit ON evidence (unit_id, created_at);

CREATE TABLE evidence_file (
  evidence_id TEXT COLLATE "C" NOT NULL REFERENCES evidence (id),
  ord BIGINT NOT NULL,
  file_key TEXT COLLATE "C" NOT NULL,
  file_name TEXT COLLATE "C" NOT NULL,
  file_type TEXT COLLATE "C" NOT NULL,
  file_size BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (evidence_id, ord)
);
CREATE INDEX evidence_file_key ON evidence_file (file_key);

-- What a document proves. The leaf's name and the year stay when the sheet goes:
-- next year's suggestions come from here.
CREATE TABLE evidence_link (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  evidence_id TEXT COLLATE "C" NOT NULL REFERENCES evidence (id),
  sheet_id TEXT COLLATE "C" REFERENCES sheet (id) ON DELETE SET NULL,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  year BIGINT NOT NULL,
  leaf TEXT COLLATE "C" NOT NULL,
  leaf_name TEXT COLLATE "C" NOT NULL,
  page BIGINT NOT NULL,
  note TEXT COLLATE "C" NOT NULL,
  stage TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  CONSTRAINT evidence_link_once UNIQUE (evidence_id, sheet_id, leaf)
);
CREATE INDEX evidence_link_sheet ON evidence_link (sheet_id, leaf);
CREATE INDEX evidence_link_unit ON evidence_link (unit_id, year);
