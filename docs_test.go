package main

import (
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"earshot/daemon/cli"
)

// document is one Markdown file of the repository, taken apart.
type document struct {
	name    string   // path from the root, with slashes
	anchors []string // of its headings, as forges make them
	links   []string // targets as written
	code    []string // code spans outside fences, and lines of sh fences
}

var (
	linkPattern = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	spanPattern = regexp.MustCompile("`([^`]+)`")
)

// parse takes a document apart. Only what is used here is understood: ATX headings, inline links, spans, fences.
func parse(name, text string) document {
	d := document{name: name}
	fence := ""
	var prose []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		mark, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && fence == "":
			fence = "fence " + mark
		case isFence:
			fence = ""
		case fence == "fence sh":
			d.code = append(d.code, line)
		case fence != "":
		default:
			prose = append(prose, line)
			if title := strings.TrimLeft(line, "#"); title != line && strings.HasPrefix(title, " ") {
				d.anchors = append(d.anchors, anchor(title, d.anchors))
			}
		}
	}
	all := strings.Join(prose, "\n") // a span may go over the end of a line
	for _, m := range spanPattern.FindAllStringSubmatch(all, -1) {
		d.code = append(d.code, strings.ReplaceAll(m[1], "\n", " "))
	}
	for _, m := range linkPattern.FindAllStringSubmatch(spanPattern.ReplaceAllString(all, ""), -1) {
		d.links = append(d.links, m[1])
	}
	return d
}

// anchor is a heading's name in links: lower case, blanks to hyphens, other punctuation gone; taken ones are numbered.
func anchor(title string, taken []string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(title)) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	name := b.String()
	for n := 1; slices.Contains(taken, name); n++ {
		name = b.String() + "-" + string(rune('0'+n))
	}
	return name
}

// tracked lists the repository's files, those about to be committed too.
func tracked(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "ls-files", "-co", "--exclude-standard").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v; this test reads the documents of a checkout", err)
	}
	return slices.DeleteFunc(strings.Fields(string(out)), func(name string) bool {
		_, err := os.Stat(name)
		return err != nil // deleted, not yet committed
	})
}

func documents(t *testing.T, files []string) map[string]document {
	t.Helper()
	docs := map[string]document{}
	for _, name := range files {
		if filepath.Ext(name) != ".md" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		docs[name] = parse(name, string(text))
	}
	return docs
}

// TestLinks: every relative link leads to a file of the repository, every anchor to a heading.
func TestLinks(t *testing.T) {
	files := tracked(t)
	docs := documents(t, files)
	checked := 0
	for _, d := range docs {
		for _, link := range d.links {
			if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
				continue
			}
			checked++
			if why := broken(d, link, files, docs); why != "" {
				t.Errorf("%s: link %q: %s", d.name, link, why)
			}
		}
	}
	if checked < 20 {
		t.Errorf("%d relative links found: does this test still read them?", checked)
	}
}

// broken says what is wrong with a relative link, "" for nothing.
func broken(d document, link string, files []string, docs map[string]document) string {
	to, fragment, _ := strings.Cut(link, "#")
	name := d.name
	if to != "" {
		name = path.Join(path.Dir(d.name), to)
	}
	exists := slices.ContainsFunc(files, func(f string) bool { return f == name || strings.HasPrefix(f, name+"/") })
	switch other, isDocument := docs[name]; {
	case !exists:
		return "no such file in the repository"
	case fragment == "":
		return ""
	case !isDocument:
		return "only documents have headings to point at"
	case !slices.Contains(other.anchors, fragment):
		return "no such heading; there are " + strings.Join(other.anchors, ", ")
	}
	return ""
}

// TestCommandsInDocuments: every `make X` is a target, every `earshot X` a command, every flag after it one of its flags.
func TestCommandsInDocuments(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z][a-z-]*):`).FindAllStringSubmatch(string(makefile), -1) {
		targets[m[1]] = true
	}
	commands := complete(t, "")
	found := map[string]int{}
	for _, d := range documents(t, tracked(t)) {
		if d.name == "CHANGELOG.md" { // tells what once was, too
			continue
		}
		for _, line := range d.code {
			for _, call := range calls(line) {
				found[call[0]]++
				if call[0] == "make" {
					checkTargets(t, d.name, call[1:], targets)
				} else {
					checkCommand(t, d.name, call[1:], commands)
				}
			}
		}
	}
	if found["make"] < 10 || found["earshot"] < 20 {
		t.Errorf("calls found: %v; does this test still read them?", found)
	}
}

// calls finds the calls of make and earshot in a code span or a shell line, each as its words.
func calls(line string) (all [][]string) {
	line, _, _ = strings.Cut(line, " #")
	for _, part := range regexp.MustCompile(`&&|;|\|`).Split(line, -1) {
		words := strings.Fields(part)
		for len(words) > 0 && (words[0] == "sudo" || strings.Contains(words[0], "=")) {
			words = words[1:]
		}
		if len(words) > 1 && (words[0] == "make" || words[0] == "earshot") {
			all = append(all, words)
		}
	}
	return all
}

func checkTargets(t *testing.T, where string, words []string, targets map[string]bool) {
	t.Helper()
	for _, w := range words {
		if strings.ContainsAny(w, "=-\"") && !targets[w] {
			return // a variable; what follows may be its value
		}
		if !targets[w] {
			t.Errorf("%s: make %s: the Makefile has no such target", where, w)
		}
	}
}

func checkCommand(t *testing.T, where string, words []string, commands []string) {
	t.Helper()
	name := words[0]
	if strings.HasPrefix(name, "-") {
		return
	}
	if !slices.Contains(commands, name) {
		t.Errorf("%s: earshot %s: there is no such command; there are %s", where, name, strings.Join(commands, ", "))
		return
	}
	var flags []string
	for _, w := range words[1:] {
		w, _, _ = strings.Cut(strings.TrimRight(w, ",."), "=")
		if !strings.HasPrefix(w, "--") || w == "--help" {
			continue
		}
		if flags == nil {
			path := []string{name}
			if slices.Contains(complete(t, name, ""), words[1]) { // a command below it
				path = append(path, words[1])
			}
			flags = complete(t, append(path, "--")...)
		}
		if !slices.Contains(flags, w) {
			t.Errorf("%s: earshot %s %s: there is no such flag; there are %s", where, name, w, strings.Join(flags, ", "))
		}
	}
}

// complete asks the command line itself what may stand next, as a shell's completion does.
func complete(t *testing.T, words ...string) (next []string) {
	t.Helper()
	text := captured(t, func() { cli.Main(append([]string{"__completeNoDesc"}, words...), nil) })
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, ":") {
			next = append(next, strings.TrimSuffix(line, "="))
		}
	}
	return next
}

// captured returns what f writes to standard output; its standard error is dropped.
func captured(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = file, null
	defer func() { os.Stdout, os.Stderr = stdout, stderr }()
	f()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestParseDocument holds the small reader of Markdown to what it is relied on for.
func TestParseDocument(t *testing.T) {
	d := parse("a.md", "# Head: one & two\n## Same\n## Same\n```sh\nmake run # [x](y)\n```\n```yaml\nmake no\n```\n[l](b.md#c) `earshot\nrun` `[no](link)`\n")
	if want := []string{"head-one--two", "same", "same-1"}; !slices.Equal(d.anchors, want) {
		t.Errorf("anchors %q, want %q", d.anchors, want)
	}
	if want := []string{"b.md#c"}; !slices.Equal(d.links, want) {
		t.Errorf("links %q, want %q", d.links, want)
	}
	if want := []string{"make run # [x](y)", "earshot run", "[no](link)"}; !slices.Equal(d.code, want) {
		t.Errorf("code %q, want %q", d.code, want)
	}
	if got := calls("sudo make install PREFIX=/x && A=1 earshot run --demo # earshot no"); len(got) != 2 || got[0][1] != "install" || got[1][2] != "--demo" {
		t.Errorf("calls %q", got)
	}
	for _, link := range []string{"b.md", "a.md#none", "#none"} {
		if broken(d, link, []string{"a.md"}, map[string]document{"a.md": d}) == "" {
			t.Errorf("link %q passes", link)
		}
	}
	if why := broken(d, "#same-1", []string{"a.md"}, map[string]document{"a.md": d}); why != "" {
		t.Errorf("link #same-1: %s", why)
	}
}

// TestTestsInDocuments: every test that a document names is there.
func TestTestsInDocuments(t *testing.T) {
	files := tracked(t)
	found := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
	}
	named := regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)[A-Z]\w*$`)
	checked := 0
	for _, d := range documents(t, files) {
		for _, code := range d.code {
			if !named.MatchString(code) {
				continue
			}
			checked++
			if !found[code] {
				t.Errorf("%s: there is no %s", d.name, code)
			}
		}
	}
	if checked < 50 {
		t.Errorf("%d names of tests found: does this test still read them?", checked)
	}
}
