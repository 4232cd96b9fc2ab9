package responsecodes

import (
	"context"
	"slices"
	"sync"

	"github.com/svcgate/svcgate"
)

// Memory is a Store that ends with the process, for tests and simulations. It keeps no audit trail. The zero value is
// empty and ready; it is safe for concurrent use.
type Memory struct {
	mu       sync.Mutex
	versions []Version
	drafts   map[string]*Draft
}

var _ Store = (*Memory)(nil)

// PublishedCodes is told by Store, as are the other methods.
func (m *Memory) PublishedCodes(context.Context) ([]Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := map[string]Version{}
	for _, v := range m.versions {
		last[v.Service] = v
	}
	var all []Version
	for _, v := range last {
		v.Rules = sorted(v.Rules)
		all = append(all, v)
	}
	return all, nil
}

// CodesRevision counts the versions.
func (m *Memory) CodesRevision(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(len(m.versions)), nil
}

// CodeVersions lists a service bureau's.
func (m *Memory) CodeVersions(_ context.Context, service string, limit int) ([]Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Version
	for _, v := range slices.Backward(m.versions) {
		if v.Rules = nil; v.Service == service && len(all) < limit {
			all = append(all, v)
		}
	}
	return all, nil
}

// CodeVersion finds one.
func (m *Memory) CodeVersion(_ context.Context, service string, number int) (*Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, v := range m.versions {
		if v.Service == service && v.Number == number {
			v.Rules = sorted(v.Rules)
			return &v, nil
		}
	}
	return nil, &svcgate.Error{Code: svcgate.CodeNotFound}
}

// CodeDraft finds one.
func (m *Memory) CodeDraft(_ context.Context, service string) (*Draft, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := m.drafts[service]; d != nil {
		return d.copy(), nil
	}
	return nil, nil
}

// SaveCodeDraft keeps one.
func (m *Memory) SaveCodeDraft(_ context.Context, d *Draft, was, _, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.holds(d.Service, was) {
		return ErrChanged
	}
	if m.drafts == nil {
		m.drafts = map[string]*Draft{}
	}
	m.drafts[d.Service] = d.copy()
	return nil
}

// DropCodeDraft forgets one.
func (m *Memory) DropCodeDraft(_ context.Context, service, was, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if was == "" || !m.holds(service, was) {
		return ErrChanged
	}
	delete(m.drafts, service)
	return nil
}

// PublishCodes keeps one.
func (m *Memory) PublishCodes(_ context.Context, v *Version, draft string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := 0
	for _, old := range m.versions {
		if old.Service == v.Service {
			last = old.Number
		}
	}
	if v.Number != last+1 || draft != "" && !m.holds(v.Service, draft) {
		return ErrChanged
	}
	if draft != "" {
		delete(m.drafts, v.Service)
	}
	kept := *v
	kept.Rules = sorted(v.Rules)
	m.versions = append(m.versions, kept)
	return nil
}

func (m *Memory) holds(service, etag string) bool {
	d := m.drafts[service]
	return d == nil && etag == "" || d != nil && d.ETag == etag
}

func (d *Draft) copy() *Draft {
	c := *d
	c.Rules, c.Editors = sorted(d.Rules), slices.Clone(d.Editors)
	return &c
}
