package homeassistant

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
	"earshot/publish/topic"
)

// announced is what was published last time and must be taken back when it is
// no longer configured, also by a later process. Kept as JSON in the state file.
type announced struct {
	Version int        `json:"version"`
	Node    string     `json:"node"`
	Base    string     `json:"base"`    // "earshot/<id>"
	Devices components `json:"devices"` // by the topic of the device's configuration
	Legacy  []string   `json:"legacy"`  // per-entity configuration topics
	Missed  keys       `json:"ghosts"`  // removed while Home Assistant may have been down
	Topics  []string   `json:"topics"`  // retained state topics
	alone              // how version 1 told of its only device
}

type (
	keys       map[string]string // component key → platform
	components map[string]keys   // topic of a device's configuration → its components
	alone      struct {
		Device keys   `json:"device,omitempty"`
		Topic  string `json:"topic,omitempty"`
	}
)

const stateFileVersion = 2

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
	if err := json.Unmarshal(b, &a); err != nil || a.Version < 1 || a.Version > stateFileVersion {
		return announced{}, fmt.Errorf("what was announced last time: %q is not a state file of version %d; old entities may stay in Home Assistant", path, stateFileVersion)
	}
	if a.Topic != "" {
		a.Devices = components{a.Topic: a.Device}
	}
	a.alone = alone{}
	return a, nil
}

// Forget removes the state file: nothing of what was announced is left.
func Forget(path string) error {
	if path == "" {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("what was announced last time: %w", err)
	}
	return nil
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
	kept := slices.Concat(want.Legacy, want.Topics, slices.Collect(maps.Keys(want.Devices)))
	was := slices.Concat(slices.Sorted(maps.Keys(a.last.Devices)), a.last.Legacy)
	if states {
		was = append(was, a.last.Topics...)
	}
	return slices.DeleteFunc(was, func(name string) bool { return slices.Contains(kept, name) })
}

// gone are the components to take away, of each device.
func (a *Announcer) gone(want announced) components {
	out := components{}
	if len(want.Devices) == 0 {
		return out
	}
	for name, all := range a.last.Devices {
		for key, platform := range all {
			if _, stays := want.Devices[name][key]; !stays {
				out.put(name, key, platform)
			}
		}
	}
	return out
}

// put adds a component.
func (c components) put(name, key, platform string) {
	if c[name] == nil {
		c[name] = keys{}
	}
	c[name][key] = platform
}

// flat are the components of all devices.
func (c components) flat() keys {
	return merged(slices.Collect(maps.Values(c))...)
}

// with are the components of two together.
func (c components) with(more components) components {
	out := components{}
	for _, x := range []components{c, more} {
		for name, all := range x {
			out[name] = merged(out[name], all)
		}
	}
	return out
}

// union is what may be on the broker while a publication is under way.
func (a *Announcer) union(want announced) announced {
	u := want
	u.Devices = want.Devices.with(a.last.Devices)
	u.Missed = merged(want.Missed, a.last.Missed)
	u.Legacy = merge(want.Legacy, a.last.Legacy)
	u.Topics = merge(want.Topics, a.last.Topics)
	return u
}

func merged(all ...keys) keys {
	out := keys{}
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
