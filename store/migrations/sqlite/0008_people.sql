-- People who sign in at the console, their one-time links and sessions, and failed sign-ins.
-- Of links and sessions only hashes are kept, of passwords argon2id, of second factors what the keys sealed.

-- +goose Up
ALTER TABLE tokens RENAME TO tokens_before;

-- As before, with the further roles: SQLite cannot change a CHECK.
CREATE TABLE tokens (
    name    TEXT    NOT NULL PRIMARY KEY CHECK (name <> ''),
    hash    TEXT    NOT NULL UNIQUE CHECK (length(hash) = 64),
    role    TEXT    NOT NULL CHECK (role IN ('oms', 'tester', 'viewer', 'operator', 'code-editor', 'approver', 'admin')),
    created INTEGER NOT NULL,
    revoked INTEGER
) STRICT, WITHOUT ROWID;

INSERT INTO tokens (name, hash, role, created, revoked) SELECT name, hash, role, created, revoked FROM tokens_before;
DROP TABLE tokens_before;

-- The first group of columns is chained, the second is not.
CREATE TABLE people (
    name         TEXT    NOT NULL PRIMARY KEY CHECK (name <> ''),
    full_name    TEXT    NOT NULL,
    roles        TEXT    NOT NULL CHECK (json_valid(roles)),
    created      INTEGER NOT NULL,
    disabled     INTEGER,
    password     TEXT    NOT NULL, -- '' for none
    password_set INTEGER,
    totp         BLOB,

    totp_pending BLOB,             -- before its first code was given
    totp_used    INTEGER NOT NULL, -- number of the last code taken
    last_seen    INTEGER,
    CHECK ((password = '') = (password_set IS NULL))
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER people_keep BEFORE DELETE ON people BEGIN SELECT RAISE(ABORT, 'people are never deleted'); END;
-- +goose StatementEnd

CREATE TABLE links (
    hash    TEXT    NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    kind    TEXT    NOT NULL CHECK (kind IN ('bootstrap', 'invite', 'reset')),
    person  TEXT    NOT NULL UNIQUE CHECK ((person = '') = (kind = 'bootstrap')),
    made_by TEXT    NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An ended session stays until it would have expired: a request that was under way does not bring it back.
CREATE TABLE sessions (
    token   TEXT    NOT NULL PRIMARY KEY, -- its hash
    person  TEXT    NOT NULL,             -- '' before sign-in
    origin  TEXT    NOT NULL,             -- the address it was begun from
    started INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    ended   INTEGER NOT NULL CHECK (ended IN (0, 1)),
    data    BLOB    NOT NULL
) STRICT;

CREATE INDEX sessions_person ON sessions (person, started);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE sign_in_failures (
    key   TEXT    NOT NULL PRIMARY KEY CHECK (length(key) = 64), -- hash of the name that was given
    count INTEGER NOT NULL CHECK (count > 0),
    last  INTEGER NOT NULL,
    until INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_failures_last ON sign_in_failures (last);
