-- +goose Up
-- Changes of settings, each kept: from from_day on the unit's value is value
-- (what 'set'), or that of the unit above ('inherit'); 'withdraw' takes back the
-- change of that day. Unit '' is the whole installation.
CREATE TABLE setting_value (
  name TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  from_day INTEGER NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('set', 'inherit', 'withdraw')),
  value TEXT NOT NULL,
  reason TEXT NOT NULL,
  account TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (name, unit_id, seq)
) STRICT, WITHOUT ROWID;

-- Those of the counter come here; who set them is in the trail.
INSERT INTO setting_value (name, unit_id, seq, from_day, what, value, reason, account, at)
SELECT 'counter.' || name, unit_id, 1, 0, 'set', CASE WHEN name <> 'turn_kiosk' THEN CAST(value AS TEXT) WHEN value = 0 THEN 'off' ELSE 'on' END, '', '', 0 FROM counter_setting;
DROP TABLE counter_setting;
