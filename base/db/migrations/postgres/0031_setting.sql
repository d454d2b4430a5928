-- +goose Up
-- Changes of settings, each kept: from from_day on the unit's value is value
-- (what 'set'), or that of the unit above ('inherit'); 'withdraw' takes back the
-- change of that day. Unit '' is the whole installation.
CREATE TABLE setting_value (
  name TEXT COLLATE "C" NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  from_day BIGINT NOT NULL,
  what TEXT COLLATE "C" NOT NULL CHECK (what IN ('set', 'inherit', 'withdraw')),
  value TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (name, unit_id, seq)
);

-- Those of the counter come here; who set them is in the trail.
INSERT INTO setting_value (name, unit_id, seq, from_day, what, value, reason, account, at)
SELECT 'counter.' || name, unit_id, 1, 0, 'set', CASE WHEN name <> 'turn_kiosk' THEN CAST(value AS TEXT) WHEN value = 0 THEN 'off' ELSE 'on' END, '', '', 0 FROM counter_setting;
DROP TABLE counter_setting;
