package topic

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"earshot/internal/readfile"

	"golang.org/x/text/unicode/norm"
)

var (
	idPattern    = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)
	accentFolder = strings.NewReplacer("ß", "ss", "æ", "ae", "ø", "o", "œ", "oe", "đ", "d", "ł", "l", "þ", "th", "ı", "i")
)

// IsID reports whether s may be a node id or an entity's key: 1 to 64 of [a-z0-9_].
func IsID(s string) bool { return idPattern.MatchString(s) }

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
	id, err := readfile.Bytes("/etc/machine-id", 4096)
	if err != nil || len(strings.TrimSpace(string(id))) == 0 {
		host, _ := os.Hostname()
		id = []byte(host)
	}
	h := sha256.Sum256([]byte("earshot node " + strings.TrimSpace(string(id))))
	return hex.EncodeToString(h[:3])
}
