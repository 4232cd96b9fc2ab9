-- The vendor response table: what a provider's code means to the OMS.

-- +goose Up
CREATE TABLE vendor_responses (
    service      TEXT    NOT NULL CHECK (service <> ''),
    operation    TEXT    NOT NULL, -- '' for any
    source       TEXT    NOT NULL CHECK (source IN ('error_code', 'reason_code', 'response_code', 'transport')),
    code         TEXT    NOT NULL CHECK (code <> ''),
    vendor       TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    outcome      TEXT    NOT NULL CHECK (outcome IN ('approved', 'partial', 'declined', 'undefined', 'unavailable', 'unknown')),
    attempts     INTEGER,
    hold_reason  TEXT    NOT NULL,
    hold_days    INTEGER,
    days_between INTEGER,
    cancel       INTEGER NOT NULL CHECK (cancel IN (0, 1)),
    messages     TEXT    NOT NULL CHECK (json_valid(messages)),
    updated      INTEGER NOT NULL,
    PRIMARY KEY (service, operation, source, code)
) STRICT, WITHOUT ROWID;
