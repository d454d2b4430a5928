-- +goose Up
-- Who looked at what: one row per person, thing, day and kind of look, however often
-- they looked. It is a log aside from the audit trail, written after the answer, and
-- goes when its time is over. Of numbers that were opened the trail has an entry too.
CREATE TABLE look (
  object_id TEXT NOT NULL,
  day INTEGER NOT NULL,
  account TEXT NOT NULL,
  on_behalf TEXT NOT NULL,
  token TEXT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('opened', 'numbers', 'paper', 'printed')),
  purpose TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  times INTEGER NOT NULL,
  PRIMARY KEY (object_id, day, account, on_behalf, token, what, purpose)
) STRICT, WITHOUT ROWID;
CREATE INDEX look_day ON look (day);

-- Files in which people of many dossiers left the product, and which dossiers were
-- in them. numbers: with identity numbers, phones and addresses.
CREATE TABLE look_export (
  id TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  on_behalf TEXT NOT NULL,
  token TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  list TEXT NOT NULL,
  filter TEXT NOT NULL,
  format TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  numbers INTEGER NOT NULL,
  purpose TEXT NOT NULL
) STRICT;
CREATE INDEX look_export_at ON look_export (at);
CREATE TABLE look_export_item (
  object_id TEXT NOT NULL,
  export_id TEXT NOT NULL REFERENCES look_export (id),
  PRIMARY KEY (object_id, export_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX look_export_item_of ON look_export_item (export_id);

-- For what people may open numbers that pages mask. A purpose that is no longer
-- used is retired; what was noted with it keeps its words.
CREATE TABLE look_purpose (
  code TEXT NOT NULL PRIMARY KEY,
  ord INTEGER NOT NULL,
  vi TEXT NOT NULL,
  en TEXT NOT NULL,
  retired_at INTEGER
) STRICT;
INSERT INTO look_purpose (code, ord, vi, en) VALUES
  ('counter', 10, 'Đối chiếu người nộp tại quầy', 'Check the applicant at the counter'),
  ('process', 20, 'Thẩm tra, giải quyết hồ sơ', 'Examine and settle the dossier'),
  ('result', 30, 'Ghi vào kết quả hoặc văn bản của hồ sơ', 'Write it into the result or a letter of the dossier'),
  ('contact', 40, 'Liên hệ người nộp về hồ sơ', 'Reach the applicant about the dossier'),
  ('correct', 50, 'Kiểm tra, sửa dữ liệu ghi sai', 'Check and correct what was noted wrongly'),
  ('complaint', 60, 'Giải quyết phản ánh, khiếu nại, tố cáo', 'Answer a complaint or denunciation'),
  ('inspection', 70, 'Thanh tra, kiểm tra', 'Inspection'),
  ('subject', 80, 'Trả lời yêu cầu của chủ thể dữ liệu', 'Answer a request of the data subject'),
  ('other', 1000, 'Khác', 'Other');
