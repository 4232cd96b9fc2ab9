package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/config"
)

// folder makes a folder with a key file, a password file and the settings file, and returns the latter's path.
func folder(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"svcgate.key": "keys", "orce.password": "tell-nobody\n", "svcgate.yaml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "svcgate.yaml")
}

const whole = `listen: 127.0.0.1:9080
admin_listen: "[::1]:9081"
database: data/svcgate.db
key_file: svcgate.key
keep_generated_cards: 2h
log:
  level: debug
  format: json
tracing: {endpoint: "http://127.0.0.1:4318", sample: 0.25}
console: {enabled: false, url: "https://svcgate.example.com", proxies: [10.0.0.5, 10.1.2.3/16, "2001:db8::/32"]}
limits:
  max_in_flight: 12
  call: 20s
  connections_per_address: 9
live: false
rates: {requests: 0, inquiries: 7}
idempotency:
  keep: 40d
  derive_keys: [oms-old, other]
duplicates: {window: 0s}
settling:
  schedule: [1m, 2m, 1d]
  quiet: 40s
  every: 5s
baseline:
  recharge: fresh
  authorize: off
breaker: {failures: 0, open: 1m}
services:
  - code: RLT
    url: https://orce.example.com/relateui/OMS/xmlapi
    username: svcgate
    password_file: orce.password
    proxy_host: proxy.example.com
    proxy_port: 3128
    dial_timeout: 2s
    call_timeout: 15s
    strict_soap: true
    bare_messages: true
    trust_auth_rejections: true
    presenters_id: 01234
    submitters_id: 06
    signon: ""
    send_currency: true
    default_currency: EUR
    time_zone: Europe/Berlin
    control_values:
      J20: N
`

func load(t *testing.T, path string, env ...string) *config.Config {
	t.Helper()
	c, problems := config.Load(path, env)
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	return c
}

func TestLoadReadsEveryValue(t *testing.T) {
	t.Parallel()
	path := folder(t, whole)
	c := load(t, path)
	s, ok := c.Service("RLT")
	if !ok {
		t.Fatal("service RLT is missing")
	}
	password, err := s.Password.Read()
	if err != nil || password != "tell-nobody" {
		t.Errorf("password: %q, %v", password, err)
	}
	for name, pair := range map[string][2]any{
		"listen":           {c.Listen, "127.0.0.1:9080"},
		"admin_listen":     {c.AdminListen, "[::1]:9081"},
		"database":         {c.Database, filepath.Join(filepath.Dir(path), "data", "svcgate.db")},
		"keep":             {c.KeepNewCards, 2 * time.Hour},
		"log":              {c.Log, config.Log{Level: "debug", Format: "json"}},
		"tracing":          {fmt.Sprintf("%s %v", c.Tracing.Endpoint, c.Tracing.Sample), "http://127.0.0.1:4318 0.25"},
		"console":          {fmt.Sprintf("%t %s", c.Console.Enabled, c.Console.URL), "false https://svcgate.example.com"},
		"limits":           {c.Limits, config.Limits{MaxInFlight: 12, Call: 20 * time.Second, ConnectionsPerAddress: 9}},
		"live":             {c.Live, false},
		"rates":            {c.Rates, config.Rates{Requests: 0, Inquiries: 7}},
		"keep keys":        {c.Idempotency.Keep, 40 * 24 * time.Hour},
		"proxies":          {fmt.Sprint(c.Console.Proxies), "[10.0.0.5/32 10.1.0.0/16 2001:db8::/32]"},
		"derive keys":      {fmt.Sprint(c.Idempotency.DeriveKeys), "[oms-old other]"},
		"duplicates":       {c.Duplicates.Window, time.Duration(0)},
		"schedule":         {fmt.Sprint(c.Settling.Schedule), "[1m0s 2m0s 24h0m0s]"},
		"settling":         {c.Settling.Quiet + c.Settling.Every, 45 * time.Second},
		"breaker":          {c.Breaker, config.Breaker{Failures: 0, Open: time.Minute}},
		"baseline":         {fmt.Sprint(c.Baseline), "map[activate:last-known recharge:fresh authorize:off return:last-known void:last-known]"},
		"provider":         {s.Provider, "orce"},
		"username":         {s.Username, "svcgate"},
		"proxy":            {fmt.Sprint(s.ProxyHost, s.ProxyPort), "proxy.example.com3128"},
		"timeouts":         {s.DialTimeout + s.CallTimeout, 17 * time.Second},
		"switches":         {s.StrictSOAP && s.BareMessages && s.TrustAuthRejections && s.SendCurrency, true},
		"presenters_id":    {s.PresentersID, "01234"},
		"submitters_id":    {s.SubmittersID, "06"},
		"default_currency": {s.DefaultCurrency, "EUR"},
		"time_zone":        {s.Location.String(), "Europe/Berlin"},
		"bearer token":     {s.BearerToken.Given(), false},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %v, want %v", name, pair[0], pair[1])
		}
	}
}

func TestSecretsAreNotInTheConfig(t *testing.T) {
	t.Parallel()
	c := load(t, folder(t, strings.Replace(whole, "password_file: orce.password", "password_env: ORCE_PW", 1)), "ORCE_PW=tell-nobody")
	if text := fmt.Sprintf("%+v %#v %+v", c, c, *c.Services[0]); strings.Contains(text, "tell-nobody") {
		t.Errorf("the config prints a secret: %s", text)
	}
	if password, err := c.Services[0].Password.Read(); err != nil || password != "tell-nobody" {
		t.Errorf("password: %q, %v", password, err)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := load(t, folder(t, "key_file: svcgate.key\nservices:\n  - code: RLT\n    url: http://127.0.0.1:8/x\n"))
	s := c.Services[0]
	if c.Listen != "127.0.0.1:8080" || c.AdminListen != "127.0.0.1:8081" || c.KeepNewCards != 24*time.Hour ||
		c.Limits.MaxInFlight != 256 || c.Limits.ConnectionsPerAddress != 1024 || c.Limits.Call != 35*time.Second || s.DialTimeout != 5*time.Second ||
		s.CallTimeout != 30*time.Second || s.Location != time.UTC || s.DefaultCurrency != "USD" || c.Log.Level != "info" || !c.Live ||
		!c.Console.Enabled || c.Console.URL != "" || c.Console.Proxies != nil ||
		c.Idempotency.Keep != 35*24*time.Hour || c.Idempotency.DeriveKeys != nil || c.Duplicates.Window != svcgate.DefaultWindow ||
		!slices.Equal(c.Settling.Schedule, svcgate.DefaultSchedule) || c.Settling.Quiet != svcgate.DefaultQuiet ||
		c.Breaker != (config.Breaker{Failures: svcgate.DefaultBreakerFailures, Open: svcgate.DefaultBreakerOpen}) {
		t.Errorf("defaults: %+v %+v", c, s)
	}
}

func TestEnvironmentOverridesTheFile(t *testing.T) {
	t.Parallel()
	c := load(t, folder(t, strings.Replace(whole, "call: 20s", "call: soon", 1)),
		"SVCGATE_LISTEN=127.0.0.1:7000", "SVCGATE_LIMITS_CALL=40s", "SVCGATE_SERVICES_RLT_URL=https://other.example.com/",
		"SVCGATE_SERVICES_RLT_CONTROL_VALUES_J20=yes", "SVCGATE_TOKEN=svc_x", "HOME=/root",
		"SVCGATE_SETTLING_SCHEDULE=1s, 2s", "SVCGATE_IDEMPOTENCY_DERIVE_KEYS=till-1")
	if fmt.Sprint(c.Settling.Schedule, c.Idempotency.DeriveKeys) != "[1s 2s] [till-1]" {
		t.Errorf("lists were not taken: %v %v", c.Settling.Schedule, c.Idempotency.DeriveKeys)
	}
	if c.Listen != "127.0.0.1:7000" || c.Limits.Call != 40*time.Second || c.Services[0].URL != "https://other.example.com/" || !c.Services[0].OMS.J20 {
		t.Errorf("overrides were not taken: %+v %+v", c, c.Services[0])
	}
}

func TestEveryKeyHasAVariableOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, k := range config.Keys() {
		name := k.Variable("RLT")
		if other, twice := seen[name]; twice {
			t.Errorf("%s and %s share %s", k.Name, other, name)
		}
		seen[name] = k.Name
		if k.Help == "" || k.Type == "" || k.Default == "" && k.Example == "" {
			t.Errorf("%s: help, type and a default or an example must be given", k.Name)
		}
	}
	if seen["SVCGATE_SERVICES_RLT_CALL_TIMEOUT"] != "services[].call_timeout" {
		t.Errorf("variables: %v", seen)
	}
}

func TestExampleIsReadable(t *testing.T) {
	t.Parallel()
	_, problems := config.Load(folder(t, string(config.Example())), []string{"SVCGATE_KEY_FILE=svcgate.key"})
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	for _, k := range config.Keys() {
		name := k.Name[strings.LastIndexByte(k.Name, '.')+1:]
		if !strings.Contains(string(config.Example()), " "+name+": ") && !strings.Contains(string(config.Example()), "\n# "+name+": ") {
			t.Errorf("the example does not show %s", k.Name)
		}
	}
}

// Everything that is commented out in the example must be right once it is uncommented.
func TestExampleIsRightWhenUncommented(t *testing.T) {
	t.Parallel()
	var live []string
	for line := range strings.Lines(string(config.Example())) {
		trimmed := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(trimmed)]
		for _, k := range config.Keys() {
			name := k.Name[strings.LastIndexByte(k.Name, '.')+1:]
			if strings.HasPrefix(trimmed, "# "+name+": ") {
				line = indent + trimmed[2:]
			}
		}
		live = append(live, line)
	}
	_, problems := config.Load(folder(t, strings.Join(live, "")), nil)
	for _, p := range problems {
		if p.Line == 0 || !strings.Contains(p.Text, "cannot be read") && !strings.Contains(p.Text, "not set") && !strings.Contains(p.Text, "not both") {
			t.Errorf("%v", p)
		}
	}
	if len(problems) < 5 {
		t.Errorf("the files of the example exist nowhere, but only these problems are seen: %v", problems)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"timeout", "listen", "database", "log"}
	for word, want := range map[string]string{
		"timout": "timeout", "litsen": "listen", "Database": "database", "lgo": "log", "": "", "zzzz": "", "elephant": "",
		strings.Repeat("listen", 50): "",
	} {
		if got := config.Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func texts(problems []config.Problem, dir string) []string {
	var all []string
	for _, p := range problems {
		all = append(all, strings.ReplaceAll(p.String(), dir+string(filepath.Separator), ""))
	}
	return all
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	path := folder(t, `listen: 8080
timout: 5s
log:
  level: verbose
  level: debug
limits:
  max_in_flight: many
  call: 35
keep_generated_cards: 1y
key_file: svcgate.key
services:
  - code: RLT
    url: https://ann:hunter2@orce.example.com/
    password: hunter2
  - code: RLT
    url: http://orce.example.com/
    strict_soap: "yes"
  - url: []
    time_zone: Moon/Base
`)
	_, problems := config.Load(path, []string{"SVCGATE_LISTN=x", "SVCGATE_DATABASE="})
	want := []string{
		`svcgate.yaml:1:9: listen: want host:port, such as 127.0.0.1:8080`,
		`svcgate.yaml:2:1: unknown key "timout"`,
		`svcgate.yaml:4:10: level: want one of debug, info, warn, error`,
		`svcgate.yaml:5:3: key "level" stands here for a second time; first in line 4`,
		`svcgate.yaml:7:18: max_in_flight: want a whole number`,
		`svcgate.yaml:8:9: call: 35 has no unit; write 35s for seconds`,
		`svcgate.yaml:9:23: keep_generated_cards: want a duration with its unit, such as 500ms, 30s or 24h`,
		`svcgate.yaml:13:10: url: the URL holds credentials; give username and password_file instead`,
		`svcgate.yaml:14:5: unknown key "password"; write the secret into a file and name it in "password_file"`,
		`svcgate.yaml:15:11: two services have the code "RLT"; the first is in line 12`,
		`svcgate.yaml:16:10: url: the URL must begin with https://; only a simulator on this machine may be reached over http://`,
		`svcgate.yaml:17:18: strict_soap: want true or false`,
		`svcgate.yaml:18:5: code is missing`,
		`svcgate.yaml:18:10: url: want text, not a list or a section`,
		`svcgate.yaml:19:16: time_zone: want a zone of the tz database, such as UTC or America/New_York`,
		`environment: SVCGATE_DATABASE: the variable is empty and counts as unset`,
		`environment: SVCGATE_LISTN: no setting has this name, so it does nothing; did you mean SVCGATE_LISTEN?`,
	}
	if got := texts(problems, filepath.Dir(path)); !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if strings.Contains(fmt.Sprint(problems), "hunter2") {
		t.Error("a secret is printed")
	}
}

func TestWrongFiles(t *testing.T) {
	t.Parallel()
	const service = "services:\n  - code: RLT\n    url: https://orce.example.com/\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":              {"", "svcgate.yaml: the settings file is empty"},
		"only a comment":     {"# nothing\n", "svcgate.yaml: the settings file is empty"},
		"no YAML":            {"listen: [\n", "svcgate.yaml:1:1: this is not YAML"},
		"tab":                {"log:\n\tlevel: info\n", "svcgate.yaml:2:1: this is not YAML"},
		"a list":             {"- listen\n", "svcgate.yaml:1:1: want keys and values here"},
		"two documents":      {service + "---\nlisten: 127.0.0.1:1\n", "svcgate.yaml:4:1: a second document begins here"},
		"no services":        {"listen: 127.0.0.1:1\n", "services is missing: at least one"},
		"services a map":     {"services:\n  code: RLT\n", "svcgate.yaml:2:3: want a list of services"},
		"empty services":     {"services: []\n", "svcgate.yaml:1:11: services is missing"},
		"null value":         {"listen:\n" + service, "svcgate.yaml:1:8: listen has no value"},
		"anchor":             {"listen: &a 127.0.0.1:1\nadmin_listen: *a\n" + service, "svcgate.yaml:2:15: anchors and aliases are not read"},
		"merge":              {"log: {<<: {level: info}}\n" + service, "svcgate.yaml:1:7: anchors, aliases and merges are not read"},
		"bool as text":       {"database: true\n" + service, "svcgate.yaml:1:11: database: want a path or URL; put quotes around it"},
		"quoted number":      {"limits: {max_in_flight: \"5\"}\n" + service, "svcgate.yaml:1:25: max_in_flight: want a whole number without quotes"},
		"number too small":   {"limits: {max_in_flight: 0}\n" + service, "want a whole number from 1 to 100000"},
		"fraction":           {"limits: {max_in_flight: 1.5}\n" + service, "want a whole number"},
		"duration range":     {"limits: {call: 1h}\n" + service, "call: want a duration from 1s to 5m"},
		"port range":         {"listen: 127.0.0.1:99999\n" + service, "listen: want host:port"},
		"odd host":           {"listen: 'a b:80'\n" + service, "listen: want an IP address or a host name before the port"},
		"same address":       {"listen: 127.0.0.1:1\nadmin_listen: 127.0.0.1:1\n" + service, "svcgate.yaml:2:15: admin_listen and listen are the same address"},
		"provider":           {service + "    provider: orcee\n", "svcgate.yaml:4:15: provider: want one of orce; did you mean \"orce\"?"},
		"collector user":     {"tracing: {endpoint: 'http://ann:hunter2@127.0.0.1:4318'}\n" + service, "svcgate.yaml:1:21: endpoint: the URL holds credentials"},
		"collector scheme":   {"tracing: {endpoint: 'grpc://127.0.0.1:4317'}\n" + service, "endpoint: the URL must begin with http:// or https://"},
		"collector query":    {"tracing: {endpoint: 'http://127.0.0.1:4318/?hunter2'}\n" + service, "endpoint: the URL has a query"},
		"collector host":     {"tracing: {endpoint: 127.0.0.1}\n" + service, "endpoint: want a URL with a host"},
		"sample above 1":     {"tracing: {sample: 10}\n" + service, "sample: want a number from 0 to 1"},
		"sample in words":    {"tracing: {sample: all}\n" + service, "sample: want a share from 0 to 1"},
		"sample below 0":     {"tracing: {sample: -0.1}\n" + service, "sample: want a number from 0 to 1"},
		"no number":          {"tracing: {sample: .nan}\n" + service, "sample: want a number from 0 to 1"},
		"console url plain":  {"console: {url: 'http://svcgate.example.com'}\n" + service, "svcgate.yaml:1:16: url: the URL must begin with https://"},
		"console url user":   {"console: {url: 'https://ann:hunter2@svcgate.example.com'}\n" + service, "url: want scheme and host only"},
		"console url path":   {"console: {url: 'https://svcgate.example.com/console'}\n" + service, "url: want scheme and host only"},
		"console url query":  {"console: {url: 'https://svcgate.example.com?x'}\n" + service, "url: want scheme and host only"},
		"console url host":   {"console: {url: svcgate.example.com}\n" + service, "url: want a URL with a host"},
		"url scheme":         {strings.Replace(service, "https", "ftp", 1), "the URL must begin with https://"},
		"url without host":   {strings.Replace(service, "https://orce.example.com/", "https:///x", 1), "want a URL with a host"},
		"url fragment":       {strings.Replace(service, ".com/", ".com/#x", 1), "the URL has a fragment"},
		"user alone":         {service + "    username: ann\n", "svcgate.yaml:4:15: username needs password_file or password_env"},
		"password alone":     {service + "    password_file: orce.password\n", "svcgate.yaml:4:20: password_file needs username"},
		"two passwords":      {service + "    username: a\n    password_file: orce.password\n    password_env: PW\n", "give password_file or password_env, not both"},
		"password and token": {service + "    username: a\n    password_file: orce.password\n    bearer_token_env: PW\n", "svcgate.yaml:4:15: give a user with a password or a bearer token, not both"},
		"unset variable":     {service + "    username: a\n    password_env: NONE_SUCH\n", "svcgate.yaml:5:19: password_env: the environment variable is not set"},
		"secret as name":     {service + "    username: a\n    password_env: hunter2!\n", "want the name of an environment variable"},
		"missing password":   {service + "    username: a\n    password_file: hunter2\n", "svcgate.yaml:5:20: password_file: the file cannot be read: no such file or directory"},
		"folder as secret":   {service + "    username: a\n    password_file: /\n", "password_file: it is not a regular file"},
		"missing CA":         {service + "    ca_file: hunter2\n", "svcgate.yaml:4:14: ca_file: the file cannot be read: no such file"},
		"certificate alone":  {service + "    cert_file: svcgate.key\n", "svcgate.yaml:4:16: cert_file needs key_file"},
		"key alone":          {service + "    key_file: svcgate.key\n", "svcgate.yaml:4:15: key_file needs cert_file"},
		"missing key":        {"key_file: none\n" + service, "svcgate.yaml:1:11: key_file: the file cannot be read: no such file"},
		"proxy alone":        {service + "    proxy_host: proxy\n", "svcgate.yaml:4:17: proxy_host needs proxy_port"},
		"proxy with port":    {service + "    proxy_host: proxy:80\n    proxy_port: 80\n", "want a host name or an IP address, without a port"},
		"call too long":      {service + "    call_timeout: 35s\n", "svcgate.yaml:4:19: call_timeout is 35s, but limits.call is 35s; limits.call must be at least 36s"},
		"dial too long":      {service + "    dial_timeout: 31s\n", "dial_timeout is longer than call_timeout"},
		"currency":           {service + "    default_currency: usd\n", "want an ISO 4217 code in capitals"},
		"control value":      {service + "    control_values: {J20: maybe}\n", "J20: want yes or no"},
		"unknown control":    {service + "    control_values: {J22: yes}\n", `svcgate.yaml:4:22: unknown key "J22"; did you mean "J20"?`},
		"odd id":             {service + "    presenters_id: 'a<b'\n", "want at most 20 ASCII letters"},
		"odd code":           {strings.Replace(service, "RLT", "'R L'", 1), "svcgate.yaml:2:11: code: want 1 to 16 letters"},
		"control character":  {"database: \"a\\u0007\"\n" + service, "want printable text"},
		"live without keys":  {service, "svcgate.yaml: key_file is missing: card numbers are sealed with its keys; make it with svcgate keys init FILE"},
		"keys forgotten":     {"idempotency: {keep: 23h}\n" + service, "svcgate.yaml:1:21: keep: want a duration from 24h to 3650d"},
		"keys for ever":      {"idempotency: {keep: 99999999999999d}\n" + service, "keep: want a duration from 24h to 3650d"},
		"half a day":         {"idempotency: {keep: 1.5d}\n" + service, "keep: want a duration with its unit"},
		"days before":        {"idempotency: {keep: -35d}\n" + service, "keep: want a duration from"},
		"token name":         {"idempotency: {derive_keys: [oms, '6 6']}\n" + service, "svcgate.yaml:1:28: derive_keys: want names of tokens"},
		"proxy by name":      {"console: {proxies: [front.example.com]}\n" + service, "svcgate.yaml:1:20: proxies: want addresses or networks"},
		"proxy with a port":  {"console: {proxies: ['10.0.0.5:80']}\n" + service, "proxies: want addresses or networks"},
		"proxy with a zone":  {"console: {proxies: ['fe80::1%eth0']}\n" + service, "proxies: want addresses or networks"},
		"mapped proxy":       {"console: {proxies: ['::ffff:10.0.0.5']}\n" + service, "proxies: want addresses or networks"},
		"list in a list":     {"idempotency: {derive_keys: [[oms]]}\n" + service, "svcgate.yaml:1:29: derive_keys: want a list of names"},
		"comma in an entry":  {"idempotency: {derive_keys: ['a,b']}\n" + service, "derive_keys: want a list of names"},
		"section for a list": {"settling: {schedule: {a: 1s}}\n" + service, "svcgate.yaml:1:22: schedule: want a list of durations, not a list or a section"},
		"empty schedule":     {"settling: {schedule: []}\n" + service, "schedule: the list is empty"},
		"schedule":           {"settling: {schedule: [1s, soon]}\n" + service, "schedule: want a duration with its unit"},
		"list for a text":    {"log: {level: [info]}\n" + service, "not a list or a section"},
		"quiet too short":    {"settling: {quiet: 29s}\n" + service, "svcgate.yaml:3:5: call_timeout is 30s, but settling.quiet is 29s; settling.quiet must be at least as long"},
		"baseline":           {"baseline: {recharge: last}\n" + service, "recharge: want one of last-known, fresh, off"},
		"no such baseline":   {"baseline: {deposit: off}\n" + service, `unknown key "deposit"`},
		"negative rate":      {"rates: {requests: -1}\n" + service, "want a whole number from 0 to"},
		"live in words":      {"live: sometimes\n" + service, "live: want true or false"},
		"empty path":         {"database: \"\"\n" + service, "database: the path is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := folder(t, c.text)
			_, problems := config.Load(path, []string{"PW=x"})
			got := strings.Join(texts(problems, filepath.Dir(path)), "\n")
			if !strings.Contains(got, c.want) || !config.Any(problems, config.SeverityError) {
				t.Errorf("got:\n%s\nwant: %s", got, c.want)
			}
			if strings.Contains(got, "hunter2") {
				t.Error("a secret is printed")
			}
		})
	}
}

func TestUnreadableFiles(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"missing": filepath.Join(t.TempDir(), "none.yaml"), "folder": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, problems := config.Load(path, nil); !config.Any(problems, config.SeverityError) {
				t.Errorf("problems: %v", problems)
			}
		})
	}
}

func TestFilesThatOthersCanOpenAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file        string
		mode        os.FileMode
		credentials bool
		want        string
	}{
		{"orce.password", 0o644, false, "password_file: other users can open the file (mode 0644); run chmod 600 on it"},
		{"orce.password", 0o640, false, "(mode 0640)"},
		{"svcgate.key", 0o604, false, "key_file: other users can open the file (mode 0604)"},
		{"svcgate.key", 0o644, true, "(mode 0644)"},
		{"svcgate.key", 0o440, true, ""},
		{"svcgate.key", 0o400, false, ""},
	} {
		t.Run(fmt.Sprintf("%s %o", c.file, c.mode), func(t *testing.T) {
			t.Parallel()
			path := folder(t, whole)
			if err := os.Chmod(filepath.Join(filepath.Dir(path), c.file), c.mode); err != nil {
				t.Fatal(err)
			}
			var env []string
			if c.credentials {
				env = append(env, "CREDENTIALS_DIRECTORY="+filepath.Dir(path))
			}
			_, problems := config.Load(path, env)
			got := fmt.Sprint(problems)
			if c.want == "" && len(problems) > 0 || !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestSecretFileIsOneLine(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "only a newline": "\n", "two lines": "tell-nobody\ntwice\n", "long": strings.Repeat("x", 9000)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := folder(t, whole)
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), "orce.password"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, problems := config.Load(path, nil)
			if len(problems) != 1 || problems[0].Key != "services[0].password_file" || strings.Contains(problems[0].Text, "tell-nobody") {
				t.Errorf("problems: %v", problems)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	path := folder(t, strings.NewReplacer("127.0.0.1:9080", "0.0.0.0:9080", "https://", "http://", "strict_soap: true", "allow_plain_http: true",
		"enabled: false, url: \"https://svcgate.example.com\"", "enabled: true").Replace(whole))
	_, problems := config.Load(path, nil)
	want := []string{
		"svcgate.yaml: console.url is missing: browsers on other machines keep no session without https; name the proxy's address, or turn console.enabled off",
		"svcgate.yaml:1:9: listen reaches beyond this machine over plain HTTP; a proxy with TLS must stand before it",
		"svcgate.yaml:38:23: card numbers travel in the clear to the provider",
	}
	if got := texts(problems, filepath.Dir(path)); !slices.Equal(got, want) || config.Any(problems, config.SeverityError) {
		t.Errorf("got %v", got)
	}
}
