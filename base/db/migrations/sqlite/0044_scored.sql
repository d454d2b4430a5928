-- +goose Up
-- What criteria sets of the PAR index count of what was received: by which way, and
-- whether it was entered on its day. 256 and 512 are marks: handed over by post, and
-- entered on a later day than it happened. 25200000 ms are the seven hours of
-- Vietnam's clock, 86400000 a day.
UPDATE dossier SET marks = marks + 256
WHERE returned_at IS NOT NULL AND id IN (
  SELECT f.dossier_id
  FROM dossier_fact f
  WHERE f.kind = 'returned' AND f.how = 'post'
  AND NOT EXISTS (SELECT 1 FROM dossier_fact c WHERE c.dossier_id = f.dossier_id AND c.kind = 'corrected' AND c.ref = f.seq)
  AND NOT EXISTS (SELECT 1 FROM dossier_fact c WHERE c.dossier_id = f.dossier_id AND c.kind = 'voided' AND c.seq > f.seq));
UPDATE dossier SET marks = marks + 512
WHERE accepted_at IS NOT NULL AND id IN (
  SELECT f.dossier_id
  FROM dossier_fact f
  WHERE f.kind = 'accepted' AND (f.recorded_at + 25200000) / 86400000 > (f.at + 25200000) / 86400000
  AND NOT EXISTS (SELECT 1 FROM dossier_fact c WHERE c.dossier_id = f.dossier_id AND c.kind = 'corrected' AND c.ref = f.seq)
  AND NOT EXISTS (SELECT 1 FROM dossier_fact c WHERE c.dossier_id = f.dossier_id AND c.kind = 'voided' AND c.seq > f.seq));
CREATE INDEX dossier_asked_again ON dossier (unit_id) WHERE supplements > 1;

ALTER TABLE tally_month ADD COLUMN postal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tally_month ADD COLUMN entered_later INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tally_procedure ADD COLUMN e_result INTEGER NOT NULL DEFAULT 0;
-- Whatever was received has a row of its month: the last that begins by its day.
INSERT INTO tally_month (unit_id, month, received, online, e_result, digitised, reused, population, synced, obliged, paid_online,
  displeased, timed, timed_ok, postal, entered_later)
SELECT x.unit_id, x.month, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, SUM(x.postal), SUM(x.later)
FROM (
  SELECT d.promised_unit_id AS unit_id,
    (SELECT MAX(m.month) FROM tally_month m WHERE m.unit_id = d.promised_unit_id AND m.month <= d.accepted_day) AS month,
    CASE WHEN d.channel = 'post' OR (d.marks & 256) <> 0 THEN 1 ELSE 0 END AS postal,
    CASE WHEN (d.marks & 512) <> 0 AND d.system = '' THEN 1 ELSE 0 END AS later
  FROM dossier d
  WHERE d.accepted_at IS NOT NULL AND (d.channel = 'post' OR (d.marks & 768) <> 0)
) x
WHERE x.month IS NOT NULL
GROUP BY x.unit_id, x.month
ON CONFLICT (unit_id, month) DO UPDATE SET postal = excluded.postal, entered_later = excluded.entered_later;
INSERT INTO tally_procedure (unit_id, month, procedure_code, received, online, population, obliged, paid_online, ended, ended_in_time, e_result)
SELECT x.unit_id, x.month, x.procedure_code, 0, 0, 0, 0, 0, 0, 0, COUNT(*)
FROM (
  SELECT d.promised_unit_id AS unit_id, d.procedure_code,
    (SELECT MAX(m.month) FROM tally_month m WHERE m.unit_id = d.promised_unit_id AND m.month <= d.accepted_day) AS month
  FROM dossier d
  WHERE d.accepted_at IS NOT NULL AND (d.marks & 1) <> 0
) x
WHERE x.month IS NOT NULL
GROUP BY x.unit_id, x.month, x.procedure_code
ON CONFLICT (unit_id, month, procedure_code) DO UPDATE SET e_result = excluded.e_result;
