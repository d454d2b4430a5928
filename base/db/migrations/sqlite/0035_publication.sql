-- +goose Up
-- Published results of the PAR index (công bố kết quả chỉ số CCHC): a frozen copy,
-- of a round or of what others published. approved_at is empty for a proposal, which
-- alone may be thrown away; after that nothing changes it, and an amendment is a
-- publication of its own that names the one before.
CREATE TABLE publication (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  publisher TEXT NOT NULL,
  round_id TEXT,
  year INTEGER NOT NULL,
  level TEXT NOT NULL,
  title TEXT NOT NULL,
  number TEXT NOT NULL,
  decided_day INTEGER,
  source TEXT NOT NULL,
  supersedes TEXT REFERENCES publication (id),
  reason TEXT NOT NULL,
  ties TEXT NOT NULL,
  decimals INTEGER NOT NULL,
  weighting TEXT NOT NULL,
  bands TEXT NOT NULL,
  mean INTEGER,
  stated INTEGER NOT NULL,
  sums TEXT NOT NULL,
  facts TEXT NOT NULL,
  set_ref TEXT NOT NULL,
  set_title TEXT NOT NULL,
  set_max INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  approved_at INTEGER,
  approved_by TEXT NOT NULL,
  CONSTRAINT publication_amended_once UNIQUE (supersedes)
) STRICT;
CREATE INDEX publication_year ON publication (year, level);
CREATE UNIQUE INDEX publication_round ON publication (round_id) WHERE round_id IS NOT NULL AND supersedes IS NULL;

-- A unit's line. Points, index and changes are ten-thousandths; empty where nothing
-- was published. Each change has its reason: why it is not told, or a note to it.
CREATE TABLE publication_row (
  publication_id TEXT NOT NULL REFERENCES publication (id) ON DELETE CASCADE,
  ord INTEGER NOT NULL,
  unit_id TEXT NOT NULL,
  name TEXT NOT NULL,
  fold TEXT NOT NULL,
  block TEXT NOT NULL,
  score INTEGER,
  max INTEGER,
  index_percent INTEGER,
  place INTEGER NOT NULL,
  of_units INTEGER NOT NULL,
  shared INTEGER NOT NULL,
  band TEXT NOT NULL,
  band_by_hand INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  note TEXT NOT NULL,
  d_points INTEGER,
  d_points_why TEXT NOT NULL,
  d_percent INTEGER,
  d_percent_why TEXT NOT NULL,
  d_rank INTEGER,
  d_rank_why TEXT NOT NULL,
  d_share INTEGER,
  d_share_why TEXT NOT NULL,
  d_unclear INTEGER,
  fields TEXT NOT NULL,
  leaves TEXT NOT NULL,
  PRIMARY KEY (publication_id, ord)
) STRICT, WITHOUT ROWID;
CREATE INDEX publication_row_unit ON publication_row (unit_id) WHERE unit_id <> '';
CREATE INDEX publication_row_fold ON publication_row (fold);

-- The draft of a plan to win back lost points (dự thảo kế hoạch khắc phục).
CREATE TABLE remedial_draft (
  id TEXT NOT NULL PRIMARY KEY,
  publication_id TEXT NOT NULL REFERENCES publication (id),
  ord INTEGER NOT NULL,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  version INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  changed_by TEXT NOT NULL,
  CONSTRAINT remedial_draft_once UNIQUE (publication_id, ord)
) STRICT;

CREATE TABLE remedial_row (
  draft_id TEXT NOT NULL REFERENCES remedial_draft (id) ON DELETE CASCADE,
  ord INTEGER NOT NULL,
  leaf TEXT NOT NULL,
  name TEXT NOT NULL,
  lost INTEGER NOT NULL,
  action TEXT NOT NULL,
  owner TEXT NOT NULL,
  due_day INTEGER,
  PRIMARY KEY (draft_id, ord)
) STRICT, WITHOUT ROWID;
