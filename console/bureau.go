package console

import (
	"context"
	"time"

	"github.com/svcgate/svcgate/access"
)

// Bureaus tells of the service bureaus that are configured.
type Bureaus interface {
	// Bureaus returns them in the order of the settings. It holds no secret.
	Bureaus() []Bureau
	// Probe goes the way to a bureau's provider up to the door: it connects, and sends no message. An error is a service
	// that is not configured.
	Probe(ctx context.Context, service string) ([]ProbeStep, error)
}

// Bureau is a service bureau as it is configured.
type Bureau struct {
	Service  string
	Provider string
	Sections []SettingSection
	Findings []Finding // what works against the integration
	Unjudged []string  // settings that a finding could be told of, if they were given
}

// SettingSection is a group of settings.
type SettingSection struct {
	Title    string
	Settings []Setting
}

// Setting is one setting and what comes of it.
type Setting struct {
	Key     string // as in the settings file
	Label   string
	Value   string // "" for none; never a secret
	Becomes string // what it is in the messages, such as "LocationID"; "" for nothing
	Given   bool   // in the file or the environment; else it is the default
}

// Finding is one thing wrong with the settings.
type Finding struct {
	Severity string // error, conflict or warning
	Place    string // file and line
	Key      string
	Text     string
}

// ProbeStep is one step of the way to a provider.
type ProbeStep struct {
	Name, Detail string
	OK           bool
	Took         time.Duration
}

// probed is what came of a test, to be shown on the page.
type probed struct {
	Service string
	Steps   []ProbeStep
	OK      bool
}

// shownBureau is a bureau with its form.
type shownBureau struct {
	Bureau
	State wayState
	Test  *form // nil for who may not
	Last  *probed
}

func (c *Console) showBureaus(v *visit) (*answer, error) { return c.bureausPage(v, nil) }

func (c *Console) bureausPage(v *visit, last *probed) (*answer, error) {
	var shown []shownBureau
	providing := c.Providing()
	for _, b := range c.Bureaus.Bureaus() {
		state := providing[b.Service]
		one := shownBureau{Bureau: b, State: wayState{b.Service, state, wayTexts[state]}}
		if v.may(access.Inquire) {
			one.Test = newForm("test-"+b.Service, Root+"/bureaus/"+b.Service+"/test", "Test the connection")
			one.Test.Quiet = true
		}
		if last != nil && last.Service == b.Service {
			one.Last = last
		}
		shown = append(shown, one)
	}
	return v.page("bureaus", "Service bureaus", shown)
}

// probeLimit bounds a test of the connection.
const probeLimit = 20 * time.Second

// testBureau connects to the provider and hangs up. No message is sent, so no money can move.
func (c *Console) testBureau(v *visit) (*answer, error) {
	if err := v.read(newForm("test", "", "")); err != nil {
		return nil, err
	}
	service := v.variable("service")
	ctx, cancel := context.WithTimeout(v.Context(), probeLimit)
	defer cancel()
	p := &probed{Service: service, OK: true}
	err := v.audited("bureau.test", service, "", func(context.Context) (err error) {
		p.Steps, err = c.Bureaus.Probe(ctx, service)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, step := range p.Steps {
		p.OK = p.OK && step.OK
	}
	return c.bureausPage(v, p)
}
