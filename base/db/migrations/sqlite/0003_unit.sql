-- +goose Up
-- Levels are data: until 30/06/2025 a commune belongs to a district, from
-- 01/07/2025 to a province. kind: territory (ranked bodies), office, desk.
CREATE TABLE unit_level (
  code TEXT NOT NULL PRIMARY KEY,
  name_vi TEXT NOT NULL,
  name_en TEXT NOT NULL,
  ord INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('territory', 'office', 'desk'))
) STRICT;
INSERT INTO unit_level (code, name_vi, name_en, ord, kind) VALUES
  ('ministry', 'Bộ, cơ quan ngang bộ', 'Ministry', 5, 'office'),
  ('province', 'Tỉnh, thành phố', 'Province', 10, 'territory'),
  ('district', 'Huyện, quận, thị xã', 'District', 20, 'territory'),
  ('commune', 'Xã, phường, đặc khu', 'Commune', 30, 'territory'),
  ('department', 'Sở, phòng, cơ quan chuyên môn', 'Department', 40, 'office'),
  ('onestop', 'Bộ phận Một cửa', 'One-stop desk', 50, 'desk'),
  ('post', 'Điểm tiếp nhận', 'Reception post', 60, 'desk');

-- A unit is only its id: it survives renames and changes of level.
CREATE TABLE unit (
  id TEXT NOT NULL PRIMARY KEY,
  recorded_at INTEGER NOT NULL
) STRICT;

-- What a unit was from from_day up to and without to_day.
CREATE TABLE unit_version (
  unit_id TEXT NOT NULL REFERENCES unit (id),
  from_day INTEGER NOT NULL,
  to_day INTEGER,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  fold TEXT NOT NULL,
  level TEXT NOT NULL REFERENCES unit_level (code),
  parent_id TEXT REFERENCES unit (id),
  area_class TEXT NOT NULL,
  block TEXT NOT NULL,
  PRIMARY KEY (unit_id, from_day),
  CHECK (to_day IS NULL OR to_day > from_day)
) STRICT;
-- No two units have the same code at the end of time; the overlap of closed
-- versions is checked in the write.
CREATE UNIQUE INDEX unit_version_code ON unit_version (code) WHERE to_day IS NULL;

CREATE TABLE unit_event (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('create', 'rename', 'merge', 'split', 'dissolve',
    'change_level', 'change_parent', 'change_code', 'change_facts')),
  day INTEGER NOT NULL,
  basis TEXT NOT NULL,
  note TEXT NOT NULL,
  account TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  told_at INTEGER -- when the other rooms were told; an event that lies ahead waits
) STRICT;
CREATE INDEX unit_event_untold ON unit_event (day) WHERE told_at IS NULL;

-- Where what is open in a unit goes; without to_unit a person chooses.
CREATE TABLE unit_move (
  event_id TEXT NOT NULL REFERENCES unit_event (id),
  from_unit TEXT NOT NULL REFERENCES unit (id),
  to_unit TEXT REFERENCES unit (id),
  PRIMARY KEY (event_id, from_unit)
) STRICT;

-- Which units an event touched.
CREATE TABLE unit_event_unit (
  event_id TEXT NOT NULL REFERENCES unit_event (id),
  unit_id TEXT NOT NULL REFERENCES unit (id),
  PRIMARY KEY (unit_id, event_id)
) STRICT;

-- What became of a unit; share in ten-thousandths of from_unit.
CREATE TABLE unit_lineage (
  event_id TEXT NOT NULL REFERENCES unit_event (id),
  from_unit TEXT NOT NULL REFERENCES unit (id),
  to_unit TEXT NOT NULL REFERENCES unit (id),
  share INTEGER NOT NULL CHECK (share > 0 AND share <= 10000),
  PRIMARY KEY (event_id, from_unit, to_unit)
) STRICT;

-- The closure of the versions, each unit within itself included: who lay under
-- whom, and when. Kept in the write that changes the versions.
CREATE TABLE unit_reach (
  ancestor_id TEXT NOT NULL REFERENCES unit (id),
  unit_id TEXT NOT NULL REFERENCES unit (id),
  from_day INTEGER NOT NULL,
  to_day INTEGER,
  PRIMARY KEY (ancestor_id, unit_id, from_day)
) STRICT;
CREATE INDEX unit_reach_unit ON unit_reach (unit_id, ancestor_id);
