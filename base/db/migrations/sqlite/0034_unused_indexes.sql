-- +goose Up
-- Indexes that no statement uses, and every write kept.
DROP INDEX audit_entry_account;
DROP INDEX audit_entry_unit;
DROP INDEX dossier_accepted;
