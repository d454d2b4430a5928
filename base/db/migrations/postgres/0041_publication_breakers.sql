-- +goose Up
-- What tells equal units apart where no rank is given twice: codes of fields and
-- criteria in the order in which they are asked.
ALTER TABLE publication ADD COLUMN breakers TEXT NOT NULL DEFAULT '';
