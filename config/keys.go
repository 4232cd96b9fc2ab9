package config

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
)

// Key is a row of the table of settings.
type Key struct {
	Name     string   // "limits.call"; keys of a service begin with "services[]."
	Type     string   // for people: text, whole number, true or false, duration, ...
	Default  string   // as it would stand in the file; "" for none
	Example  string   // for keys without a default
	Required bool     // within its section
	Choices  []string // all that is allowed; nil when the type says it
	Help     string   // one or two sentences

	value value
	live  bool // stands in the example as if it were required, because most files need it
}

// Variable returns the environment variable that overrides the key; service is the code of the service bureau for
// keys of a service.
func (k Key) Variable(service string) string { return variable(k.Name, service) }

// Keys returns the table, in the order of the example file.
func Keys() []Key { return slices.Clone(keys) }

// sections are the parts of the file that hold keys, with what the example file says above them.
var sections = []struct{ name, help string }{
	{"node", "This process among those that share a PostgreSQL database. All of them need the same key_file."},
	{"log", "What is logged. Card numbers are masked at every level."},
	{"tracing", "Spans of every request for a collector of OpenTelemetry. Card numbers, PINs, orders and keys are in none of them."},
	{"console", "The pages for people, at /console of the API's address."},
	{"limits", "How much is taken on at one time, and for how long."},
	{"rates", "How much one caller may send, by its token. What is too much is turned away with 429 and Retry-After."},
	{"idempotency", "Under which keys requests are known again, and for how long."},
	{"duplicates", "Requests that look like an earlier one sent again under a new key."},
	{"settling", "How an outcome that is not known is found out: by asking for the card's balance, never by sending money again."},
	{"baseline", "What the balance is compared with when an answer was lost: last-known is what the last answer told, fresh asks before\neach message, off leaves the decision to the desk."},
	{"breaker", "When a provider that does not answer is left alone. The first message after that is an inquiry."},
	{"services", "The service bureaus, one entry each."},
	{"services[].control_values", "System control values of the OMS that decide which messages it asks for. svcgate check-config judges those\ngiven here; svcgate itself does not use them."},
}

var keys = []Key{
	{Name: "listen", Default: "127.0.0.1:8080", Help: "Address of the API. It speaks plain HTTP: beyond this machine, put a proxy with TLS before it.",
		value: address(func(t target) *string { return &t.c.Listen })},
	{Name: "admin_listen", Default: "127.0.0.1:8081", Help: "Address of /metrics, /livez and /readyz, which ask for no token.",
		value: address(func(t target) *string { return &t.c.AdminListen })},
	{Name: "database", Default: "/var/lib/svcgate/svcgate.db", Help: "The SQLite file, on a local disk, for one process; or postgres://user@host/name?sslmode=verify-full, for one or several.\nRelative paths, here and below, start from this file's folder.",
		value: database(func(t target) *string { return &t.c.Database })},
	{Name: "database_password_file", Example: "/etc/svcgate/postgres.password", Help: "File that holds the password of the URL's user and nothing else (mode 0600). Without it PGPASSWORD and .pgpass are asked.",
		value: secretFile(func(t target) *Secret { return &t.c.DatabasePass })},
	{Name: "key_file", Example: "/etc/svcgate/svcgate.key", live: true, Help: "Keys that seal card numbers at rest; svcgate keys init makes the file. Only its owner may read it (mode 0600).",
		value: keyFile(func(t target) *string { return &t.c.KeyFile })},
	{Name: "live", Default: "true", Help: "The cards are real. Without key_file, which live needs, a test system (false) makes keys beside its database.",
		value: flag(func(t target) *bool { return &t.c.Live })},
	{Name: "keep_generated_cards", Default: "24h", Help: "How long a generated card number is given again under its Idempotency-Key. Then its sealed copy is erased.",
		value: duration(func(t target) *time.Duration { return &t.c.KeepNewCards }, time.Minute, 30*24*time.Hour)},

	{Name: "node.name", Example: "svcgate-1", Help: "What people know this process by; the machine's name when it is not given.",
		value: text(func(t target) *string { return &t.c.Node.Name }, nodeName)},
	{Name: "node.lease", Default: "10s", Help: "How long a process may send after it last reached the database. Half as long again after that, another one takes over\nwhat it has under way.",
		value: duration(func(t target) *time.Duration { return &t.c.Node.Lease }, time.Second, 5*time.Minute)},

	{Name: "log.level", Default: "info", Help: "How much is logged.",
		Choices: []string{"debug", "info", "warn", "error"}, value: text(func(t target) *string { return &t.c.Log.Level })},
	{Name: "log.format", Default: "text", Help: "How it is written.",
		Choices: []string{"text", "json"}, value: text(func(t target) *string { return &t.c.Log.Format })},

	{Name: "tracing.endpoint", Example: "http://127.0.0.1:4318", Help: "Where the collector takes OTLP over HTTP; without a path, /v1/traces is meant. Not given, the standard variables\nOTEL_EXPORTER_OTLP_TRACES_ENDPOINT and OTEL_EXPORTER_OTLP_ENDPOINT are heeded; without those nothing is traced.",
		value: text(func(t target) *string { return &t.c.Tracing.Endpoint }, collectorURL)},
	{Name: "tracing.sample", Default: "0.1", Help: "Share of the traces that begin here and are kept, from 0 to 1. A trace that the caller began is kept when the caller does.",
		value: share(func(t target) *float64 { return &t.c.Tracing.Sample })},

	{Name: "console.enabled", Default: "true", Help: "Whether there are any.",
		value: flag(func(t target) *bool { return &t.c.Console.Enabled })},
	{Name: "console.url", Example: "https://svcgate.example.com", Help: "Where browsers find this server, when a proxy stands before it; one-time links begin with it. Browsers keep a session\nover https only, or on this machine.",
		value: text(func(t target) *string { return &t.c.Console.URL }, consoleURL)},
	{Name: "console.proxies", Example: "[10.0.0.5, 10.1.0.0/16]", Help: "Addresses of proxies that say in X-Forwarded-For where a browser is. Wrong sign-ins are counted by that address; without\nthis all browsers behind a proxy count as one.",
		value: networks(func(t target) *[]netip.Prefix { return &t.c.Console.Proxies })},

	{Name: "limits.max_in_flight", Default: "256", Help: "Requests at work at one time; more are turned away with 503.",
		value: number(func(t target) *int { return &t.c.Limits.MaxInFlight }, 1, 100_000)},
	{Name: "limits.call", Default: "35s", Help: "How long one operation may take in all. It must leave room for the longest call_timeout.",
		value: duration(func(t target) *time.Duration { return &t.c.Limits.Call }, time.Second, 5*time.Minute)},
	{Name: "limits.connections_per_address", Default: "1024", Help: "Connections that one address may have open. Behind a proxy all of them come from its address.",
		value: number(func(t target) *int { return &t.c.Limits.ConnectionsPerAddress }, 1, 100_000)},

	{Name: "rates.requests", Default: "500", Help: "Requests a second of one caller, all but inquiries; twice as many at once after a pause. 0: no limit.",
		value: number(func(t target) *int { return &t.c.Rates.Requests }, 0, 1_000_000)},
	{Name: "rates.inquiries", Default: "200", Help: "Inquiries a second of one caller, counted apart: whoever tries out card numbers does it with them. 0: no limit.",
		value: number(func(t target) *int { return &t.c.Rates.Inquiries }, 0, 1_000_000)},

	{Name: "idempotency.keep", Default: "35d", Help: "How long the Idempotency-Key of a settled request is known; never less than a day. One that is not settled is kept.",
		value: duration(func(t target) *time.Duration { return &t.c.Idempotency.Keep }, 24*time.Hour, 10*365*24*time.Hour)},
	{Name: "idempotency.derive_keys", Example: "[oms-old]", Help: "Tokens, by name, of callers that cannot send an Idempotency-Key. It is made of service, order, sequence, operation,\namount and authorization.",
		value: names(func(t target) *[]string { return &t.c.Idempotency.DeriveKeys })},

	{Name: "duplicates.window", Default: "10m", Help: "For how long a request for the same order, operation, card and amount needs confirm_duplicate. 0s: never.",
		value: duration(func(t target) *time.Duration { return &t.c.Duplicates.Window }, 0, 24*time.Hour)},

	{Name: "settling.schedule", Default: "[30s, 2m, 10m, 1h, 6h, 24h]", Help: "When to ask, each time counted from the try before; the last entry repeats. A read of the transaction asks too.",
		value: durations(func(t target) *[]time.Duration { return &t.c.Settling.Schedule }, 10*time.Millisecond, 7*24*time.Hour)},
	{Name: "settling.quiet", Default: "90s", Help: "How long a message without an answer may still be carried out; before that, a balance that did not change proves\nnothing. At least the longest call_timeout.",
		value: duration(func(t target) *time.Duration { return &t.c.Settling.Quiet }, time.Second, 24*time.Hour)},
	{Name: "settling.every", Default: "2s", Help: "How often is looked for what is due.",
		value: duration(func(t target) *time.Duration { return &t.c.Settling.Every }, 10*time.Millisecond, time.Minute)},

	{Name: "baseline.activate", Default: "last-known", Help: "For activations.",
		Choices: policies, value: policy(svcgate.Activate)},
	{Name: "baseline.recharge", Default: "last-known", Help: "For recharges.",
		Choices: policies, value: policy(svcgate.Recharge)},
	{Name: "baseline.authorize", Default: "last-known", Help: "For authorizations.",
		Choices: policies, value: policy(svcgate.Authorize)},
	{Name: "baseline.return", Default: "last-known", Help: "For returns.",
		Choices: policies, value: policy(svcgate.Return)},
	{Name: "baseline.void", Default: "last-known", Help: "For voids.",
		Choices: policies, value: policy(svcgate.Void)},

	{Name: "breaker.failures", Default: "5", Help: "Messages in a row without an answer before the provider is left alone. 0: never.",
		value: number(func(t target) *int { return &t.c.Breaker.Failures }, 0, 1000)},
	{Name: "breaker.open", Default: "30s", Help: "For how long.",
		value: duration(func(t target) *time.Duration { return &t.c.Breaker.Open }, 100*time.Millisecond, time.Hour)},

	{Name: "services[].code", Required: true, Example: "RLT", Help: "The OMS's service code. Oracle Retail Customer Engagement is RLT.",
		value: text(func(t target) *string { return &t.s.Code }, serviceCode)},
	{Name: "services[].provider", Default: "orce", Help: "Which provider speaks for the service.",
		Choices: []string{"orce"}, value: text(func(t target) *string { return &t.s.Provider })},
	{Name: "services[].url", Required: true, Example: "https://orce.example.com/relateui/OMS/xmlapi", Help: "Where the provider takes messages. OMS in the path is the company code.",
		value: text(func(t target) *string { return &t.s.URL }, providerURL)},
	{Name: "services[].allow_plain_http", Default: "false", Help: "Allow an http:// URL to another machine, where everybody on the way can read card numbers: for a simulator in a\ntest network only.",
		value: flag(func(t target) *bool { return &t.s.AllowPlainHTTP })},
	{Name: "services[].username", Example: "svcgate", Help: "User of HTTP Basic authentication.",
		value: text(func(t target) *string { return &t.s.Username }, userName)},
	{Name: "services[].password_file", Example: "/etc/svcgate/orce.password", Help: "File that holds the user's password and nothing else (mode 0600).",
		value: secretFile(func(t target) *Secret { return &t.s.Password })},
	{Name: "services[].password_env", Example: "ORCE_PASSWORD", Help: "Environment variable that holds the password, instead of password_file.",
		value: secretEnv(func(t target) *Secret { return &t.s.Password })},
	{Name: "services[].bearer_token_file", Example: "/etc/svcgate/orce.token", Help: "File that holds a bearer token, instead of a user and password (mode 0600).",
		value: secretFile(func(t target) *Secret { return &t.s.BearerToken })},
	{Name: "services[].bearer_token_env", Example: "ORCE_TOKEN", Help: "Environment variable that holds the bearer token, instead of bearer_token_file.",
		value: secretEnv(func(t target) *Secret { return &t.s.BearerToken })},
	{Name: "services[].proxy_host", Example: "proxy.example.com", Help: "HTTP proxy on the way to the provider. HTTP_PROXY and its like are not looked at.",
		value: text(func(t target) *string { return &t.s.ProxyHost }, hostName)},
	{Name: "services[].proxy_port", Example: "3128", Help: "Port of the proxy.",
		value: number(func(t target) *int { return &t.s.ProxyPort }, 1, 65535)},
	{Name: "services[].ca_file", Example: "/etc/svcgate/orce-ca.pem", Help: "Certificates (PEM) that the provider's certificate must lead to, instead of the system's.",
		value: readable(func(t target) *string { return &t.s.CAFile })},
	{Name: "services[].cert_file", Example: "/etc/svcgate/client.pem", Help: "Client certificate (PEM); key_file belongs to it.",
		value: readable(func(t target) *string { return &t.s.CertFile })},
	{Name: "services[].key_file", Example: "/etc/svcgate/client.key", Help: "Private key (PEM) of the client certificate (mode 0600).",
		value: keyFile(func(t target) *string { return &t.s.KeyFile })},
	{Name: "services[].dial_timeout", Default: "5s", Help: "How long connecting may take.",
		value: duration(func(t target) *time.Duration { return &t.s.DialTimeout }, 100*time.Millisecond, time.Minute)},
	{Name: "services[].call_timeout", Default: "30s", Help: "How long a message and its answer may take in all. Afterwards the outcome is unknown.",
		value: duration(func(t target) *time.Duration { return &t.s.CallTimeout }, 100*time.Millisecond, 5*time.Minute)},
	{Name: "services[].strict_soap", Default: "false", Help: "Correct the two places where the documented envelope breaks SOAP 1.1.",
		value: flag(func(t target) *bool { return &t.s.StrictSOAP })},
	{Name: "services[].bare_messages", Default: "false", Help: "Send the payload without an envelope.",
		value: flag(func(t target) *bool { return &t.s.BareMessages })},
	{Name: "services[].trust_auth_rejections", Default: "true", Help: "Take a 401 or 403 of the provider as proof that the message was not carried out. Otherwise its outcome is unknown.",
		value: flag(func(t target) *bool { return &t.s.TrustAuthRejections })},
	{Name: "services[].presenters_id", Example: `"12345"`, Help: "Presenter's ID: the card prefix of virtual cards (CardPrefix). Zeros in front count.",
		value: text(func(t target) *string { return &t.s.PresentersID }, identifier)},
	{Name: "services[].submitters_id", Example: `"01"`, Help: "Submitter's ID: the card series' sequence number (CardSeriesSequence). Zeros in front count.",
		value: text(func(t target) *string { return &t.s.SubmittersID }, identifier)},
	{Name: "services[].signon", Default: `""`, Help: "Signon: sent as LocationID; may be empty.",
		value: text(func(t target) *string { return &t.s.Signon }, identifier)},
	{Name: "services[].send_currency", Default: "false", Help: "Send the order's currency as CurrencyID. The documented messages leave it empty.",
		value: flag(func(t target) *bool { return &t.s.SendCurrency })},
	{Name: "services[].default_currency", Default: "USD", Help: "Currency (ISO 4217) of answers that name none.",
		value: text(func(t target) *string { return &t.s.DefaultCurrency }, currency)},
	{Name: "services[].time_zone", Default: "UTC", Help: "Zone of the local times in messages, such as America/New_York.",
		value: zone(func(t target) **time.Location { return &t.s.Location })},

	{Name: "services[].immediate_response", Example: "true", Help: "Service bureau: Immediate response. Judged by check-config, as are the settings below.",
		value: flag(func(t target) *bool { return &t.s.OMS.ImmediateResponse })},
	{Name: "services[].primary_authorization_service", Example: ".IL", Help: "Service bureau: Primary authorization service.",
		value: text(func(t target) *string { return &t.s.OMS.PrimaryAuthorizationService }, printable)},
	{Name: "services[].communication_type", Example: "Payment Link", Help: "Service bureau: Communication type.",
		value: text(func(t target) *string { return &t.s.OMS.CommunicationType }, printable)},
	{Name: "services[].reauthorization_days", Example: "999", Help: "Pay type: Reauthorization days.",
		value: number(func(t target) *int { return &t.s.OMS.ReauthorizationDays }, 0, 999)},
	{Name: "services[].credit_card_length", Example: "16", Help: "Pay type: Credit card length.",
		value: number(func(t target) *int { return &t.s.OMS.CreditCardLength }, 0, 99)},
	{Name: "services[].leading_digits", Example: `"6"`, Help: "Pay type: Leading digits.",
		value: text(func(t target) *string { return &t.s.OMS.LeadingDigits }, printable)},
	{Name: "services[].second_payment", Default: "false", Help: "Every order also carries another credit card payment (it matters when J19 is off).",
		value: flag(func(t target) *bool { return &t.s.OMS.SecondPayment })},
	{Name: "services[].card_number_length", Example: "16", Help: "Provider: Card Number Length.",
		value: number(func(t target) *int { return &t.s.OMS.CardNumberLength }, 0, 99)},
	{Name: "services[].card_number_prefix", Example: `"6"`, Help: "Provider: Card Number Prefix.",
		value: text(func(t target) *string { return &t.s.OMS.CardNumberPrefix }, printable)},

	{Name: "services[].control_values.I24", Example: `""`, Help: "Modulus Checking Method.",
		value: text(func(t target) *string { return &t.s.OMS.I24 }, printable)},
	{Name: "services[].control_values.I26", Example: "RLT", Help: "Activation Authorization Service.",
		value: text(func(t target) *string { return &t.s.OMS.I26 }, printable)},
	{Name: "services[].control_values.J19", Example: "yes", Help: "Balance Inquiry during Batch Authorizations.",
		value: selected(func(t target) *bool { return &t.s.OMS.J19 })},
	{Name: "services[].control_values.J20", Example: "no", Help: "Authorization Reversal during Deposit Processing.",
		value: selected(func(t target) *bool { return &t.s.OMS.J20 })},
	{Name: "services[].control_values.J21", Example: "yes", Help: "Retain Unused Authorization After Deposit.",
		value: selected(func(t target) *bool { return &t.s.OMS.J21 })},
	{Name: "services[].control_values.L13", Example: `""`, Help: "Deposit Service for Conditional Deposits.",
		value: text(func(t target) *string { return &t.s.OMS.L13 }, printable)},
	{Name: "services[].control_values.I96", Example: "no", Help: "Online Authorization Verification Only.",
		value: selected(func(t target) *bool { return &t.s.OMS.I96 })},
	{Name: "services[].control_values.I08", Example: `""`, Help: "Authorization Number for Authorizations Under 1.00.",
		value: text(func(t target) *string { return &t.s.OMS.I08 }, printable)},
	{Name: "services[].control_values.F93", Example: `""`, Help: "Default Authorization Number for Soft Declines.",
		value: text(func(t target) *string { return &t.s.OMS.F93 }, printable)},
}

// The types' names and the kinds of YAML scalars come with the values; the table keeps them together.
func init() {
	for i := range keys {
		keys[i].Type = keys[i].value.name
		if keys[i].Choices != nil {
			keys[i].Type = "one of " + strings.Join(keys[i].Choices, ", ")
		}
	}
}

// keysBelow returns the keys that stand directly in a section ("" for the top), and the names of the sections in it.
func keysBelow(section string) (here map[string]*Key, inner []string) {
	here = map[string]*Key{}
	lead := ""
	switch {
	case section == "services":
		lead = "services[]."
	case section != "":
		lead = section + "."
	}
	for i := range keys {
		name, in := strings.CutPrefix(keys[i].Name, lead)
		if !in {
			continue
		}
		if first, _, deeper := strings.Cut(name, "."); deeper {
			if first = strings.TrimSuffix(first, "[]"); !slices.Contains(inner, first) {
				inner = append(inner, first)
			}
			continue
		}
		here[name] = &keys[i]
	}
	return here, inner
}
