-- The chain: what changed, in order, each row sealed with the one before (see chain.go). Records are only ever added.

-- +goose Up
CREATE TABLE chain (
    seq     INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3, ...
    at      INTEGER NOT NULL,
    kind    TEXT    NOT NULL CHECK (kind IN ('adopt', 'begin', 'finish', 'look', 'desk', 'settle', 'send', 'recover', 'wake', 'forget', 'audit', 'codes', 'tokens')),
    subject TEXT    NOT NULL, -- the transaction's id; the service of codes; '' otherwise
    part    INTEGER NOT NULL, -- number of the exchange or reading that came with the change; 0 for none
    digest  BLOB    NOT NULL CHECK (length(digest) = 32), -- of the subject after the change
    record  BLOB    NOT NULL CHECK (length(record) IN (0, 32)), -- of the exchange or reading
    hash    BLOB    NOT NULL CHECK (length(hash) = 32)  -- SHA-256 over the hash before and this row
) STRICT;

-- What people and svcgate did besides operations.
CREATE TABLE audit (
    seq     INTEGER NOT NULL PRIMARY KEY, -- of its row in the chain
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL CHECK (actor <> ''),
    action  TEXT    NOT NULL CHECK (action <> ''),
    subject TEXT    NOT NULL,
    detail  TEXT    NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER chain_stays     BEFORE UPDATE ON chain        BEGIN SELECT RAISE(ABORT, 'the chain is only added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER chain_keeps     BEFORE DELETE ON chain        BEGIN SELECT RAISE(ABORT, 'the chain is only added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_stays     BEFORE UPDATE ON audit        BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_keeps     BEFORE DELETE ON audit        BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER exchanges_stay  BEFORE UPDATE ON exchanges    BEGIN SELECT RAISE(ABORT, 'exchanges are only added'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER exchanges_keep  BEFORE DELETE ON exchanges    BEGIN SELECT RAISE(ABORT, 'exchanges are only added'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER readings_stay   BEFORE UPDATE ON readings     BEGIN SELECT RAISE(ABORT, 'readings are only added'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER readings_keep   BEFORE DELETE ON readings     BEGIN SELECT RAISE(ABORT, 'readings are only added'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER transactions_keep BEFORE DELETE ON transactions BEGIN SELECT RAISE(ABORT, 'transactions are never deleted'); END;
-- +goose StatementEnd
