package publish

import (
	"maps"
	"slices"
	"strings"
)

// A Home Assistant that is down misses the two steps of a removal. When it
// comes back it shows the entity still, from its own registry, and does not
// obey a removal of what was not announced to it since its start. So what was
// removed while it may have been down is remembered, as a ghost; at its next
// birth message the ghosts are announced once more, and then removed as usual.

// raise makes the next publication announce the ghosts, if there are any.
func (a *announcer) raise() { a.raising = len(a.last.Ghosts) > 0 }

// born notes Home Assistant's birth and last will, as they are sent.
func (a *announcer) born(up bool) {
	if a.homeUp = up; up {
		a.raise()
	}
}

// gather is what is remembered once the components in gone have been taken away.
func (a *announcer) gather(gone map[string]string, want announced) map[string]string {
	ghosts := maps.Clone(a.last.Ghosts)
	if ghosts == nil {
		ghosts = map[string]string{}
	}
	if !a.homeUp {
		maps.Copy(ghosts, gone)
	}
	maps.DeleteFunc(ghosts, func(key, _ string) bool {
		_, back := want.Device[key]
		return back || slices.ContainsFunc(want.Legacy, func(topic string) bool { return strings.HasSuffix(topic, "_"+key+"/config") })
	})
	return ghosts
}

// goneLegacy maps the keys of the per-entity topics to take away to their platforms.
func (a *announcer) goneLegacy(c *Config, want announced) map[string]string {
	out := map[string]string{}
	for _, topic := range a.last.Legacy {
		if slices.Contains(want.Legacy, topic) {
			continue
		}
		rest, _ := strings.CutPrefix(topic, c.DiscoveryPrefix+"/")
		platform, name, _ := strings.Cut(rest, "/")
		key, ours := strings.CutPrefix(strings.TrimSuffix(name, "/config"), "earshot_"+c.NodeID+"_")
		if ours && platforms[platform] {
			out[key] = platform
		}
	}
	return out
}

// ghost is the least that Home Assistant takes for a component of this platform.
// Only its unique id matters: it finds the entity in the registry.
func ghost(c *Config, key, platform string) component {
	t := topics{c.Topic + "/" + c.NodeID}
	x := component{Platform: platform, Name: humanise(key), UniqueID: "earshot_" + c.NodeID + "_" + key, StateTopic: t.base + "/gone", QoS: 1}
	switch platform {
	case "binary_sensor":
		x.DeviceClass = "sound"
	case "event":
		x.EventTypes = []string{"gone"}
	case "switch":
		x.CommandTopic = t.base + "/gone/set"
	}
	return x
}

// ghosts are the components to announce once more.
func (a *announcer) ghosts(c *Config) map[string]component {
	out := map[string]component{}
	for key, platform := range a.last.Ghosts {
		if platforms[platform] && nodePattern.MatchString(key) {
			out[key] = ghost(c, key, platform)
		}
	}
	return out
}
