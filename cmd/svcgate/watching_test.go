package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"
)

// exposed are the metrics of a gate, with their labels, whether or not something was counted yet.
func exposed(t *testing.T) map[string][]string {
	t.Helper()
	settings, err := demoConfig(t.TempDir(), "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	g, err := openGate(t.Context(), settings, slog.New(slog.DiscardHandler), &leakGuard{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	described := make(chan *prometheus.Desc)
	go func() {
		defer close(described)
		g.api.Metrics.Describe(described)
	}()
	text := regexp.MustCompile(`fqName: "([^"]+)".*constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)
	found := map[string][]string{}
	for d := range described {
		parts := text.FindStringSubmatch(d.String())
		if parts == nil {
			t.Fatalf("a metric describes itself as %s", d)
		}
		labels := []string{"instance", "job", "le"}
		labels = append(labels, strings.FieldsFunc(parts[3], func(r rune) bool { return r == ',' })...)
		for _, pair := range strings.FieldsFunc(parts[2], func(r rune) bool { return r == ',' }) {
			labels = append(labels, strings.Split(pair, "=")[0])
		}
		found[parts[1]] = labels
	}
	found["up"] = []string{"instance", "job"} // Prometheus's own
	return found
}

var (
	quoted   = regexp.MustCompile(`"[^"]*"`)
	span     = regexp.MustCompile(`\[[^]]*\]`)
	grouping = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	selector = regexp.MustCompile(`([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{[^}]*\}|\(|)`)
	matcher  = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!~|!=|=)`)
	words    = []string{"and", "or", "unless", "offset", "bool", "inf", "nan"}
)

// selected are the metrics that an expression of PromQL reads, with the labels that it asks of them. It knows as much of
// the language as the rules here use.
func selected(expression string) (metrics map[string][]string, grouped []string) {
	expression = quoted.ReplaceAllString(expression, `""`)
	expression = span.ReplaceAllString(expression, "")
	expression = regexp.MustCompile(`\boffset\s+\w+`).ReplaceAllString(expression, "")
	for _, g := range grouping.FindAllStringSubmatch(expression, -1) {
		for name := range strings.SplitSeq(g[2], ",") {
			if name = strings.TrimSpace(name); name != "" {
				grouped = append(grouped, name)
			}
		}
	}
	expression = grouping.ReplaceAllString(expression, "")
	metrics = map[string][]string{}
	for _, s := range selector.FindAllStringSubmatch(expression, -1) {
		if s[2] == "(" || slices.Contains(words, strings.ToLower(s[1])) {
			continue
		}
		metrics[s[1]] = append(metrics[s[1]], "")
		for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
			metrics[s[1]] = append(metrics[s[1]], m[1])
		}
	}
	return metrics, grouped
}

func TestSelected(t *testing.T) {
	t.Parallel()
	metrics, grouped := selected(`histogram_quantile(0.99, sum by (le, route) (rate(a_bucket{x="b{c}", y!~"z"}[5m]))) > 2 * b unless c:d offset 5m or vector(0)`)
	if fmt.Sprint(metrics) != "map[a_bucket:[ x y] b:[] c:d:[]]" || fmt.Sprint(grouped) != "[le route]" {
		t.Errorf("%v by %v", metrics, grouped)
	}
}

// checkExpression wants every metric and label of an expression to be one that svcgate has.
func checkExpression(t *testing.T, where, expression string, known map[string][]string) (metrics []string) {
	t.Helper()
	found, grouped := selected(strings.ReplaceAll(expression, "$__rate_interval", "1m"))
	if len(found) == 0 {
		t.Errorf("%s reads no metric: %s", where, expression)
	}
	var labels []string
	for name, asked := range found {
		base := name
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if cut, is := strings.CutSuffix(name, suffix); is && known[cut] != nil {
				base = cut
			}
		}
		if known[base] == nil {
			t.Errorf("%s reads %s, which svcgate does not tell", where, name)
		}
		labels = append(labels, known[base]...)
		for _, label := range asked {
			if label != "" && !slices.Contains(known[base], label) {
				t.Errorf("%s: %s has no label %s", where, name, label)
			}
		}
		metrics = append(metrics, base)
	}
	for _, label := range grouped {
		if !slices.Contains(labels, label) {
			t.Errorf("%s groups by %s, which nothing in it has", where, label)
		}
	}
	return metrics
}

// Every alert reads what is told, says how bad it is, what it is and what to do, and leads to a section that is there.
func TestAlerts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../packaging/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	known, anchors, read, seen := exposed(t), anchorsOf(string(page)), []string{}, map[string]bool{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			read = append(read, checkExpression(t, rule.Alert, rule.Expr, known)...)
			if seen[rule.Alert] || !slices.Contains([]string{"critical", "warning"}, rule.Labels["severity"]) || rule.Annotations["summary"] == "" || rule.Annotations["action"] == "" {
				t.Errorf("%s is not whole or there twice: %v %v", rule.Alert, rule.Labels, rule.Annotations)
			}
			seen[rule.Alert] = true
			base, anchor, _ := strings.Cut(rule.Annotations["runbook_url"], "#")
			if !strings.HasSuffix(base, "/docs/operations.md") || !anchors[anchor] {
				t.Errorf("%s leads to %s, which is not there", rule.Alert, rule.Annotations["runbook_url"])
			}
			if !strings.Contains(string(page), "`"+rule.Alert+"`") {
				t.Errorf("docs/operations.md does not name %s", rule.Alert)
			}
		}
	}
	for _, metric := range []string{"svcgate_transactions_oldest_seconds", "svcgate_codes_unmapped", "svcgate_provider_exchanges_total", "svcgate_provider_left_alone_seconds",
		"svcgate_provider_transport_failures_total", "svcgate_leak_guard_total", "svcgate_audit_failures_total", "svcgate_chain_broken", "svcgate_store_suspect",
		"svcgate_signins_total", "svcgate_http_requests_total", "svcgate_certificate_expiry_timestamp_seconds"} {
		if !slices.Contains(read, metric) {
			t.Errorf("no alert reads %s", metric)
		}
	}
	for _, m := range regexp.MustCompile("`(Svcgate[A-Za-z]+)`").FindAllStringSubmatch(string(page), -1) {
		if !seen[m[1]] {
			t.Errorf("docs/operations.md names the alert %s, which is not there", m[1])
		}
	}
}

// anchorsOf are the fragments that headings of a page can be reached by.
func anchorsOf(page string) map[string]bool {
	anchors := map[string]bool{}
	for line := range strings.Lines(page) {
		if title, is := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); is && strings.HasPrefix(line, "#") {
			title = strings.ToLower(strings.TrimSpace(title))
			title = regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(title, "")
			anchors[strings.ReplaceAll(title, " ", "-")] = true
		}
	}
	return anchors
}

// Every panel of the dashboard reads what is told, and every alert's metric can be seen there.
func TestDashboard(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../packaging/grafana/svcgate.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Title  string
		Panels []struct {
			ID          int
			Title, Type string
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	known, ids, read := exposed(t), map[int]bool{}, map[string]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || p.GridPos.X+p.GridPos.W > 24 || (p.Type != "row") != (len(p.Targets) > 0) {
			t.Errorf("panel %d %q is not right", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			for _, metric := range checkExpression(t, "panel "+p.Title, target.Expr, known) {
				read[metric] = true
			}
		}
	}
	for name := range known {
		if strings.HasPrefix(name, "svcgate_") && !read[name] && name != "svcgate_http_requests_in_flight" && name != "svcgate_store_failures_total" && name != "svcgate_node_taken_total" {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// What is asked of the metrics by svcgate top is there.
func TestTopReadsWhatIsTold(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("topfigures.go")
	if err != nil {
		t.Fatal(err)
	}
	known, n := exposed(t), 0
	for _, m := range regexp.MustCompile(`"((?:svcgate|process)_[a-z_0-9]+)"`).FindAllStringSubmatch(string(text), -1) {
		if n++; known[m[1]] == nil {
			t.Errorf("top reads %s, which svcgate does not tell", m[1])
		}
	}
	if n < 20 {
		t.Errorf("only %d names were found", n)
	}
}

// Every field of a request's log line is explained.
func TestLogFieldsAreExplained(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../api/event.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range regexp.MustCompile(`(?:slog\.\w+\(|\{)"([a-z_]+)", `).FindAllStringSubmatch(string(source), -1) {
		if n++; !strings.Contains(string(page), "`"+m[1]+"`") {
			t.Errorf("docs/operations.md does not explain the field %s", m[1])
		}
	}
	if n < 20 {
		t.Errorf("only %d fields were found", n)
	}
}
