package command

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// tail keeps the last lines that a program wrote to its standard error, in
// bounded memory, made harmless for a log line.
type tail struct {
	redact func(string) string

	mu    sync.Mutex
	line  []byte
	cut   bool // the line is longer than what was kept of it
	lines []string
}

const (
	tailLines = 4
	tailLine  = 2000 // bytes of a line that are looked at
	tailShown = 240  // characters of a line that are kept
)

// Write implements io.Writer; it never fails.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range b {
		switch {
		case c == '\n' || c == '\r':
			t.finish()
		case len(t.line) < tailLine:
			t.line = append(t.line, c)
		default:
			t.cut = true
		}
	}
	return len(b), nil
}

// finish makes a line of what has come.
func (t *tail) finish() {
	if s := t.clean(); s != "" {
		t.lines = append(t.lines, s)
		if len(t.lines) > tailLines {
			t.lines = slices.Delete(t.lines, 0, 1)
		}
	}
	t.line, t.cut = t.line[:0], false
}

func (t *tail) clean() string {
	s := strings.ToValidUTF8(string(t.line), "?")
	if t.cut { // a secret that was cut in two is not known again: drop the last word
		s = s[:strings.LastIndexAny(s, " \t")+1]
	}
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, t.redact(s))
	if r := []rune(s); len(r) > tailShown {
		s = string(r[:tailShown]) + "…"
	}
	return strings.TrimSpace(s)
}

// String returns the last lines, joined with " | ".
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines
	if s := t.clean(); s != "" {
		lines = append(slices.Clone(lines), s)
	}
	return strings.Join(lines, " | ")
}

// redactor hides secrets: user and password of any address, what is assigned to
// a telling name, and the values of the environment that was given.
type redactor struct{ literal *strings.Replacer }

const hidden = "***"

var (
	// address is a URL up to its last @, which ends user and password.
	address = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s"'<>]*@`)
	telling = regexp.MustCompile(`(?i)((?:pass|passwd|password|pwd|token|secret|auth|key|apikey|api_key)["']?\s*[=:]\s*["']?)[^&\s"']+`)
	bearer  = regexp.MustCompile(`(?i)((?:basic|bearer|digest)\s+)[^\s"']+`)
)

// shortSecret is the least length of a value that is looked for literally.
const shortSecret = 4

func newRedactor(argv, env []string) *redactor {
	var secrets []string
	add := func(s string) {
		if len(s) >= shortSecret {
			secrets = append(secrets, s, url.QueryEscape(s), url.PathEscape(s))
		}
	}
	credentials := func(s string) {
		u, err := url.Parse(s)
		if err != nil || u.User == nil {
			return
		}
		if p, ok := u.User.Password(); ok {
			add(p)
		}
		for _, values := range u.Query() {
			for _, v := range values {
				add(v)
			}
		}
	}
	for _, e := range env {
		_, v, _ := strings.Cut(e, "=")
		add(v)
		credentials(v)
	}
	for _, a := range argv {
		credentials(a)
	}
	// the longest first, so that no part of one is left behind another
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, s := range slices.Compact(secrets) {
		pairs = append(pairs, s, hidden)
	}
	return &redactor{strings.NewReplacer(pairs...)}
}

// line returns s without its secrets.
func (r *redactor) line(s string) string {
	s = r.literal.Replace(s)
	s = address.ReplaceAllString(s, "${1}"+hidden+"@")
	s = telling.ReplaceAllString(s, "${1}"+hidden)
	return bearer.ReplaceAllString(s, "${1}"+hidden)
}
