package config

import (
	"fmt"
	"strings"
)

// Example returns the text of a commented settings file: every key with its help, its type and its default. Only the
// keys that must be given are live; the others are commented out and show their default or an example.
func Example() []byte {
	var b strings.Builder
	b.WriteString("# Settings of svcgate. Keys that are commented out show their default, or an example where there is none.\n")
	b.WriteString("# Check the file with: svcgate check-config svcgate.yaml\n")
	b.WriteString("# Environment variables override it: SVCGATE_LIMITS_CALL, SVCGATE_SERVICES_RLT_URL and so on.\n")
	section := ""
	for _, k := range keys {
		name, indent := k.Name, ""
		if cut := strings.LastIndexByte(k.Name, '.'); cut >= 0 {
			if in := k.Name[:cut]; in != section {
				section = in
				writeSection(&b, in)
			}
			name, indent = k.Name[cut+1:], depth(k.Name)
		}
		writeKey(&b, k, name, indent)
	}
	return []byte(b.String())
}

func depth(name string) string {
	indent := strings.Repeat("  ", strings.Count(name, "."))
	if strings.HasPrefix(name, "services[]") {
		indent += "  "
	}
	return indent
}

func writeSection(b *strings.Builder, section string) {
	name := strings.TrimSuffix(section, "[]")
	indent := ""
	if strings.Contains(name, ".") {
		indent = "    "
	}
	for _, s := range sections {
		if s.name == name {
			comment(b, indent, s.help)
		}
	}
	fmt.Fprintf(b, "%s%s:\n", indent, name[strings.LastIndexByte(name, '.')+1:])
}

func comment(b *strings.Builder, indent, text string) {
	b.WriteByte('\n')
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(b, "%s# %s\n", indent, line)
	}
}

func writeKey(b *strings.Builder, k Key, name, indent string) {
	help := k.Help + " (" + k.Type + ")"
	if k.Name == "services[].code" {
		comment(b, "  ", help)
		fmt.Fprintf(b, "  - %s: %s\n", name, k.Example)
		return
	}
	comment(b, indent, help)
	switch {
	case k.Required || k.live:
		fmt.Fprintf(b, "%s%s: %s\n", indent, name, k.Example)
	case k.Default != "":
		fmt.Fprintf(b, "%s# %s: %s\n", indent, name, k.Default)
	default:
		fmt.Fprintf(b, "%s# %s: %s\n", indent, name, k.Example)
	}
}
