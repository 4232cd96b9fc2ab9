package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/svcgate/svcgate/config"
)

func TestPackagedSettingsAreTheExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../packaging/svcgate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, config.Example()) {
		t.Error("packaging/svcgate.yaml is not what svcgate check-config --print-default prints; run make generate")
	}
}

// Every variable that the packaging sets is one that svcgate reads.
func TestPackagingNamesKnownVariables(t *testing.T) {
	t.Parallel()
	known := []string{"SVCGATE_CONFIG"}
	for _, k := range config.Keys() {
		known = append(known, k.Variable("RLT"))
	}
	seen := 0
	for _, file := range []string{"../../packaging/svcgate.service", "../../Dockerfile"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`SVCGATE_[A-Z_]+`).FindAllString(string(text), -1) {
			seen++
			if !slices.Contains(known, name) {
				t.Errorf("%s sets %s, which nobody reads", file, name)
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d variables were seen", seen)
	}
}

func TestUnitIsHardened(t *testing.T) {
	t.Parallel()
	unit, err := os.ReadFile("../../packaging/svcgate.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"DynamicUser=yes", "StateDirectory=svcgate", "ProtectSystem=strict", "NoNewPrivileges=yes", "LimitCORE=0",
		"MemoryDenyWriteExecute=yes", "CapabilityBoundingSet=", "UMask=0077"} {
		if !slices.Contains(strings.Split(string(unit), "\n"), line) {
			t.Errorf("the unit lacks %s", line)
		}
	}
}

// The packaged replicator watches the database that the packaged settings name.
func TestLitestreamWatchesThePackagedDatabase(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../packaging/litestream.yml")
	if err != nil {
		t.Fatal(err)
	}
	var replicator struct {
		DBs []struct{ Path string } `yaml:"dbs"`
	}
	if err := yaml.Unmarshal(text, &replicator); err != nil {
		t.Fatal(err)
	}
	for _, k := range config.Keys() {
		if k.Name == "database" && (len(replicator.DBs) != 1 || replicator.DBs[0].Path != k.Default) {
			t.Errorf("litestream.yml watches %v, the settings name %s", replicator.DBs, k.Default)
		}
	}
}
