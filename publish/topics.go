package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// topics builds every topic of one node, base = "earshot/<id>".
type topics struct{ base string }

func (t topics) availability() string           { return t.base + "/availability" }
func (t topics) diagnostics() string            { return t.base + "/diagnostics" }
func (t topics) all() string                    { return t.base + "/#" }
func (t topics) source(src, leaf string) string { return t.base + "/" + src + "/" + leaf }
func (t topics) label(src, label, leaf string) string {
	return t.base + "/" + src + "/" + label + "/" + leaf
}
func deviceTopic(prefix, node string) string { return prefix + "/device/earshot_" + node + "/config" }
func entityTopic(prefix, node, platform, key string) string {
	return prefix + "/" + platform + "/earshot_" + node + "_" + key + "/config"
}

// Leaves under a source that are not labels. A label of that name would
// share its topics or its entity with them.
var reserved = map[string]bool{
	"availability": true, "last": true, "event": true, "scores": true,
	"problem": true, "level": true, "mute": true, "set": true,
}

var (
	nodePattern  = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)
	accentFolder = strings.NewReplacer("ß", "ss", "æ", "ae", "ø", "o", "œ", "oe", "đ", "d", "ł", "l", "þ", "th", "ı", "i")
)

func validNodeID(s string) bool { return nodePattern.MatchString(s) }

const maxSlug = 48 // bytes

// Slug turns a name into one topic level and id of [a-z0-9_]: lower case,
// accents dropped, anything else one underscore. What cannot be written in
// ASCII is told apart by a short hash, so that different names stay different.
func Slug(name string) string {
	var b strings.Builder
	lost := false
	for _, r := range norm.NFKD.String(accentFolder.Replace(strings.ToLower(name))) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			lost = lost || r >= utf8.RuneSelf
			if s := b.String(); s != "" && s[len(s)-1] != '_' {
				b.WriteByte('_')
			}
		}
	}
	s := strings.TrimRight(b.String(), "_")
	if lost || s == "" || len(s) > maxSlug {
		s = strings.TrimRight(s[:min(len(s), maxSlug-7)], "_")
		h := sha256.Sum256([]byte(name))
		s = strings.TrimLeft(s+"_"+hex.EncodeToString(h[:3]), "_")
	}
	return s
}

// DefaultNodeID is stable for a machine and tells nothing about it:
// six hex digits of a hash of /etc/machine-id, else of the host name.
func DefaultNodeID() string {
	id, err := os.ReadFile("/etc/machine-id")
	if err != nil || len(strings.TrimSpace(string(id))) == 0 {
		host, _ := os.Hostname()
		id = []byte(host)
	}
	h := sha256.Sum256([]byte("earshot node " + strings.TrimSpace(string(id))))
	return hex.EncodeToString(h[:3])
}

// checkTopic holds a topic prefix against MQTT 3.1.1 section 4.7.
func checkTopic(t string) error {
	switch {
	case t == "":
		return errors.New("is empty")
	case len(t) > 200:
		return errors.New("is longer than 200 bytes")
	case !utf8.ValidString(t) || strings.ContainsAny(t, "+#\x00"):
		return errors.New("want valid UTF-8 without +, # and NUL")
	case strings.HasPrefix(t, "/") || strings.HasSuffix(t, "/") || strings.HasPrefix(t, "$"):
		return errors.New("must not start with / or $ nor end with /")
	}
	return nil
}

// checkSources holds names against each other: every topic and every entity
// must belong to one thing only.
func checkSources(sources []Source) error {
	var errs []error
	slugs := map[string]string{"availability": "(the node's availability)", "diagnostics": "(the diagnostics topic)"}
	owner := map[string]string{"latency": "the latency sensor"}
	claim := func(key, who string) {
		if o, taken := owner[key]; taken {
			errs = append(errs, fmt.Errorf("%s and %s would share the id %q: rename one of them", o, who, key))
			return
		}
		owner[key] = who
	}
	for _, s := range sources {
		src := Slug(s.Name)
		if s.Name == "" {
			errs = append(errs, errors.New("a source has no name"))
			continue
		}
		if other, taken := slugs[src]; taken {
			errs = append(errs, fmt.Errorf("sources %q and %q would share the topic level %q: rename one of them", other, s.Name, src))
			continue
		}
		slugs[src] = s.Name
		for leaf := range reserved {
			claim(src+"_"+leaf, fmt.Sprintf("%q of source %q", leaf, s.Name))
		}
		for _, l := range s.Labels {
			if l.ID == "" {
				errs = append(errs, fmt.Errorf("source %q: a label has no name", s.Name))
			} else if l.Watched {
				claim(src+"_"+Slug(l.ID), fmt.Sprintf("label %q of source %q", l.ID, s.Name))
			}
		}
	}
	return errors.Join(errs...)
}
