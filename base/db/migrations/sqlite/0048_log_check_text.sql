-- +goose Up
-- What the check of the log found first, in words.
ALTER TABLE log_check ADD COLUMN first_text TEXT NOT NULL DEFAULT '';
