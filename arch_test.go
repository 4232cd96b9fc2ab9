package svcgate_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/svcgate/svcgate"

// mayImport is the package map of docs/architecture.md. A package that is not in it may not exist.
var mayImport = map[string][]string{
	".":                  {"internal/secret"},
	"internal/secret":    {},
	"internal/pgtest":    {},
	"internal/measure":   {},
	"messages":           {"internal/secret"},
	"soap":               {"internal/secret"},
	"soap/wsdl":          {},
	"soap/peer":          {},
	"mapping":            {".", "messages", "internal/secret"},
	"orce":               {".", "mapping", "messages", "soap", "internal/secret"},
	"orce/orcetest":      {".", "mapping", "messages", "orce", "soap", "internal/secret"},
	"responsecodes":      {"."},
	"access":             {},
	"store":              {".", "responsecodes", "access"},
	"store/storetest":    {".", "responsecodes", "access", "store", "internal/secret"},
	"api":                {".", "responsecodes", "access", "internal/measure", "internal/secret"},
	"telemetry":          {".", "internal/measure"},
	"simulator":          {"messages", "soap/wsdl", "internal/secret"},
	"fixtures":           {"messages", "internal/secret"},
	"fixtures/importers": {"fixtures", "messages", "internal/secret"},
	"console":            {".", "responsecodes", "access", "messages", "internal/secret"},
	"bench/interop":      {"*"},
	"bench/conformance":  {"*"},
	"bench/browser":      {"*"},
	"config":             {"."},
	"cmd/svcgate":        {"*"},
	"bench/check":        {"."},
	"bench/sim":          {"*"},
	"bench/load":         {"*"},
	"bench/crash":        {"*"},
	"bench/world":        {"*"},
	"bench/soak":         {"*"},
	"bench/nodes":        {"*"},
	"bench/chaos":        {"*"},
	"bench/drill":        {"*"},
	"bench/e2e":          {"*"},
}

func TestImportsFollowThePackageMap(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for file, tree := range sources(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		pkg := path.Dir(file)
		found[pkg] = true
		allowed, known := mayImport[pkg]
		if !known {
			t.Errorf("%s: package %s is not in the map", file, pkg)
			continue
		}
		for _, spec := range tree.Imports {
			target, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module)
			if !ours {
				continue
			}
			target = strings.TrimPrefix(target, "/")
			if target == "" {
				target = "."
			}
			if !slices.Contains(allowed, target) && !slices.Contains(allowed, "*") {
				t.Errorf("%s: package %s may not import %s", file, pkg, target)
			}
		}
	}
	for pkg := range mayImport {
		if !found[pkg] {
			t.Errorf("the map names package %s, which has no source", pkg)
		}
	}
}

// The simulator must not agree with a wrong mapping, in tests neither.
func TestSimulatorKnowsNothingOfTheMapping(t *testing.T) {
	t.Parallel()
	for file, tree := range sources(t) {
		if path.Dir(file) != "simulator" {
			continue
		}
		for _, spec := range tree.Imports {
			switch strings.Trim(spec.Path.Value, `"`) {
			case module, module + "/mapping", module + "/orce":
				t.Errorf("%s imports %s", file, spec.Path.Value)
			}
		}
	}
}

// mayReveal lists the only files outside internal/secret and messages that take a secret value out.
var mayReveal = []string{"card.go", "request.go", "api/generation.go", "soap/client.go", "fixtures/guard.go", "fixtures/host.go", "cmd/svcgate/call.go", "cmd/svcgate/door.go"}

func TestSecretsAreRevealedInFewPlaces(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for file, tree := range sources(t) {
		dir := path.Dir(file)
		if strings.HasSuffix(file, "_test.go") || dir == "messages" || dir == "internal/secret" {
			continue
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok || call.Sel.Name != "Reveal" {
				return true
			}
			used[file] = true
			if !slices.Contains(mayReveal, file) {
				t.Errorf("%s calls Reveal", file)
			}
			return true
		})
	}
	for _, file := range mayReveal {
		if !used[file] {
			t.Errorf("%s may reveal and does not: take it off the list", file)
		}
	}
}

func TestFilesAreShortAndNamedForWhatTheyHold(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	for file := range sources(t) {
		for _, part := range strings.Split(strings.TrimSuffix(file, ".go"), "/") {
			switch part {
			case "util", "utils", "common", "types", "models", "pkg", "mocks", "helpers", "misc":
				t.Errorf("%s: %q says nothing", file, part)
			}
		}
		if strings.HasPrefix(file, "soap/peer/") || strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if lines := fset.Position(tree.FileEnd).Line; lines > 600 {
			t.Errorf("%s has %d lines; 600 is the end", file, lines)
		}
	}
}

func TestEveryPublicNameIsDocumented(t *testing.T) {
	t.Parallel()
	for file, tree := range sources(t) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "cmd/") || tree.Name.Name == "main" || ast.IsGenerated(tree) {
			continue
		}
		for _, decl := range tree.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil {
					t.Errorf("%s: %s has no doc comment", file, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					checkSpec(t, file, d, spec)
				}
			}
		}
	}
}

func checkSpec(t *testing.T, file string, d *ast.GenDecl, spec ast.Spec) {
	t.Helper()
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
			t.Errorf("%s: type %s has no doc comment", file, s.Name.Name)
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				t.Errorf("%s: %s has no doc comment", file, name.Name)
			}
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	expr := d.Recv.List[0].Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	if index, ok := expr.(*ast.IndexExpr); ok {
		expr = index.X
	}
	name, ok := expr.(*ast.Ident)
	return ok && name.IsExported()
}

// sources parses every Go file of the tree itself: go list's answer would be frozen by the test cache.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && name != "." || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		tree, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)] = tree
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < len(mayImport) {
		t.Fatalf("only %d files found", len(slices.Collect(maps.Keys(files))))
	}
	return files
}
