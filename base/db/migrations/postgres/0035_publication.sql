-- +goose Up
-- Published results of the PAR index (công bố kết quả chỉ số CCHC): a frozen copy,
-- of a round or of what others published. approved_at is empty for a proposal, which
-- alone may be thrown away; after that nothing changes it, and an amendment is a
-- publication of its own that names the one before.
CREATE TABLE publication (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  publisher TEXT NOT NULL,
  round_id TEXT COLLATE "C",
  year BIGINT NOT NULL,
  level TEXT NOT NULL,
  title TEXT NOT NULL,
  number TEXT NOT NULL,
  decided_day BIGINT,
  source TEXT NOT NULL,
  supersedes TEXT COLLATE "C" REFERENCES publication (id),
  reason TEXT NOT NULL,
  ties TEXT NOT NULL,
  decimals BIGINT NOT NULL,
  weighting TEXT NOT NULL,
  bands TEXT NOT NULL,
  mean BIGINT,
  stated BIGINT NOT NULL,
  sums TEXT NOT NULL,
  facts TEXT NOT NULL,
  set_ref TEXT NOT NULL,
  set_title TEXT NOT NULL,
  set_max BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  approved_at BIGINT,
  approved_by TEXT NOT NULL,
  CONSTRAINT publication_amended_once UNIQUE (supersedes)
);
CREATE INDEX publication_year ON publication (year, level);
CREATE UNIQUE INDEX publication_round ON publication (round_id) WHERE round_id IS NOT NULL AND supersedes IS NULL;

-- A unit's line. Points, index and changes are ten-thousandths; empty where nothing
-- was published. Each change has its reason: why it is not told, or a note to it.
CREATE TABLE publication_row (
  publication_id TEXT COLLATE "C" NOT NULL REFERENCES publication (id) ON DELETE CASCADE,
  ord BIGINT NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL,
  name TEXT NOT NULL,
  fold TEXT COLLATE "C" NOT NULL,
  block TEXT NOT NULL,
  score BIGINT,
  max BIGINT,
  index_percent BIGINT,
  place BIGINT NOT NULL,
  of_units BIGINT NOT NULL,
  shared BIGINT NOT NULL,
  band TEXT NOT NULL,
  band_by_hand BIGINT NOT NULL,
  missing BIGINT NOT NULL,
  note TEXT NOT NULL,
  d_points BIGINT,
  d_points_why TEXT NOT NULL,
  d_percent BIGINT,
  d_percent_why TEXT NOT NULL,
  d_rank BIGINT,
  d_rank_why TEXT NOT NULL,
  d_share BIGINT,
  d_share_why TEXT NOT NULL,
  d_unclear BIGINT,
  fields TEXT NOT NULL,
  leaves TEXT NOT NULL,
  PRIMARY KEY (publication_id, ord)
);
CREATE INDEX publication_row_unit ON publication_row (unit_id) WHERE unit_id <> '';
CREATE INDEX publication_row_fold ON publication_row (fold);

-- The draft of a plan to win back lost points (dự thảo kế hoạch khắc phục).
CREATE TABLE remedial_draft (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  publication_id TEXT COLLATE "C" NOT NULL REFERENCES publication (id),
  ord BIGINT NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  version BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  CONSTRAINT remedial_draft_once UNIQUE (publication_id, ord)
);

CREATE TABLE remedial_row (
  draft_id TEXT COLLATE "C" NOT NULL REFERENCES remedial_draft (id) ON DELETE CASCADE,
  ord BIGINT NOT NULL,
  leaf TEXT NOT NULL,
  name TEXT NOT NULL,
  lost BIGINT NOT NULL,
  action TEXT NOT NULL,
  owner TEXT NOT NULL,
  due_day BIGINT,
  PRIMARY KEY (draft_id, ord)
);
