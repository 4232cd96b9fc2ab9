package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
)

// reportFlags says where reports of a replay go beside the tree that people read: files, or "-" for standard output.
type reportFlags struct {
	json, junit, tap, html string
	onlyWrong              bool
}

const standardOutput = "-"

func (f *reportFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.json, "json", "", "write the report as JSON to standard output, or with --json=FILE to `FILE`")
	flags.Lookup("json").NoOptDefVal = standardOutput
	flags.StringVar(&f.junit, "junit", "", "write the report as JUnit XML to `FILE`, - for standard output")
	flags.StringVar(&f.tap, "tap", "", "write the report in TAP version 14 to `FILE`, - for standard output")
	flags.StringVar(&f.html, "html", "", "write the report as one web page to `FILE`, - for standard output")
	flags.BoolVarP(&f.onlyWrong, "quiet", "q", false, "list only what did not pass")
}

// reportFile is one form of the report and where it goes.
type reportFile struct {
	flag, path string
	write      func(fixtures.Report, io.Writer) error
}

func (f *reportFlags) files() []reportFile {
	var list []reportFile
	for _, file := range []reportFile{
		{"json", f.json, fixtures.Report.WriteJSON},
		{"junit", f.junit, fixtures.Report.WriteJUnit},
		{"tap", f.tap, fixtures.Report.WriteTAP},
		{"html", f.html, fixtures.Report.WriteHTML},
	} {
		if file.path != "" {
			list = append(list, file)
		}
	}
	return list
}

// check refuses two reports on standard output, two in one file, and a file's name that was taken for a path of cases.
func (f *reportFlags) check(paths []string) error {
	used := map[string]string{}
	for _, file := range f.files() {
		if other, twice := used[file.path]; twice {
			return fail(exitUsage, "--%s and --%s cannot both write to %s", other, file.flag, file.path)
		}
		used[file.path] = file.flag
	}
	for _, path := range paths {
		if f.json == standardOutput && strings.HasSuffix(path, ".json") {
			return fail(exitUsage, "%s is no folder of cases; a report goes there with --json=%s", path, path)
		}
	}
	return nil
}

// writes reports whether the absolute path is one of the reports.
func (f *reportFlags) writes(path string) bool {
	for _, file := range f.files() {
		if absolute, err := filepath.Abs(file.path); err == nil && absolute == path {
			return true
		}
	}
	return false
}

// showReport writes the report wherever it is wanted, and the tree to standard output unless that is taken. A report
// that is not OK ends the command with 1.
func (s *shell) showReport(r fixtures.Report, f *reportFlags) error {
	taken := false
	for _, file := range f.files() {
		if file.path == standardOutput {
			taken = true
			if err := file.write(r, s.out); err != nil {
				return fmt.Errorf("writing the report: %w", err)
			}
			continue
		}
		if err := writeReport(r, file); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	if !taken {
		if err := r.WriteTree(s.out, fixtures.Tree{Paint: s.paintVerdict, OnlyWrong: f.onlyWrong}); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	if !r.OK() {
		return silent(exitFailed)
	}
	return nil
}

func writeReport(r fixtures.Report, file reportFile) (err error) {
	out, err := os.Create(file.path)
	if err != nil {
		return err
	}
	if err := file.write(r, out); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

func (s *shell) paintVerdict(v fixtures.StepVerdict, text string) string {
	switch v {
	case fixtures.StepPassed:
		return s.paint(good, text)
	case fixtures.StepFailed:
		return s.paint(bad, text)
	case fixtures.StepBlocked:
		return s.paint(odd, text)
	case fixtures.StepSkipped, "":
	}
	return s.paint(faint, text)
}
