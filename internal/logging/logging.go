// Package logging makes the daemon's logger: for people on a terminal, JSON lines otherwise.
package logging

import (
	"bytes"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
)

// Config chooses form and level.
type Config struct {
	Level  string // trace, debug, info, warn, error
	Format string // auto, console, json
	Out    io.Writer
}

// Log is a logger whose level can be changed while it runs and which never lets a registered secret through.
type Log struct {
	zerolog.Logger
	secrets *veil
	limiter *Limiter
}

// oftenEvery is how often one and the same line may come, see [Log.Often].
const oftenEvery = 10 * time.Second

// New makes the logger. An unknown level means info: the configuration has checked it already.
func New(c Config) *Log {
	if c.Out == nil {
		c.Out = os.Stderr
	}
	v := &veil{out: c.Out}
	var out io.Writer = v
	if c.Format == "console" || (c.Format != "json" && Terminal(c.Out)) {
		colour := Terminal(c.Out) && os.Getenv("NO_COLOR") == ""
		out = zerolog.ConsoleWriter{Out: v, TimeFormat: "15:04:05.000", NoColor: !colour}
	}
	log := &Log{Logger: zerolog.New(zerolog.SyncWriter(out)).With().Timestamp().Logger(), secrets: v, limiter: NewLimiter(oftenEvery)}
	log.SetLevel(c.Level)
	return log
}

// SetLevel changes the level of every logger in the process.
func (l *Log) SetLevel(name string) {
	level, err := zerolog.ParseLevel(name)
	if err != nil || name == "" {
		level = zerolog.InfoLevel
	}
	zerolog.SetGlobalLevel(level)
}

// Hide registers a secret: wherever it would appear in a line, asterisks appear instead.
func (l *Log) Hide(secret string) { l.secrets.hide(secret) }

// Often limits a line that could repeat: nil, which zerolog ignores, when the same key was logged a moment ago.
func (l *Log) Often(e *zerolog.Event, key string) *zerolog.Event {
	held, ok := l.limiter.Allow(key)
	if !ok {
		return nil
	}
	if held > 0 {
		e = e.Int("repeated", held)
	}
	return e
}

// Terminal tells whether w is one.
func Terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

func init() {
	zerolog.TimeFieldFormat = "2006-01-02T15:04:05.000Z07:00"
	zerolog.DurationFieldUnit = time.Millisecond
}

// veil is the last writer before the file: it blanks secrets.
type veil struct {
	mu      sync.Mutex // guards secrets and keeps lines whole
	secrets [][]byte
	out     io.Writer
}

func (v *veil) hide(secret string) {
	if len(secret) < 4 {
		return // "a" would blank half of every line and give itself away by that
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if !slices.ContainsFunc(v.secrets, func(known []byte) bool { return string(known) == secret }) { // read anew, it is often the same
		v.secrets = append(v.secrets, []byte(secret))
	}
}

func (v *veil) Write(line []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	shown := line
	for _, s := range v.secrets {
		shown = bytes.ReplaceAll(shown, s, []byte("****"))
	}
	if _, err := v.out.Write(shown); err != nil {
		return 0, err
	}
	return len(line), nil
}
