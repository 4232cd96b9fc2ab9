package api

import (
	"net/http"
	"strconv"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// versionBody is a published version without its rules.
type versionBody struct {
	Version      int    `json:"version"`
	Published    string `json:"published_at"`
	By           string `json:"by"`
	Reason       string `json:"reason"`
	Base         *int   `json:"base"`
	RolledBackTo *int   `json:"rolled_back_to"`
}

func newVersion(v responsecodes.Version) versionBody {
	return versionBody{v.Number, v.Published.UTC().Format(milliseconds), v.By, v.Reason, counted(v.Base), counted(v.RolledBackTo)}
}

// counted returns nil for none.
func counted(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// listVersions is GET /v1/services/{service}/codes/versions, the newest first.
func (a *API) listVersions(c *call) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	f, err := readFilter(c.query)
	if err != nil {
		return nil, err
	}
	versions, err := a.Codes.Versions(c.r.Context(), service, f.Limit)
	if err != nil {
		return nil, err
	}
	body := struct {
		Versions []versionBody `json:"versions"`
	}{}
	for _, v := range versions {
		body.Versions = append(body.Versions, newVersion(v))
	}
	return write(http.StatusOK, body)
}

// getVersion is GET /v1/services/{service}/codes/versions/{number}, as JSON or CSV.
func (a *API) getVersion(c *call) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(c.variable("number"))
	if err != nil || number < 1 {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Reason: "version_not_found", Detail: "Versions are numbered from 1."}
	}
	v, err := a.Codes.Version(c.r.Context(), service, number)
	if err != nil {
		return nil, err
	}
	return c.writeRules(v.Rules, struct {
		versionBody
		Codes []ruleBody `json:"codes"`
	}{newVersion(*v), newRules(v.Rules)})
}

// publishCodes is POST /v1/services/{service}/codes/publish: the draft that If-Match names is in force from now on.
func (a *API) publishCodes(c *call) (*answer, error) {
	service, tag, err := a.publication(c)
	if err != nil {
		return nil, err
	}
	var reason string
	if err := c.readPublication(reasonMember(&reason)); err != nil {
		return nil, err
	}
	v, err := a.Codes.Publish(c.r.Context(), c.caller.Name, service, tag, reason)
	return c.writeVersion(v, err)
}

// rollBackCodes is POST /v1/services/{service}/codes/rollback: the rules of an earlier version are in force again. If-Match
// names the published version.
func (a *API) rollBackCodes(c *call) (*answer, error) {
	service, tag, err := a.publication(c)
	if err != nil {
		return nil, err
	}
	var number *int
	var reason string
	if err := c.readPublication(reasonMember(&reason), member{name: "version", kind: '0', reason: "invalid_version",
		advice: "Give the number of a published version.", take: maybe(&number)}); err != nil {
		return nil, err
	}
	if number == nil {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_version", Field: "version", Detail: "Give the number of a published version."}
	}
	now := a.published(service)
	if tag != versionTag(now) {
		return nil, &svcgate.Error{Code: svcgate.CodeConflict, Reason: "stale", Op: "rollback",
			Detail: "Version " + strconv.Itoa(now.Number) + " is published, which is not the one that you read; nothing was changed."}
	}
	v, err := a.Codes.Rollback(c.r.Context(), c.caller.Name, service, now.Number, *number, reason)
	return c.writeVersion(v, err)
}

func (a *API) publication(c *call) (service, tag string, err error) {
	if service, err = a.service(c); err != nil {
		return "", "", err
	}
	tag, err = c.ifMatch()
	return service, tag, err
}

func (c *call) readPublication(members ...member) error {
	body, err := c.readBody(typeJSON, maxBody)
	if err != nil {
		return err
	}
	return decode(body, members)
}

func reasonMember(to *string) member {
	return member{name: "reason", kind: '"', reason: "invalid_reason", advice: "Say why, as text, in double quotes.", take: text(to)}
}

func (c *call) writeVersion(v *responsecodes.Version, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	c.header.Set("ETag", etag(versionTag(v)))
	c.header.Set("Location", "/v1/services/"+v.Service+"/codes/versions/"+strconv.Itoa(v.Number))
	return write(http.StatusCreated, newVersion(*v))
}
