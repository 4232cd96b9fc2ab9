-- Made up: what programs that do not know it cannot live with.

-- +goose Up
ALTER TABLE transactions ADD COLUMN colour TEXT NOT NULL DEFAULT '';
UPDATE schema_floor SET least = 11;
