-- The journal: one row an attempt, and its masked exchange.
-- Amounts are whole minor units with their ISO 4217 currency, '' for none. Instants are microseconds since 1970 UTC.

-- +goose Up
PRAGMA application_id = 1937138535; -- 'svcg'

CREATE TABLE transactions (
    id                   TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    caller               TEXT    NOT NULL,
    idempotency_key      TEXT    NOT NULL,
    content              TEXT    NOT NULL,
    operation            TEXT    NOT NULL CHECK (operation IN ('generate', 'activate', 'recharge', 'inquire', 'authorize', 'deposit', 'return', 'void')),
    service              TEXT    NOT NULL CHECK (service <> ''),
    order_number         TEXT    NOT NULL,
    sequence             INTEGER NOT NULL CHECK (sequence >= 0),
    last4                TEXT    NOT NULL CHECK (length(last4) IN (0, 4)),
    card_print           TEXT    NOT NULL,
    sealed               BLOB,
    kind                 TEXT    NOT NULL CHECK (kind IN ('', 'physical', 'virtual')),
    authorization_id     TEXT    NOT NULL,
    requested_minor      INTEGER NOT NULL CHECK (requested_minor >= 0),
    requested_currency   TEXT    NOT NULL CHECK (length(requested_currency) IN (0, 3)),
    state                TEXT    NOT NULL,
    outcome              TEXT    NOT NULL,
    accepted             INTEGER NOT NULL CHECK (accepted IN (0, 1)),
    source               TEXT    NOT NULL CHECK (source IN ('', 'error_code', 'reason_code', 'response_code', 'transport')),
    code                 TEXT    NOT NULL,
    description          TEXT    NOT NULL,
    amount_minor         INTEGER NOT NULL CHECK (amount_minor >= 0),
    amount_currency      TEXT    NOT NULL CHECK (length(amount_currency) IN (0, 3)),
    balance_minor        INTEGER NOT NULL CHECK (balance_minor >= 0),
    balance_currency     TEXT    NOT NULL CHECK (length(balance_currency) IN (0, 3)),
    hold_rest_minor      INTEGER NOT NULL CHECK (hold_rest_minor >= 0),
    hold_rest_currency   TEXT    NOT NULL CHECK (length(hold_rest_currency) IN (0, 3)),
    card_status          TEXT    NOT NULL,
    account_id           TEXT    NOT NULL,
    account_status       TEXT    NOT NULL,
    account_type         TEXT    NOT NULL,
    provider_transaction TEXT    NOT NULL,
    auth_number          TEXT    NOT NULL,
    provider_time        TEXT    NOT NULL, -- RFC 3339, the provider's own offset kept
    vendor               TEXT    CHECK (vendor IS NULL OR json_valid(vendor)),
    class                TEXT    NOT NULL CHECK (class IN ('', 'not_sent', 'sent_no_reply', 'reply_unreadable', 'fault', 'mismatch', 'answered')),
    failure              TEXT    NOT NULL,
    created              INTEGER NOT NULL,
    finished             INTEGER,
    CHECK (CASE state
        WHEN 'sent'       THEN outcome = ''        AND finished IS NULL
        WHEN 'unresolved' THEN outcome = 'unknown' AND finished IS NULL
        WHEN 'final'      THEN outcome IN ('approved', 'partial', 'declined', 'undefined', 'unavailable') AND finished IS NOT NULL
        ELSE 0 END)
) STRICT;

-- Reserves the key of a caller for ever. The key stands first: the index also serves the search for a key of any caller.
CREATE UNIQUE INDEX transactions_key ON transactions (idempotency_key, caller) WHERE idempotency_key <> '';

CREATE INDEX transactions_created ON transactions (created, id);
CREATE INDEX transactions_order ON transactions (order_number, service);
CREATE INDEX transactions_last4 ON transactions (last4, created, id);
CREATE INDEX transactions_operation ON transactions (operation, created, id);
CREATE INDEX transactions_open ON transactions (state, created, id) WHERE state <> 'final';
CREATE INDEX transactions_outcome ON transactions (outcome, created, id) WHERE outcome NOT IN ('', 'approved');
CREATE INDEX transactions_provider ON transactions (provider_transaction, service) WHERE provider_transaction <> '';
CREATE INDEX transactions_authorization ON transactions (authorization_id, service) WHERE authorization_id <> '';
CREATE INDEX transactions_generated ON transactions (created) WHERE operation = 'generate' AND sealed IS NOT NULL;

CREATE TABLE exchanges (
    transaction_id TEXT    NOT NULL PRIMARY KEY REFERENCES transactions (id),
    class          TEXT    NOT NULL CHECK (class IN ('not_sent', 'sent_no_reply', 'reply_unreadable', 'fault', 'mismatch', 'answered')),
    sent           BLOB,
    received       BLOB,
    failure        TEXT    NOT NULL,
    started        INTEGER NOT NULL,
    took           INTEGER NOT NULL, -- nanoseconds
    status         INTEGER NOT NULL
) STRICT;

-- One row that is written to find out whether the disk still takes writes (see writer.go, settle).
CREATE TABLE fence (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    count INTEGER NOT NULL
) STRICT;

INSERT INTO fence (id, count) VALUES (1, 0);
