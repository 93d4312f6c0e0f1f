-- +goose Up
-- ISO 3166 code; empty is the installation's.
ALTER TABLE projects ADD COLUMN country TEXT NOT NULL DEFAULT '';
