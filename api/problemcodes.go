package api

import (
	"net/http"

	"github.com/svcgate/svcgate"
)

// ProblemCode is one row of the reference of problems. Each is documented in the OpenAPI document too.
type ProblemCode struct {
	Code       string       // stable; the document's member code and the end of its type
	Category   svcgate.Code // tells whether money may have moved
	Status     int          // of the HTTP answer
	RetryAfter int          // seconds in Retry-After; 0: no such header
	Title      string       // always the same for the code
}

// ProblemCodes returns the reference: first one row a svcgate.Code, then the finer ones.
func ProblemCodes() []ProblemCode {
	return append(append([]ProblemCode(nil), categories...), reasons...)
}

// categories is the table from svcgate.Code to status. It holds for whatever has no finer row.
var categories = []ProblemCode{
	{"invalid", svcgate.CodeInvalid, 422, 0, "The request is wrong"},
	{"unauthenticated", svcgate.CodeUnauthenticated, 401, 0, "Not authenticated"},
	{"forbidden", svcgate.CodeForbidden, 403, 0, "Not allowed"},
	{"not_found", svcgate.CodeNotFound, 404, 0, "Not found"},
	{"conflict", svcgate.CodeConflict, 409, 1, "In conflict with what is under way"},
	{"key_reused", svcgate.CodeKeyReused, 422, 0, "Idempotency-Key was used for another request"},
	{"overloaded", svcgate.CodeOverloaded, 503, 1, "Not accepted, nothing was done"},
	{"unavailable", svcgate.CodeUnavailable, 503, 30, "Provider not reached, nothing was sent"},
	{"unknown", svcgate.CodeUnknown, 504, 0, "Outcome not known yet"},
	{"internal", svcgate.CodeInternal, 500, 0, "Failure on our side"},
}

// reasons is the table of svcgate.Error.Reason. A status of 400 says that the request could not be read, 422 that it
// was read and cannot be done.
var reasons = []ProblemCode{
	{"invalid_json", svcgate.CodeInvalid, 400, 0, "Body is not one JSON object"},
	{"duplicate_field", svcgate.CodeInvalid, 400, 0, "Member stands there twice"},
	{"unknown_field", svcgate.CodeInvalid, 400, 0, "Member is not known"},
	{"limit_exceeded", svcgate.CodeInvalid, 400, 0, "Body is too deep, long or wide"},
	{"invalid_text", svcgate.CodeInvalid, 400, 0, "Text holds characters that cannot be seen"},
	{"body_incomplete", svcgate.CodeInvalid, 400, 0, "Body broke off"},
	{"body_too_slow", svcgate.CodeInvalid, http.StatusRequestTimeout, 0, "Body came too slowly"},
	{"body_too_large", svcgate.CodeInvalid, http.StatusRequestEntityTooLarge, 0, "Body is too large"},
	{"unsupported_media_type", svcgate.CodeInvalid, http.StatusUnsupportedMediaType, 0, "Body is of another type"},
	{"not_acceptable", svcgate.CodeInvalid, http.StatusNotAcceptable, 0, "Answer is wanted in another type"},
	{"method_not_allowed", svcgate.CodeInvalid, http.StatusMethodNotAllowed, 0, "Method is not for this address"},
	{"idempotency_key_required", svcgate.CodeInvalid, 400, 0, "Idempotency-Key is missing"},
	{"idempotency_key_invalid", svcgate.CodeInvalid, 400, 0, "Idempotency-Key is not fit"},
	{"sequence_required", svcgate.CodeInvalid, 400, 0, "Neither Idempotency-Key nor sequence is given"},
	{"invalid_query", svcgate.CodeInvalid, 400, 0, "Query cannot be read"},
	{"unknown_parameter", svcgate.CodeInvalid, 400, 0, "Query parameter is not known"},
	{"repeated_parameter", svcgate.CodeInvalid, 400, 0, "Query parameter stands there twice"},
	{"parameter_required", svcgate.CodeInvalid, 422, 0, "Query parameter is missing"},
	{"invalid_parameter", svcgate.CodeInvalid, 422, 0, "Query parameter is wrong"},
	{"invalid_date", svcgate.CodeInvalid, 422, 0, "Time is wrong"},
	{"invalid_cursor", svcgate.CodeInvalid, 422, 0, "Cursor is wrong"},

	{"invalid_operation", svcgate.CodeInvalid, 422, 0, "Operation is wrong"},
	{"invalid_service", svcgate.CodeInvalid, 422, 0, "Service bureau is wrong"},
	{"unknown_service", svcgate.CodeInvalid, 422, 0, "Service bureau is not configured"},
	{"invalid_order", svcgate.CodeInvalid, 422, 0, "Order number is wrong"},
	{"invalid_sequence", svcgate.CodeInvalid, 422, 0, "Sequence is wrong"},
	{"invalid_card", svcgate.CodeInvalid, 422, 0, "Card is wrong"},
	{"invalid_card_number", svcgate.CodeInvalid, 422, 0, "Card number is wrong"},
	{"invalid_pin", svcgate.CodeInvalid, 422, 0, "PIN is wrong"},
	{"invalid_swiped", svcgate.CodeInvalid, 422, 0, "Swiped is wrong"},
	{"invalid_amount", svcgate.CodeInvalid, 422, 0, "Amount is wrong"},
	{"invalid_currency", svcgate.CodeInvalid, 422, 0, "Currency is wrong"},
	{"invalid_authorization", svcgate.CodeInvalid, 422, 0, "Authorization is wrong"},
	{"auth_number_given", svcgate.CodeInvalid, 422, 0, "Authorization number instead of the transaction id"},
	{"invalid_split", svcgate.CodeInvalid, 422, 0, "Split is wrong"},
	{"invalid_confirm_duplicate", svcgate.CodeInvalid, 422, 0, "Confirmation is wrong"},
	{"invalid_kind", svcgate.CodeInvalid, 422, 0, "Kind of card is wrong"},
	{"not_applicable", svcgate.CodeInvalid, 422, 0, "Member is not for this operation"},
	{"presenters_id_missing", svcgate.CodeInvalid, 422, 0, "Service bureau has no Presenter's ID"},
	{"submitters_id_missing", svcgate.CodeInvalid, 422, 0, "Service bureau has no Submitter's ID"},
	{"unsupported_operation", svcgate.CodeInvalid, 422, 0, "Provider has no message for the operation"},
	{"unwritable_message", svcgate.CodeInvalid, 422, 0, "Request does not fit into the provider's message"},
	{"exceeds_authorization", svcgate.CodeInvalid, 422, 0, "Deposit exceeds its authorization"},
	{"exceeds_authorizations", svcgate.CodeInvalid, 422, 0, "Deposit exceeds all open authorizations"},
	{"authorization_of_other_card", svcgate.CodeInvalid, 422, 0, "Authorization is on another card"},
	{"authorization_in_other_currency", svcgate.CodeInvalid, 422, 0, "Authorization is in another currency"},

	{"invalid_verdict", svcgate.CodeInvalid, 422, 0, "Verdict is wrong"},
	{"invalid_reason", svcgate.CodeInvalid, 422, 0, "Reason is wrong"},
	{"transaction_id_required", svcgate.CodeInvalid, 422, 0, "Provider's transaction id is missing"},
	{"invalid_transaction_id", svcgate.CodeInvalid, 422, 0, "Provider's transaction id is wrong"},
	{"invalid_token", svcgate.CodeInvalid, 422, 0, "Token to be added is wrong"},
	{"invalid_person", svcgate.CodeInvalid, 422, 0, "Person is wrong"},

	{"invalid_source", svcgate.CodeInvalid, 422, 0, "Source of the code is wrong"},
	{"invalid_code", svcgate.CodeInvalid, 422, 0, "Provider's code is wrong"},
	{"invalid_transport_code", svcgate.CodeInvalid, 422, 0, "Transport code is wrong"},
	{"invalid_vendor", svcgate.CodeInvalid, 422, 0, "Vendor response code is wrong"},
	{"invalid_description", svcgate.CodeInvalid, 422, 0, "Description is wrong"},
	{"invalid_outcome", svcgate.CodeInvalid, 422, 0, "Outcome is wrong"},
	{"invalid_number", svcgate.CodeInvalid, 422, 0, "Number is wrong"},
	{"invalid_hold_reason", svcgate.CodeInvalid, 422, 0, "Hold reason is wrong"},
	{"hold_reason_needed", svcgate.CodeInvalid, 422, 0, "Hold reason is missing"},
	{"invalid_cancel", svcgate.CodeInvalid, 422, 0, "Cancel is wrong"},
	{"cannot_cancel", svcgate.CodeInvalid, 422, 0, "Outcome is no reason to cancel"},
	{"invalid_message", svcgate.CodeInvalid, 422, 0, "Message is wrong"},
	{"too_many_messages", svcgate.CodeInvalid, 422, 0, "Too many messages"},
	{"other_operation", svcgate.CodeInvalid, 422, 0, "Code answers another operation"},
	{"operation_needed", svcgate.CodeInvalid, 422, 0, "Rule must name its operation"},
	{"cannot_approve", svcgate.CodeInvalid, 422, 0, "Code cannot approve"},
	{"cannot_be_unavailable", svcgate.CodeInvalid, 422, 0, "Code cannot mean unavailable"},
	{"must_be_unavailable", svcgate.CodeInvalid, 422, 0, "Code means unavailable"},
	{"invalid_csv", svcgate.CodeInvalid, 422, 0, "File is wrong"},
	{"empty_import", svcgate.CodeInvalid, 422, 0, "Import is empty"},
	{"other_service", svcgate.CodeInvalid, 422, 0, "Rule is of another service bureau"},
	{"duplicate_rule", svcgate.CodeInvalid, 422, 0, "Rule stands there twice"},
	{"too_many_rules", svcgate.CodeInvalid, 422, 0, "Too many rules"},
	{"check_failed", svcgate.CodeInvalid, 422, 0, "Draft must not be published"},
	{"invalid_version", svcgate.CodeInvalid, 422, 0, "Version is wrong"},
	{"if_match_required", svcgate.CodeInvalid, http.StatusPreconditionRequired, 0, "If-Match is missing"},
	{"invalid_if_match", svcgate.CodeInvalid, 400, 0, "If-Match is not fit"},

	{"token_required", svcgate.CodeUnauthenticated, 401, 0, "Token is missing"},
	{"token_malformed", svcgate.CodeUnauthenticated, 401, 0, "Token cannot be read"},
	{"token_invalid", svcgate.CodeUnauthenticated, 401, 0, "Token is not good"},
	{"permission_missing", svcgate.CodeForbidden, 403, 0, "Permission is missing"},
	{"not_oneself", svcgate.CodeForbidden, 403, 0, "Nobody changes their own rights"},

	{"no_such_route", svcgate.CodeNotFound, 404, 0, "Address is not known"},
	{"service_not_found", svcgate.CodeNotFound, 404, 0, "Service bureau is not configured"},
	{"rule_not_found", svcgate.CodeNotFound, 404, 0, "Rule is not there"},
	{"version_not_found", svcgate.CodeNotFound, 404, 0, "Version is not there"},
	{"token_not_found", svcgate.CodeNotFound, 404, 0, "Token is not there"},
	{"person_not_found", svcgate.CodeNotFound, 404, 0, "Person is not there"},

	{"key_in_progress", svcgate.CodeConflict, 409, 1, "First request with this key is under way"},
	{"card_busy", svcgate.CodeConflict, 409, 1, "Another operation on the card is under way"},
	{"card_unresolved", svcgate.CodeConflict, 409, 30, "Outcome of another operation on the card is not known"},
	{"depends_on_unresolved", svcgate.CodeConflict, 409, 30, "Outcome of the authorization is not known"},
	{"possible_duplicate", svcgate.CodeConflict, 409, 0, "Much like an earlier request"},
	{"not_open", svcgate.CodeConflict, 409, 0, "Transaction is not open"},
	{"wrong_state", svcgate.CodeConflict, 409, 0, "Transaction's state does not allow it"},
	{"transaction_id_seen", svcgate.CodeConflict, 409, 0, "Provider's transaction id is another transaction's"},
	{"settle_its_parts", svcgate.CodeConflict, 409, 0, "Split deposit is settled by its parts"},
	{"no_rule", svcgate.CodeConflict, 409, 0, "No rule approves the operation"},
	{"stale", svcgate.CodeConflict, http.StatusPreconditionFailed, 0, "Changed since it was read"},
	{"no_draft", svcgate.CodeConflict, 409, 0, "There is no draft"},
	{"nothing_to_publish", svcgate.CodeConflict, 409, 0, "Nothing would change"},
	{"draft_outdated", svcgate.CodeConflict, 409, 0, "Draft began from an earlier version"},
	{"needs_second_person", svcgate.CodeConflict, 409, 0, "Somebody else must publish it"},
	{"token_exists", svcgate.CodeConflict, 409, 0, "Token's name was given before"},
	{"person_exists", svcgate.CodeConflict, 409, 0, "Person's name was given before"},
	{"person_disabled", svcgate.CodeConflict, 409, 0, "Person is disabled"},
	{"last_security_admin", svcgate.CodeConflict, 409, 0, "Last security-admin who can sign in"},
	{"rate_limited", svcgate.CodeOverloaded, http.StatusTooManyRequests, 1, "Too many requests"},
	{"baseline_unavailable", svcgate.CodeOverloaded, 503, 30, "Card could not be asked for its balance first"},
	{"audit_unavailable", svcgate.CodeOverloaded, 503, 5, "Audit trail cannot be written, nothing was changed"},
	{"journal_unavailable", svcgate.CodeOverloaded, 503, 5, "Journal cannot be used, nothing was sent"},
	{"tokens_unavailable", svcgate.CodeOverloaded, 503, 5, "Tokens cannot be looked up"},
	{"not_ready", svcgate.CodeOverloaded, 503, 5, "Not ready"},
}

var problemRows = func() map[string]ProblemCode {
	rows := map[string]ProblemCode{}
	for _, row := range ProblemCodes() {
		rows[row.Code] = row
	}
	return rows
}()

// describe returns the row that an error is told with: of its reason, else of its code. Outcomes and failures of ours
// are always told by their code. A code that is none of svcgate.Codes is a failure of ours.
func describe(e *svcgate.Error) ProblemCode {
	switch e.Code {
	case svcgate.CodeUnavailable, svcgate.CodeUnknown, svcgate.CodeInternal:
		return problemRows[string(e.Code)]
	case svcgate.CodeInvalid, svcgate.CodeUnauthenticated, svcgate.CodeForbidden, svcgate.CodeNotFound,
		svcgate.CodeConflict, svcgate.CodeKeyReused, svcgate.CodeOverloaded:
		if row, ok := problemRows[e.Reason]; ok && row.Category == e.Code {
			return row
		}
		return problemRows[string(e.Code)]
	}
	return problemRows[string(svcgate.CodeInternal)]
}
