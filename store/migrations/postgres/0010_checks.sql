-- The migration of this number is for SQLite alone.

-- +goose Up
SELECT 1;
