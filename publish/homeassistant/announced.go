package homeassistant

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
	"earshot/publish/topic"
)

// announced is what was published last time and must be taken back when it is
// no longer configured, also by a later process. Kept as JSON in the state file.
type announced struct {
	Version int               `json:"version"`
	Node    string            `json:"node"`
	Base    string            `json:"base"`   // "earshot/<id>"
	Device  map[string]string `json:"device"` // component key → platform
	Topic   string            `json:"topic"`  // device configuration, "" = none
	Legacy  []string          `json:"legacy"` // per-entity configuration topics
	Missed  map[string]string `json:"ghosts"` // component key → platform: removed while Home Assistant may have been down
	Topics  []string          `json:"topics"` // retained state topics
}

const stateFileVersion = 1

// maxStateFile bounds what is read of a state file, in bytes; a node of a hundred sources has some hundred kilobytes.
const maxStateFile = 16 << 20

// loadAnnounced reads the state file. None, or one that cannot be read, counts
// as nothing announced; the latter is an error to mention, not to stop for.
func loadAnnounced(path string) (announced, error) {
	var a announced
	if path == "" {
		return a, nil
	}
	atomicfile.ClearHalf(path)
	b, err := readfile.Bytes(path, maxStateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("what was announced last time: %w", err)
	}
	if err := json.Unmarshal(b, &a); err != nil || a.Version != stateFileVersion {
		return announced{}, fmt.Errorf("what was announced last time: %q is not a state file of version %d; old entities may stay in Home Assistant", path, stateFileVersion)
	}
	return a, nil
}

func (a announced) save(path string) error {
	if path == "" {
		return nil
	}
	a.Version = stateFileVersion
	return atomicfile.WriteBytes(path, 0o600, append(topic.Encode(a), '\n'))
}

// stale lists the topics of last time that nothing stands for any more; those of states only when no entity looks at
// them any more, for it would complain.
func (a *Announcer) stale(want announced, states bool) []string {
	kept := append(slices.Concat(want.Legacy, want.Topics), want.Topic)
	was := slices.Concat([]string{a.last.Topic}, a.last.Legacy)
	if states {
		was = append(was, a.last.Topics...)
	}
	return slices.DeleteFunc(was, func(name string) bool { return name == "" || slices.Contains(kept, name) })
}

// gone maps the components to take away to their platforms.
func (a *Announcer) gone(want announced) map[string]string {
	out := map[string]string{}
	if want.Topic == "" || a.last.Topic != want.Topic {
		return out
	}
	for key, platform := range a.last.Device {
		if _, stays := want.Device[key]; !stays {
			out[key] = platform
		}
	}
	return out
}

// union is what may be on the broker while a publication is under way.
func (a *Announcer) union(want announced) announced {
	u := want
	u.Topic = cmp.Or(a.last.Topic, want.Topic)
	u.Device = merged(want.Device, a.last.Device)
	u.Missed = merged(want.Missed, a.last.Missed)
	u.Legacy = merge(want.Legacy, a.last.Legacy)
	u.Topics = merge(want.Topics, a.last.Topics)
	return u
}

func merged(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}

func merge(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}
