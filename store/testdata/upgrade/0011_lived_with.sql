-- Made up: what programs that do not know it can live with.

-- +goose Up
ALTER TABLE transactions ADD COLUMN colour TEXT NOT NULL DEFAULT '';
