-- +goose Up
-- Books (sổ): the forms of TT 03/2025/TT-VPCP, annex I, are numbered per unit,
-- form and year without gaps. A number is taken in the write that makes the fact
-- which issues the form, and is never given again.
CREATE TABLE form_book (
  unit_id TEXT NOT NULL REFERENCES unit (id),
  form TEXT NOT NULL,
  year INTEGER NOT NULL,
  last INTEGER NOT NULL,
  -- What the closing page says; NULL while the book is open.
  closed_at INTEGER,
  closed_by TEXT NOT NULL DEFAULT '',
  closed_voided INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (unit_id, form, year)
) STRICT, WITHOUT ROWID;

CREATE TABLE form_issue (
  unit_id TEXT NOT NULL,
  form TEXT NOT NULL,
  year INTEGER NOT NULL,
  number INTEGER NOT NULL,
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  seq INTEGER NOT NULL,
  for_year INTEGER NOT NULL, -- the year of the act, when its own book was closed; else 0
  upgraded INTEGER NOT NULL, -- 1: issued before books were kept, numbered in order of time
  voided_at INTEGER,
  PRIMARY KEY (unit_id, form, year, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX form_issue_fact ON form_issue (dossier_id, seq);

-- What was issued before is numbered once, in order of time: dossiers of this
-- system only, for the others' forms stand in the books of those who issued them.
INSERT INTO form_issue (unit_id, form, year, number, dossier_id, seq, for_year, upgraded, voided_at)
SELECT x.unit_id, x.form, x.year,
  ROW_NUMBER() OVER (PARTITION BY x.unit_id, x.form, x.year ORDER BY x.at, x.recorded_at, x.dossier_id, x.seq),
  x.dossier_id, x.seq, 0, 1, x.voided_at
FROM (
  SELECT
    CASE WHEN f.kind = 'accepted' THEN f.unit_id ELSE COALESCE((
      SELECT w.unit_id FROM dossier_fact w
      WHERE w.dossier_id = f.dossier_id AND w.kind IN ('registered', 'accepted', 'transferred') AND w.at <= f.at
      ORDER BY w.at DESC, w.seq DESC LIMIT 1), d.unit_id) END AS unit_id,
    CASE f.kind WHEN 'accepted' THEN '01' WHEN 'supplement_asked' THEN '02' WHEN 'apologised' THEN '04' WHEN 'stopped' THEN '05' ELSE '03' END AS form,
    CAST(strftime('%Y', f.at / 1000 + 25200, 'unixepoch') AS INTEGER) AS year,
    f.at, f.recorded_at, f.dossier_id, f.seq,
    (SELECT MIN(c.recorded_at) FROM dossier_fact c WHERE c.dossier_id = f.dossier_id AND c.kind = 'corrected' AND c.ref = f.seq) AS voided_at
  FROM dossier_fact f
  JOIN dossier d ON d.id = f.dossier_id
  WHERE d.system = '' AND f.kind IN ('accepted', 'supplement_asked', 'not_accepted', 'refused', 'apologised', 'stopped')
) x;

INSERT INTO form_book (unit_id, form, year, last)
SELECT unit_id, form, year, MAX(number) FROM form_issue GROUP BY unit_id, form, year;
