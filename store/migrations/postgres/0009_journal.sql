-- All that a store keeps, as SQLite has it after its 0009. There was no earlier PostgreSQL database.
-- Amounts are whole minor units with their ISO 4217 currency, '' for none. Instants are microseconds since 1970 UTC.
-- Texts are ordered by their bytes, as SQLite orders them, whatever the database's own order is. Columns of type json keep
-- their text byte for byte.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$;
-- +goose StatementEnd

-- Columns in four groups: what Begin wrote, what happened since, what no digest covers, and whose it is among the nodes.
CREATE TABLE transactions (
    id                   text    COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    caller               text    COLLATE "C" NOT NULL,
    idempotency_key      text    COLLATE "C" NOT NULL, -- '' for none, and once it was forgotten
    content              text    COLLATE "C" NOT NULL,
    operation            text    COLLATE "C" NOT NULL CHECK (operation IN ('generate', 'activate', 'recharge', 'inquire', 'authorize', 'deposit', 'return', 'void')),
    service              text    COLLATE "C" NOT NULL CHECK (service <> ''),
    order_number         text    COLLATE "C" NOT NULL,
    sequence             bigint  NOT NULL CHECK (sequence >= 0),
    kind                 text    COLLATE "C" NOT NULL CHECK (kind IN ('', 'physical', 'virtual')),
    authorization_id     text    COLLATE "C" NOT NULL,
    requested_minor      bigint  NOT NULL CHECK (requested_minor >= 0),
    requested_currency   text    COLLATE "C" NOT NULL CHECK (length(requested_currency) IN (0, 3)),
    parent               text    COLLATE "C" NOT NULL CHECK (parent <> id), -- '' for none
    plan                 json,                                              -- of a split deposit
    baseline             json,                                              -- the card before
    created              bigint  NOT NULL,

    last4                text    COLLATE "C" NOT NULL CHECK (length(last4) IN (0, 4)),
    card_print           text    COLLATE "C" NOT NULL,
    state                text    COLLATE "C" NOT NULL,
    outcome              text    COLLATE "C" NOT NULL,
    accepted             boolean NOT NULL,
    source               text    COLLATE "C" NOT NULL CHECK (source IN ('', 'error_code', 'reason_code', 'response_code', 'transport')),
    code                 text    COLLATE "C" NOT NULL,
    description          text    COLLATE "C" NOT NULL,
    amount_minor         bigint  NOT NULL CHECK (amount_minor >= 0),
    amount_currency      text    COLLATE "C" NOT NULL CHECK (length(amount_currency) IN (0, 3)),
    balance_minor        bigint  NOT NULL CHECK (balance_minor >= 0),
    balance_currency     text    COLLATE "C" NOT NULL CHECK (length(balance_currency) IN (0, 3)),
    hold_rest_minor      bigint  NOT NULL CHECK (hold_rest_minor >= 0),
    hold_rest_currency   text    COLLATE "C" NOT NULL CHECK (length(hold_rest_currency) IN (0, 3)),
    card_status          text    COLLATE "C" NOT NULL,
    account_id           text    COLLATE "C" NOT NULL,
    account_status       text    COLLATE "C" NOT NULL,
    account_type         text    COLLATE "C" NOT NULL,
    provider_transaction text    COLLATE "C" NOT NULL CHECK (provider_transaction = '' OR plan IS NULL),
    auth_number          text    COLLATE "C" NOT NULL,
    provider_time        text    COLLATE "C" NOT NULL, -- RFC 3339, the provider's own offset kept
    vendor               json,
    class                text    COLLATE "C" NOT NULL CHECK (class IN ('', 'not_sent', 'sent_no_reply', 'reply_unreadable', 'fault', 'mismatch', 'answered')),
    failure              text    COLLATE "C" NOT NULL,
    finished             bigint,
    sent                 bigint  NOT NULL,                    -- the last message was begun
    sends                bigint  NOT NULL CHECK (sends >= 1), -- messages begun
    looks                bigint  NOT NULL CHECK (looks >= 0), -- tries to look at the card
    next                 bigint,                              -- look again then
    finding              json,
    settlement           json,
    began                bigint  NOT NULL, -- number in the chain of the last Begin or SendAgain
    ended                bigint  NOT NULL, -- number in the chain from which on the effect on the card is complete; 0 while open
    codes_version        bigint  NOT NULL DEFAULT 0 CHECK (codes_version >= 0), -- which version told the OMS what to do; 0 when none was asked

    sealed               bytea,
    begun                bytea   NOT NULL, -- digest of the first group
    chained              bigint  NOT NULL, -- number in the chain of the last change

    node_epoch           bigint  NOT NULL DEFAULT 0, -- the node that began it or sent it again
    claimed_until        bigint,                     -- a node looks into it until then
    CONSTRAINT state_and_members CHECK (CASE state
        WHEN 'sent'       THEN outcome = ''        AND finished IS NULL AND next IS NULL     AND finding IS NULL     AND settlement IS NULL AND ended = 0
        WHEN 'unresolved' THEN outcome = 'unknown' AND finished IS NULL AND next IS NOT NULL AND finding IS NULL     AND settlement IS NULL AND ended = 0
        WHEN 'desk'       THEN outcome = 'unknown' AND finished IS NULL AND next IS NULL     AND finding IS NOT NULL AND settlement IS NULL AND ended > 0
        WHEN 'final'      THEN outcome IN ('approved', 'partial', 'declined', 'undefined', 'unavailable')
                                                   AND finished IS NOT NULL AND next IS NULL AND finding IS NULL AND ended > 0
        ELSE false END)
);

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
CREATE INDEX transactions_code ON transactions (code, created, id, operation, outcome) WHERE code <> '';
CREATE INDEX transactions_authorization ON transactions (authorization_id, service) WHERE authorization_id <> '';
CREATE INDEX transactions_parent ON transactions (parent) WHERE parent <> '';
CREATE INDEX transactions_card ON transactions (card_print, service, ended) WHERE ended > 0 AND card_print <> '';
-- A settlement ends an operation later than its place in the order of what happened to the card says.
CREATE INDEX transactions_settled ON transactions (card_print, service, chained) WHERE settlement IS NOT NULL AND card_print <> '';
CREATE INDEX transactions_generated ON transactions (created) WHERE operation = 'generate' AND sealed IS NOT NULL;

CREATE TABLE exchanges (
    transaction_id text   COLLATE "C" NOT NULL REFERENCES transactions (id),
    send           bigint NOT NULL CHECK (send >= 1), -- which message of the transaction
    class          text   COLLATE "C" NOT NULL CHECK (class IN ('not_sent', 'sent_no_reply', 'reply_unreadable', 'fault', 'mismatch', 'answered')),
    sent           bytea,
    received       bytea,
    failure        text   COLLATE "C" NOT NULL,
    started        bigint NOT NULL,
    took           bigint NOT NULL, -- nanoseconds
    status         bigint NOT NULL,
    PRIMARY KEY (transaction_id, send)
);

-- A look belongs to the message that was the last one then; looks before a message that was sent again say nothing of it.
CREATE TABLE readings (
    transaction_id   text   COLLATE "C" NOT NULL REFERENCES transactions (id),
    look             bigint NOT NULL CHECK (look >= 1), -- which try to look
    send             bigint NOT NULL CHECK (send >= 1),
    at               bigint NOT NULL,
    balance_minor    bigint NOT NULL CHECK (balance_minor >= 0),
    balance_currency text   COLLATE "C" NOT NULL CHECK (length(balance_currency) IN (0, 3)),
    card_status      text   COLLATE "C" NOT NULL,
    told_by          text   COLLATE "C" NOT NULL, -- our transaction whose answer it was
    PRIMARY KEY (transaction_id, look)
);

-- The chain: what changed, in order, each row sealed with the one before (see chain.go). Records are only ever added.
CREATE TABLE chain (
    seq     bigint NOT NULL PRIMARY KEY, -- 1, 2, 3, ...
    at      bigint NOT NULL,
    kind    text   COLLATE "C" NOT NULL CHECK (kind IN ('adopt', 'begin', 'finish', 'look', 'desk', 'settle', 'send', 'recover', 'wake', 'forget', 'audit', 'codes', 'tokens')),
    subject text   COLLATE "C" NOT NULL, -- the transaction's id; the service of codes; '' otherwise
    part    bigint NOT NULL, -- number of the exchange or reading that came with the change; 0 for none
    digest  bytea  NOT NULL CHECK (length(digest) = 32), -- of the subject after the change
    record  bytea  NOT NULL CHECK (length(record) IN (0, 32)), -- of the exchange or reading
    hash    bytea  NOT NULL CHECK (length(hash) = 32)  -- SHA-256 over the hash before and this row
);

-- The end of the chain. Whoever writes locks this row first: so the nodes take turns.
CREATE TABLE chain_head (
    id   bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    seq  bigint NOT NULL,
    hash bytea CHECK ((hash IS NULL) = (seq = 0))
);
INSERT INTO chain_head (id, seq, hash) VALUES (1, 0, NULL);

-- What people and svcgate did besides operations.
CREATE TABLE audit (
    seq     bigint NOT NULL PRIMARY KEY, -- of its row in the chain
    at      bigint NOT NULL,
    actor   text   COLLATE "C" NOT NULL CHECK (actor <> ''),
    action  text   COLLATE "C" NOT NULL CHECK (action <> ''),
    subject text   COLLATE "C" NOT NULL,
    detail  text   COLLATE "C" NOT NULL
);

-- One row that is written to find out whether the database takes writes (see writer.go, settle).
CREATE TABLE fence (
    id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    count bigint NOT NULL
);
INSERT INTO fence (id, count) VALUES (1, 0);

-- The processes that work on this database, also those that ended. Instants are the database's.
CREATE TABLE nodes (
    epoch   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text   COLLATE "C" NOT NULL,
    host    text   COLLATE "C" NOT NULL,
    pid     bigint NOT NULL,
    version text   COLLATE "C" NOT NULL,
    keys    text   COLLATE "C" NOT NULL, -- by which nodes with other keys are known; '' for none
    lease   bigint NOT NULL,             -- microseconds
    started bigint NOT NULL,
    seen    bigint NOT NULL,
    until   bigint NOT NULL, -- its lease
    ended   bigint           -- by itself or by another node; its attempts are then nobody's
);

CREATE INDEX nodes_living ON nodes (epoch) WHERE ended IS NULL;

-- The oldest schema of which the programs may go on working with this one.
CREATE TABLE schema_floor (
    id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    least bigint NOT NULL
);
INSERT INTO schema_floor (id, least) VALUES (1, 9);

-- The vendor response table in versions: what is published never changes, what is edited is a draft.
CREATE TABLE code_versions (
    service        text   COLLATE "C" NOT NULL CHECK (service <> ''),
    number         bigint NOT NULL CHECK (number >= 1), -- 1, 2, 3, ... of the service
    published      bigint NOT NULL,
    actor          text   COLLATE "C" NOT NULL CHECK (actor <> ''),
    reason         text   COLLATE "C" NOT NULL,
    base           bigint NOT NULL CHECK (base BETWEEN 0 AND number - 1),           -- version that it was made from
    rolled_back_to bigint NOT NULL CHECK (rolled_back_to BETWEEN 0 AND number - 1), -- version whose rules these are again
    chained        bigint NOT NULL,                     -- number of its row in the chain
    rules          json   NOT NULL,
    PRIMARY KEY (service, number)
);

CREATE TABLE code_drafts (
    service text   COLLATE "C" NOT NULL PRIMARY KEY CHECK (service <> ''),
    base    bigint NOT NULL CHECK (base >= 0),
    etag    text   COLLATE "C" NOT NULL CHECK (etag <> ''),
    editors json   NOT NULL,
    updated bigint NOT NULL,
    rules   json   NOT NULL
);

-- Tokens of programs and people; of the text only its SHA-256 is kept.
CREATE TABLE tokens (
    name    text   COLLATE "C" NOT NULL PRIMARY KEY CHECK (name <> ''),
    hash    text   COLLATE "C" NOT NULL UNIQUE CHECK (length(hash) = 64),
    role    text   COLLATE "C" NOT NULL CHECK (role IN ('oms', 'tester', 'viewer', 'operator', 'code-editor', 'approver', 'admin')),
    created bigint NOT NULL,
    revoked bigint
);

-- People who sign in at the console. The first group of columns is chained, the second is not.
CREATE TABLE people (
    name         text   COLLATE "C" NOT NULL PRIMARY KEY CHECK (name <> ''),
    full_name    text   COLLATE "C" NOT NULL,
    roles        json   NOT NULL,
    created      bigint NOT NULL,
    disabled     bigint,
    password     text   COLLATE "C" NOT NULL, -- '' for none
    password_set bigint,
    totp         bytea,

    totp_pending bytea,           -- before its first code was given
    totp_used    bigint NOT NULL, -- number of the last code taken
    last_seen    bigint,
    CHECK ((password = '') = (password_set IS NULL))
);

CREATE TABLE links (
    hash    text   COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    kind    text   COLLATE "C" NOT NULL CHECK (kind IN ('bootstrap', 'invite', 'reset')),
    person  text   COLLATE "C" NOT NULL UNIQUE CHECK ((person = '') = (kind = 'bootstrap')),
    made_by text   COLLATE "C" NOT NULL,
    expires bigint NOT NULL
);

-- An ended session stays until it would have expired: a request that was under way does not bring it back.
CREATE TABLE sessions (
    rowid   bigint  GENERATED ALWAYS AS IDENTITY, -- as SQLite has it by itself
    token   text    COLLATE "C" NOT NULL PRIMARY KEY, -- its hash
    person  text    COLLATE "C" NOT NULL,             -- '' before sign-in
    origin  text    COLLATE "C" NOT NULL,             -- the address it was begun from
    started bigint  NOT NULL,
    expires bigint  NOT NULL,
    ended   boolean NOT NULL,
    data    bytea   NOT NULL
);

CREATE INDEX sessions_person ON sessions (person, started);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE sign_in_failures (
    key   text   COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(key) = 64), -- hash of the name that was given
    count bigint NOT NULL CHECK (count > 0),
    last  bigint NOT NULL,
    until bigint
);

CREATE INDEX sign_in_failures_last ON sign_in_failures (last);

-- The moves that a transaction's state can make.
CREATE TRIGGER transactions_moves BEFORE UPDATE OF state ON transactions FOR EACH ROW
WHEN (NOT CASE OLD.state
    WHEN 'sent'       THEN NEW.state IN ('unresolved', 'final')
    WHEN 'unresolved' THEN NEW.state IN ('desk', 'final') OR NEW.state = 'sent' AND OLD.operation = 'void'
    WHEN 'desk'       THEN NEW.state = 'final'
    ELSE false END)
EXECUTE FUNCTION refuse('a transaction does not move like this');

CREATE TRIGGER transactions_keep BEFORE DELETE OR TRUNCATE ON transactions EXECUTE FUNCTION refuse('transactions are never deleted');
CREATE TRIGGER people_keep       BEFORE DELETE OR TRUNCATE ON people       EXECUTE FUNCTION refuse('people are never deleted');
CREATE TRIGGER chain_stays       BEFORE UPDATE OR DELETE OR TRUNCATE ON chain     EXECUTE FUNCTION refuse('the chain is only added to');
CREATE TRIGGER audit_stays       BEFORE UPDATE OR DELETE OR TRUNCATE ON audit     EXECUTE FUNCTION refuse('the audit trail is only added to');
CREATE TRIGGER exchanges_stay    BEFORE UPDATE OR DELETE OR TRUNCATE ON exchanges EXECUTE FUNCTION refuse('exchanges are only added');
CREATE TRIGGER readings_stay     BEFORE UPDATE OR DELETE OR TRUNCATE ON readings  EXECUTE FUNCTION refuse('readings are only added');
CREATE TRIGGER versions_stay     BEFORE UPDATE OR DELETE OR TRUNCATE ON code_versions EXECUTE FUNCTION refuse('versions are only added');
