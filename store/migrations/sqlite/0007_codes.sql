-- The search for answers by the provider's code, newest first. Operation and outcome stand last so that a search by them
-- too reads no row in vain.

-- +goose Up
CREATE INDEX transactions_code ON transactions (code, created, id, operation, outcome) WHERE code <> '';
