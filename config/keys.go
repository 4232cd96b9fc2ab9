package config

import (
	"slices"
	"strings"
	"time"
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
}

// Variable returns the environment variable that overrides the key; service is the code of the service bureau for
// keys of a service.
func (k Key) Variable(service string) string { return variable(k.Name, service) }

// Keys returns the table, in the order of the example file.
func Keys() []Key { return slices.Clone(keys) }

// sections are the parts of the file that hold keys, with what the example file says above them.
var sections = []struct{ name, help string }{
	{"log", "What is logged. Card numbers are masked at every level."},
	{"limits", "How much is taken on at one time, and for how long."},
	{"services", "The service bureaus, one entry each."},
	{"services[].control_values", "System control values of the OMS that decide which messages it asks for. svcgate check-config judges those\ngiven here; svcgate itself does not use them."},
}

var keys = []Key{
	{Name: "listen", Default: "127.0.0.1:8080", Help: "Address of the API. It speaks plain HTTP: beyond this machine, put a proxy with TLS before it.",
		value: address(func(t target) *string { return &t.c.Listen })},
	{Name: "admin_listen", Default: "127.0.0.1:8081", Help: "Address of /metrics, /livez and /readyz, which ask for no token.",
		value: address(func(t target) *string { return &t.c.AdminListen })},
	{Name: "database", Default: "/var/lib/svcgate/svcgate.db", Help: "The SQLite file, on a local disk. Relative paths, here and below, start from this file's folder.",
		value: path(func(t target) *string { return &t.c.Database })},
	{Name: "key_file", Default: "/etc/svcgate/svcgate.key", Help: "Keys that seal card numbers at rest; svcgate keys init makes the file. Only its owner may read it (mode 0600).",
		value: keyFile(func(t target) *string { return &t.c.KeyFile })},
	{Name: "keep_generated_cards", Default: "24h", Help: "How long a generated card number is given again under its Idempotency-Key. Then its sealed copy is erased.",
		value: duration(func(t target) *time.Duration { return &t.c.KeepNewCards }, time.Minute, 30*24*time.Hour)},

	{Name: "log.level", Default: "info", Help: "How much is logged.",
		Choices: []string{"debug", "info", "warn", "error"}, value: text(func(t target) *string { return &t.c.Log.Level })},
	{Name: "log.format", Default: "text", Help: "How it is written.",
		Choices: []string{"text", "json"}, value: text(func(t target) *string { return &t.c.Log.Format })},

	{Name: "limits.max_in_flight", Default: "256", Help: "Requests at work at one time; more are turned away with 503.",
		value: number(func(t target) *int { return &t.c.Limits.MaxInFlight }, 1, 100_000)},
	{Name: "limits.call", Default: "35s", Help: "How long one operation may take in all. It must leave room for the longest call_timeout.",
		value: duration(func(t target) *time.Duration { return &t.c.Limits.Call }, time.Second, 5*time.Minute)},

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
