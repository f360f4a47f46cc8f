package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// opens are the functions that open a file by its name. Outside of internal/readfile nobody calls them: a name that
// somebody else wrote may lead to a pipe that never ends.
var opens = map[string][]string{
	"os":     {"Open", "OpenFile", "OpenInRoot", "ReadFile", "DirFS"},
	"ioutil": {"ReadFile"},
	"http":   {"ServeFile", "ServeFileFS", "Dir"},
	"tls":    {"LoadX509KeyPair"},
	"elf":    {"Open"},
	"zip":    {"OpenReader"},
	"unix":   {"Open", "Openat"},
}

// mayOpen are the files that do, and why.
var mayOpen = map[string]string{
	"internal/readfile/readfile.go":      "the opener",
	"internal/atomicfile/atomicfile.go":  "a folder, to synchronise it",
	"daemon/alarm/chain.go":              "a file that is added to",
	"internal/fairtime/fairtime.go":      "/proc/self",
	"daemon/privacy/process.go":          "/proc",
	"internal/audio/sandbox/sandbox.go":  "/proc/self",
	"internal/audio/sandbox/landlock.go": "folders, without reading from them",
	"daemon/privacy/started.go":          "/proc",
	"daemon/bench/live.go":               "/proc",
	"train/job/progress.go":              "a log that is written, without waiting for a reader",
}

// TestOneOpener reads every file of the program and finds who opens files beside the opener.
func TestOneOpener(t *testing.T) {
	unused := map[string]bool{}
	for path := range mayOpen {
		unused[path] = true
	}
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == "build" || path == "dist" || path == filepath.Join("internal", "test") || strings.HasPrefix(d.Name(), ".") && path != "."):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"), d.Name() == "generate.go":
			return nil
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, call := range openCalls(file) {
			delete(unused, path)
			if mayOpen[path] == "" {
				t.Errorf("%s calls %s: open what is read with internal/readfile, or say in mayOpen why not", path, call)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d files were looked at", files)
	}
	for path := range unused {
		t.Errorf("%s opens nothing any more: take it out of mayOpen", path)
	}
}

// openCalls lists what a file uses of opens.
func openCalls(file *ast.File) (calls []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if p, ok := s.X.(*ast.Ident); ok && slices.Contains(opens[p.Name], s.Sel.Name) {
			calls = append(calls, p.Name+"."+s.Sel.Name)
		}
		return true
	})
	return calls
}
