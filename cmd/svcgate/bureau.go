package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/console"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/soap"
)

// bureaus tells the console of the service bureaus as the settings have them.
type bureaus struct{ config *config.Config }

// setting is a row of what the console shows; the key is that of the settings file, below services[].
type setting struct {
	key, label, becomes string
	value               func(*config.Service) string
}

func text(at func(*config.Service) string) func(*config.Service) string { return at }

func onOff(at func(*config.Service) bool) func(*config.Service) string {
	return func(s *config.Service) string {
		if at(s) {
			return "yes"
		}
		return "no"
	}
}

func count(at func(*config.Service) int) func(*config.Service) string {
	return func(s *config.Service) string {
		if at(s) == 0 {
			return ""
		}
		return strconv.Itoa(at(s))
	}
}

// secretGiven says whether there is a secret, and nothing of it.
func secretGiven(at func(*config.Service) config.Secret) func(*config.Service) string {
	return func(s *config.Service) string {
		if at(s).Given() {
			return "given, not shown"
		}
		return ""
	}
}

var settingSections = []struct {
	title string
	oms   bool // of the order management system and the provider: judged, and not used
	rows  []setting
}{
	{"Messages", false, []setting{
		{"presenters_id", "Presenter's ID", "CardPrefix", text(func(s *config.Service) string { return s.PresentersID })},
		{"submitters_id", "Submitter's ID", "CardSeriesSequence", text(func(s *config.Service) string { return s.SubmittersID })},
		{"signon", "Signon", "LocationID", text(func(s *config.Service) string { return s.Signon })},
		{"", "User", "UserID, UserName, OperatorID", func(*config.Service) string { return mapping.DefaultUserID }},
		{"send_currency", "Send the currency", "CurrencyID", onOff(func(s *config.Service) bool { return s.SendCurrency })},
		{"default_currency", "Currency of answers that name none", "", text(func(s *config.Service) string { return s.DefaultCurrency })},
		{"time_zone", "Zone of local times", "dates and times without offset", func(s *config.Service) string { return s.Location.String() }},
		{"strict_soap", "Strict SOAP 1.1", "the envelope", onOff(func(s *config.Service) bool { return s.StrictSOAP })},
		{"bare_messages", "Without an envelope", "the envelope", onOff(func(s *config.Service) bool { return s.BareMessages })},
	}},
	{"Connection", false, []setting{
		{"url", "Address", "", text(func(s *config.Service) string { return s.URL })},
		{"allow_plain_http", "Plain HTTP to another machine", "", onOff(func(s *config.Service) bool { return s.AllowPlainHTTP })},
		{"username", "User", "Authorization: Basic", text(func(s *config.Service) string { return s.Username })},
		{"password_file", "Password", "Authorization: Basic", secretGiven(func(s *config.Service) config.Secret { return s.Password })},
		{"bearer_token_file", "Bearer token", "Authorization: Bearer", secretGiven(func(s *config.Service) config.Secret { return s.BearerToken })},
		{"proxy_host", "Proxy", "", text(func(s *config.Service) string { return s.ProxyHost })},
		{"proxy_port", "Port of the proxy", "", count(func(s *config.Service) int { return s.ProxyPort })},
		{"ca_file", "Certificate authorities", "", text(func(s *config.Service) string { return s.CAFile })},
		{"cert_file", "Client certificate", "", text(func(s *config.Service) string { return s.CertFile })},
		{"dial_timeout", "Longest connecting", "", func(s *config.Service) string { return s.DialTimeout.String() }},
		{"call_timeout", "Longest call", "", func(s *config.Service) string { return s.CallTimeout.String() }},
		{"trust_auth_rejections", "A 401 or 403 proves that nothing was done", "", onOff(func(s *config.Service) bool { return s.TrustAuthRejections })},
	}},
	{"Order management system and provider, for judging only", true, []setting{
		{"immediate_response", "Service bureau: immediate response", "", onOff(func(s *config.Service) bool { return s.OMS.ImmediateResponse })},
		{"primary_authorization_service", "Service bureau: primary authorization service", "", text(func(s *config.Service) string { return s.OMS.PrimaryAuthorizationService })},
		{"communication_type", "Service bureau: communication type", "", text(func(s *config.Service) string { return s.OMS.CommunicationType })},
		{"reauthorization_days", "Pay type: reauthorization days", "", count(func(s *config.Service) int { return s.OMS.ReauthorizationDays })},
		{"credit_card_length", "Pay type: credit card length", "", count(func(s *config.Service) int { return s.OMS.CreditCardLength })},
		{"leading_digits", "Pay type: leading digits", "", text(func(s *config.Service) string { return s.OMS.LeadingDigits })},
		{"card_number_length", "Provider: card number length", "", count(func(s *config.Service) int { return s.OMS.CardNumberLength })},
		{"card_number_prefix", "Provider: card number prefix", "", text(func(s *config.Service) string { return s.OMS.CardNumberPrefix })},
		{"control_values.I24", "Modulus checking method", "", text(func(s *config.Service) string { return s.OMS.I24 })},
		{"control_values.I26", "Activation authorization service", "", text(func(s *config.Service) string { return s.OMS.I26 })},
		{"control_values.J19", "Balance inquiry during batch authorizations", "", onOff(func(s *config.Service) bool { return s.OMS.J19 })},
		{"control_values.J20", "Authorization reversal during deposit processing", "", onOff(func(s *config.Service) bool { return s.OMS.J20 })},
		{"control_values.J21", "Retain unused authorization after deposit", "", onOff(func(s *config.Service) bool { return s.OMS.J21 })},
		{"control_values.L13", "Deposit service for conditional deposits", "", text(func(s *config.Service) string { return s.OMS.L13 })},
		{"control_values.I96", "Online authorization verification only", "", onOff(func(s *config.Service) bool { return s.OMS.I96 })},
		{"control_values.I08", "Authorization number under 1.00", "", text(func(s *config.Service) string { return s.OMS.I08 })},
		{"control_values.F93", "Authorization number for soft declines", "", text(func(s *config.Service) string { return s.OMS.F93 })},
	}},
}

// Bureaus lists the services with their settings and what check-config says of them.
func (b bureaus) Bureaus() []console.Bureau {
	var all []console.Bureau
	problems, unjudged := b.config.Check(), b.config.Unjudged()
	for n, s := range b.config.Services {
		entry := fmt.Sprintf("services[%d].", n)
		one := console.Bureau{Service: s.Code, Provider: s.Provider}
		for _, section := range settingSections {
			shown := console.SettingSection{Title: section.title}
			for _, row := range section.rows {
				given := row.key == "" || b.config.File == demoFile || b.config.Given(entry+row.key) || b.config.Given(entry+strings.Replace(row.key, "_file", "_env", 1))
				v := console.Setting{Key: row.key, Label: row.label, Value: row.value(s), Becomes: row.becomes, Given: given}
				if section.oms && !b.config.Given(entry+row.key) || v.Value == "" && v.Becomes == "" {
					continue // not known, and named in Unjudged; or nothing
				}
				shown.Settings = append(shown.Settings, v)
			}
			if len(shown.Settings) > 0 {
				one.Sections = append(one.Sections, shown)
			}
		}
		for _, p := range problems {
			if key, ours := strings.CutPrefix(p.Key, entry); ours {
				place, _, _ := strings.Cut(p.String(), ": ")
				one.Findings = append(one.Findings, console.Finding{Severity: string(p.Severity), Place: place, Key: key, Text: p.Text})
			}
		}
		for _, key := range unjudged {
			if key, ours := strings.CutPrefix(key, entry); ours {
				one.Unjudged = append(one.Unjudged, key)
			}
		}
		all = append(all, one)
	}
	return all
}

// Probe connects to a service's provider and hangs up.
func (b bureaus) Probe(ctx context.Context, service string) ([]console.ProbeStep, error) {
	s, ok := b.config.Service(service)
	if !ok {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no service bureau of this code."}
	}
	client, err := newSOAP(s)
	if err != nil { // a file that was renewed since the start
		return []console.ProbeStep{{Name: "Settings", Detail: err.Error()}}, nil
	}
	defer client.Close()
	way, err := client.Reach(ctx)
	return probeSteps(way, err), nil
}

// probeSteps tells the way step by step, up to the one that failed.
func probeSteps(way soap.Way, err error) []console.ProbeStep {
	failed, _ := errors.AsType[*soap.TransportError](err)
	steps := []console.ProbeStep{{Name: "Connection", Detail: "to " + way.Address, OK: true, Took: way.Took}}
	end := func(at *console.ProbeStep) []console.ProbeStep {
		at.OK, at.Detail = false, at.Detail+": "+failed.Err.Error()
		return steps
	}
	last := func() *console.ProbeStep { return &steps[len(steps)-1] }
	if failed != nil && failed.Op == soap.OpDial {
		return end(last())
	}
	if way.Proxy {
		steps = append(steps, console.ProbeStep{Name: "Proxy", Detail: "the tunnel to the provider", OK: true})
		if failed != nil && failed.Op == soap.OpProxy {
			return end(last())
		}
	}
	if failed != nil {
		steps = append(steps, console.ProbeStep{Name: "TLS", Detail: "the handshake"})
		return end(last())
	}
	if way.TLS != "" {
		days := int(time.Until(way.Expires).Hours() / 24)
		steps = append(steps, console.ProbeStep{Name: way.TLS, OK: true,
			Detail: fmt.Sprintf("the certificate by %s is good for %d days more", way.Issuer, days)})
	}
	return steps
}
