-- +goose Up
-- How long the window of a counter of attempts lasts, in milliseconds: each that was
-- filled makes the next longer.
ALTER TABLE sign_in_attempt ADD COLUMN wait BIGINT NOT NULL DEFAULT 900000;
