-- The vendor response table in versions: what is published never changes, what is edited is a draft.

-- +goose Up
CREATE TABLE code_versions (
    service        TEXT    NOT NULL CHECK (service <> ''),
    number         INTEGER NOT NULL CHECK (number >= 1), -- 1, 2, 3, ... of the service
    published      INTEGER NOT NULL,
    actor          TEXT    NOT NULL CHECK (actor <> ''),
    reason         TEXT    NOT NULL,
    base           INTEGER NOT NULL CHECK (base BETWEEN 0 AND number - 1),           -- version that it was made from
    rolled_back_to INTEGER NOT NULL CHECK (rolled_back_to BETWEEN 0 AND number - 1), -- version whose rules these are again
    chained        INTEGER NOT NULL,                     -- number of its row in the chain
    rules          TEXT    NOT NULL CHECK (json_valid(rules)), -- last, so that a list of versions need not read it
    PRIMARY KEY (service, number)
) STRICT;

CREATE TABLE code_drafts (
    service TEXT    NOT NULL PRIMARY KEY CHECK (service <> ''),
    base    INTEGER NOT NULL CHECK (base >= 0),
    etag    TEXT    NOT NULL CHECK (etag <> ''),
    editors TEXT    NOT NULL CHECK (json_valid(editors)),
    updated INTEGER NOT NULL,
    rules   TEXT    NOT NULL CHECK (json_valid(rules))
) STRICT;

-- Open gives these their rows in the chain.
INSERT INTO code_versions (service, number, published, actor, reason, base, rolled_back_to, chained, rules)
SELECT service, 1, max(updated), 'svcgate:upgrade', 'The table from before it had versions', 0, 0, 0,
    json_group_array(json_object('operation', operation, 'source', source, 'code', code, 'vendor', vendor,
        'description', description, 'outcome', outcome, 'attempts', attempts, 'hold_reason', hold_reason, 'hold_days', hold_days,
        'days_between', days_between, 'cancel', json(iif(cancel, 'true', 'false')), 'messages', json(messages), 'updated', updated)
        ORDER BY operation, source, code)
FROM vendor_responses GROUP BY service;

DROP TABLE vendor_responses;

-- Which version told the OMS what to do; 0 when none was asked, and from before there were versions.
ALTER TABLE transactions ADD COLUMN codes_version INTEGER NOT NULL DEFAULT 0 CHECK (codes_version >= 0);

-- +goose StatementBegin
CREATE TRIGGER versions_stay BEFORE UPDATE ON code_versions WHEN OLD.chained <> 0
BEGIN SELECT RAISE(ABORT, 'versions are only added'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER versions_keep BEFORE DELETE ON code_versions BEGIN SELECT RAISE(ABORT, 'versions are only added'); END;
-- +goose StatementEnd
