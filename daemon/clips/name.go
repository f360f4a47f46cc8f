package clips

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A clip is called source_label_time.flac with the onset's time in UTC, so that names
// sort by time within a source and a label, and are fit for any file system and URL:
//
//	mic_dog_20261122T113005.250Z.flac
const nameTime = "20060102T150405.000Z"

var clipName = regexp.MustCompile(`^[a-z0-9_-]{1,130}_[0-9]{8}T[0-9]{6}\.[0-9]{3}Z(-[0-9]{1,6})?\.flac$`)

// tempName is what a file is called while it is being written (package atomicfile, and New).
var tempName = regexp.MustCompile(`^\.([a-z0-9_-]+_[0-9TZ.-]+\.flac|probe)\.[0-9]+\.tmp$`)

func isClipName(name string) bool { return clipName.MatchString(name) }

// makeName names a clip; a repeat above 0 tells clips of the same instant apart.
func makeName(source, label string, onset time.Time, repeat int) string {
	name := fmt.Sprintf("%s_%s_%s", safeID(source), safeID(label), safeTime(onset).Format(nameTime))
	if repeat > 0 {
		name += fmt.Sprintf("-%d", repeat)
	}
	return name + ".flac"
}

// safeTime keeps the year to four digits, whatever the clock says.
func safeTime(t time.Time) time.Time {
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return time.Time{}
	}
	return t
}

// safeID turns any text into 1 to 64 characters of a-z, 0-9, _ and -.
func safeID(s string) string {
	id := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '_'
	}, s)
	if id == "" {
		return "_"
	}
	return id[:min(len(id), 64)]
}

// Heard splits a clip's name: source and label with _ between them, and the onset's time, which sorts; ok is false for any other file.
func Heard(name string) (sourceLabel, at string, ok bool) {
	if !isClipName(name) {
		return "", "", false
	}
	name = strings.TrimSuffix(name, ".flac")
	i := strings.LastIndexByte(name, '_')
	return name[:i], name[i+1:], true
}
