-- Tokens of programs and people; of the text only its SHA-256 is kept.

-- +goose Up
CREATE TABLE tokens (
    name    TEXT    NOT NULL PRIMARY KEY CHECK (name <> ''),
    hash    TEXT    NOT NULL UNIQUE CHECK (length(hash) = 64),
    role    TEXT    NOT NULL CHECK (role IN ('oms', 'operator', 'admin', 'tester')),
    created INTEGER NOT NULL,
    revoked INTEGER
) STRICT, WITHOUT ROWID;
