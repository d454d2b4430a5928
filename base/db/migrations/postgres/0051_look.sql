-- +goose Up
-- Who looked at what: one row per person, thing, day and kind of look, however often
-- they looked. It is a log aside from the audit trail, written after the answer, and
-- goes when its time is over. Of numbers that were opened the trail has an entry too.
CREATE TABLE look (
  object_id TEXT COLLATE "C" NOT NULL,
  day BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  on_behalf TEXT COLLATE "C" NOT NULL,
  token TEXT COLLATE "C" NOT NULL,
  what TEXT COLLATE "C" NOT NULL CHECK (what IN ('opened', 'numbers', 'paper', 'printed')),
  purpose TEXT COLLATE "C" NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  times BIGINT NOT NULL,
  PRIMARY KEY (object_id, day, account, on_behalf, token, what, purpose)
);
CREATE INDEX look_day ON look (day);

-- Files in which people of many dossiers left the product, and which dossiers were
-- in them. numbers: with identity numbers, phones and addresses.
CREATE TABLE look_export (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  on_behalf TEXT COLLATE "C" NOT NULL,
  token TEXT COLLATE "C" NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL,
  list TEXT COLLATE "C" NOT NULL,
  filter TEXT COLLATE "C" NOT NULL,
  format TEXT COLLATE "C" NOT NULL,
  quantity BIGINT NOT NULL,
  numbers BIGINT NOT NULL,
  purpose TEXT COLLATE "C" NOT NULL
);
CREATE INDEX look_export_at ON look_export (at);
CREATE TABLE look_export_item (
  object_id TEXT COLLATE "C" NOT NULL,
  export_id TEXT COLLATE "C" NOT NULL REFERENCES look_export (id),
  PRIMARY KEY (object_id, export_id)
);
CREATE INDEX look_export_item_of ON look_export_item (export_id);

-- For what people may open numbers that pages mask. A purpose that is no longer
-- used is retired; what was noted with it keeps its words.
CREATE TABLE look_purpose (
  code TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  ord BIGINT NOT NULL,
  vi TEXT COLLATE "C" NOT NULL,
  en TEXT COLLATE "C" NOT NULL,
  retired_at BIGINT
);
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
