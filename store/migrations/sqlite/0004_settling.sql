-- Settling: the desk, looks at the card, messages sent again, parts of a split deposit; one money operation a card at a
-- time; a provider's transaction id stands for one transaction.
-- Both tables are made anew, because SQLite cannot change a CHECK or a key.

-- +goose Up
ALTER TABLE transactions RENAME TO transactions_before;
ALTER TABLE exchanges RENAME TO exchanges_before;

-- Columns in three groups: what Begin wrote, what happened since, and what no digest covers.
CREATE TABLE transactions (
    id                   TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    caller               TEXT    NOT NULL,
    idempotency_key      TEXT    NOT NULL, -- '' for none, and once it was forgotten
    content              TEXT    NOT NULL,
    operation            TEXT    NOT NULL CHECK (operation IN ('generate', 'activate', 'recharge', 'inquire', 'authorize', 'deposit', 'return', 'void')),
    service              TEXT    NOT NULL CHECK (service <> ''),
    order_number         TEXT    NOT NULL,
    sequence             INTEGER NOT NULL CHECK (sequence >= 0),
    kind                 TEXT    NOT NULL CHECK (kind IN ('', 'physical', 'virtual')),
    authorization_id     TEXT    NOT NULL,
    requested_minor      INTEGER NOT NULL CHECK (requested_minor >= 0),
    requested_currency   TEXT    NOT NULL CHECK (length(requested_currency) IN (0, 3)),
    parent               TEXT    NOT NULL CHECK (parent <> id), -- '' for none
    plan                 TEXT    CHECK (plan IS NULL OR json_valid(plan)),         -- of a split deposit
    baseline             TEXT    CHECK (baseline IS NULL OR json_valid(baseline)), -- the card before
    created              INTEGER NOT NULL,

    last4                TEXT    NOT NULL CHECK (length(last4) IN (0, 4)),
    card_print           TEXT    NOT NULL,
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
    provider_transaction TEXT    NOT NULL CHECK (provider_transaction = '' OR plan IS NULL),
    auth_number          TEXT    NOT NULL,
    provider_time        TEXT    NOT NULL, -- RFC 3339, the provider's own offset kept
    vendor               TEXT    CHECK (vendor IS NULL OR json_valid(vendor)),
    class                TEXT    NOT NULL CHECK (class IN ('', 'not_sent', 'sent_no_reply', 'reply_unreadable', 'fault', 'mismatch', 'answered')),
    failure              TEXT    NOT NULL,
    finished             INTEGER,
    sent                 INTEGER NOT NULL,                    -- the last message was begun
    sends                INTEGER NOT NULL CHECK (sends >= 1), -- messages begun
    looks                INTEGER NOT NULL CHECK (looks >= 0), -- tries to look at the card
    next                 INTEGER,                             -- look again then
    finding              TEXT    CHECK (finding IS NULL OR json_valid(finding)),
    settlement           TEXT    CHECK (settlement IS NULL OR json_valid(settlement)),
    began                INTEGER NOT NULL, -- number in the chain of the last Begin or SendAgain
    ended                INTEGER NOT NULL, -- number in the chain from which on the effect on the card is complete; 0 while open

    sealed               BLOB,
    begun                BLOB    NOT NULL, -- digest of the first group
    chained              INTEGER NOT NULL, -- number in the chain of the last change
    CONSTRAINT state_and_members CHECK (CASE state
        WHEN 'sent'       THEN outcome = ''        AND finished IS NULL AND next IS NULL     AND finding IS NULL     AND settlement IS NULL AND ended = 0
        WHEN 'unresolved' THEN outcome = 'unknown' AND finished IS NULL AND next IS NOT NULL AND finding IS NULL     AND settlement IS NULL AND ended = 0
        WHEN 'desk'       THEN outcome = 'unknown' AND finished IS NULL AND next IS NULL     AND finding IS NOT NULL AND settlement IS NULL AND ended > 0
        WHEN 'final'      THEN outcome IN ('approved', 'partial', 'declined', 'undefined', 'unavailable')
                                                   AND finished IS NOT NULL AND next IS NULL AND finding IS NULL AND ended > 0
        ELSE 0 END)
) STRICT;

-- The numbers in the chain and the digests of earlier rows are filled in by Open, which adopts them into the chain.
INSERT INTO transactions (id, caller, idempotency_key, content, operation, service, order_number, sequence, kind,
    authorization_id, requested_minor, requested_currency, parent, plan, baseline, created, last4, card_print, state, outcome,
    accepted, source, code, description, amount_minor, amount_currency, balance_minor, balance_currency, hold_rest_minor,
    hold_rest_currency, card_status, account_id, account_status, account_type, provider_transaction, auth_number,
    provider_time, vendor, class, failure, finished, sent, sends, looks, next, finding, settlement, began, ended, sealed,
    begun, chained)
SELECT id, caller, idempotency_key, content, operation, service, order_number, sequence, kind,
    authorization_id, requested_minor, requested_currency, '', NULL, NULL, created, last4, card_print, state, outcome,
    accepted, source, code, description, amount_minor, amount_currency, balance_minor, balance_currency, hold_rest_minor,
    hold_rest_currency, card_status, account_id, account_status, account_type, provider_transaction, auth_number,
    provider_time, vendor, class, failure, finished, created, 1, 0, iif(state = 'unresolved', created, NULL), NULL, NULL, 0,
    iif(state = 'final', 1, 0), sealed, x'', 0
FROM transactions_before ORDER BY created, id;

CREATE TABLE exchanges (
    transaction_id TEXT    NOT NULL REFERENCES transactions (id),
    send           INTEGER NOT NULL CHECK (send >= 1), -- which message of the transaction
    class          TEXT    NOT NULL CHECK (class IN ('not_sent', 'sent_no_reply', 'reply_unreadable', 'fault', 'mismatch', 'answered')),
    sent           BLOB,
    received       BLOB,
    failure        TEXT    NOT NULL,
    started        INTEGER NOT NULL,
    took           INTEGER NOT NULL, -- nanoseconds
    status         INTEGER NOT NULL,
    PRIMARY KEY (transaction_id, send)
) STRICT;

INSERT INTO exchanges (transaction_id, send, class, sent, received, failure, started, took, status)
SELECT transaction_id, 1, class, sent, received, failure, started, took, status FROM exchanges_before;

DROP TABLE exchanges_before;
DROP TABLE transactions_before;

-- A look belongs to the message that was the last one then; looks before a message that was sent again say nothing of it.
CREATE TABLE readings (
    transaction_id   TEXT    NOT NULL REFERENCES transactions (id),
    look             INTEGER NOT NULL CHECK (look >= 1), -- which try to look
    send             INTEGER NOT NULL CHECK (send >= 1),
    at               INTEGER NOT NULL,
    balance_minor    INTEGER NOT NULL CHECK (balance_minor >= 0),
    balance_currency TEXT    NOT NULL CHECK (length(balance_currency) IN (0, 3)),
    card_status      TEXT    NOT NULL,
    told_by          TEXT    NOT NULL, -- our transaction whose answer it was
    PRIMARY KEY (transaction_id, look)
) STRICT;

-- Reserves the key of a caller. The key stands first: the index also serves the search for a key of any caller.
CREATE UNIQUE INDEX transactions_key ON transactions (idempotency_key, caller) WHERE idempotency_key <> '';
CREATE INDEX transactions_keyed ON transactions (created) WHERE idempotency_key <> '';

-- One money operation a card at a time. A split deposit leaves the card to its parts; the desk blocks no card.
CREATE UNIQUE INDEX transactions_card_held ON transactions (card_print, service)
    WHERE state IN ('sent', 'unresolved') AND operation NOT IN ('generate', 'inquire') AND plan IS NULL AND card_print <> '';

-- An id of the provider names one transaction. An inquiry that was asked again took over the second answer, id and all.
CREATE UNIQUE INDEX transactions_provider ON transactions (provider_transaction, service)
    WHERE provider_transaction <> '' AND (operation <> 'inquire' OR settlement IS NULL);
-- A generated number is given away once.
CREATE UNIQUE INDEX transactions_given ON transactions (card_print, service)
    WHERE operation = 'generate' AND outcome IN ('approved', 'partial', 'undefined') AND card_print <> '';

CREATE INDEX transactions_created ON transactions (created, id);
CREATE INDEX transactions_order ON transactions (order_number, service);
CREATE INDEX transactions_last4 ON transactions (last4, created, id);
CREATE INDEX transactions_operation ON transactions (operation, created, id);
CREATE INDEX transactions_open ON transactions (state, created, id) WHERE state <> 'final';
CREATE INDEX transactions_due ON transactions (next, id) WHERE state = 'unresolved';
CREATE INDEX transactions_outcome ON transactions (outcome, created, id) WHERE outcome NOT IN ('', 'approved');
CREATE INDEX transactions_authorization ON transactions (authorization_id, service) WHERE authorization_id <> '';
CREATE INDEX transactions_parent ON transactions (parent) WHERE parent <> '';
CREATE INDEX transactions_card ON transactions (card_print, service, ended) WHERE ended > 0 AND card_print <> '';
CREATE INDEX transactions_generated ON transactions (created) WHERE operation = 'generate' AND sealed IS NOT NULL;

-- The moves that a transaction's state can make.
-- +goose StatementBegin
CREATE TRIGGER transactions_moves BEFORE UPDATE OF state ON transactions
WHEN NOT CASE OLD.state
    WHEN 'sent'       THEN NEW.state IN ('unresolved', 'final')
    WHEN 'unresolved' THEN NEW.state IN ('desk', 'final') OR NEW.state = 'sent' AND OLD.operation = 'void'
    WHEN 'desk'       THEN NEW.state = 'final'
    ELSE 0 END
BEGIN SELECT RAISE(ABORT, 'a transaction does not move like this'); END;
-- +goose StatementEnd
