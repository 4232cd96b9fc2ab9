-- Which node has an attempt in hand, and until when one is looked into. On SQLite there is one node, of number 0; no
-- digest covers these columns.

-- +goose Up
ALTER TABLE transactions ADD COLUMN node_epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transactions ADD COLUMN claimed_until INTEGER;

-- A settlement ends an operation later than its place in the order of what happened to the card says.
CREATE INDEX transactions_settled ON transactions (card_print, service, chained) WHERE settlement IS NOT NULL AND card_print <> '';

-- The oldest program that may work with this schema, by the newest schema it knows. A migration that older programs
-- cannot live with raises it to its own number.
CREATE TABLE schema_floor (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    least INTEGER NOT NULL
) STRICT;

INSERT INTO schema_floor (id, least) VALUES (1, 9);
