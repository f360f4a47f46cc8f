package homeassistant

import (
	"maps"
	"slices"
	"strings"

	"earshot/publish/topic"
)

// A Home Assistant that is down misses the two steps of a removal. When it
// comes back it shows the entity still, from its own registry, and does not
// obey a removal of what was not announced to it since its start. So what was
// removed while it may have been down is remembered; at its next birth message
// it is announced once more, and then removed as usual.

// remember is what may have been missed once the components in gone have been taken away.
func (a *Announcer) remember(gone keys, want announced) keys {
	missed := merged(a.last.Missed)
	if !a.homeUp {
		maps.Copy(missed, gone)
	}
	maps.DeleteFunc(missed, func(key, _ string) bool {
		_, back := want.Devices.flat()[key]
		return back || slices.ContainsFunc(want.Legacy, func(name string) bool { return strings.HasSuffix(name, "_"+key+"/config") })
	})
	return missed
}

// goneLegacy maps the keys of the per-entity topics to take away to their platforms.
func (a *Announcer) goneLegacy(want announced) map[string]string {
	out := map[string]string{}
	for _, name := range a.last.Legacy {
		if slices.Contains(want.Legacy, name) {
			continue
		}
		rest, _ := strings.CutPrefix(name, a.Prefix+"/")
		platform, id, _ := strings.Cut(rest, "/")
		key, ours := strings.CutPrefix(strings.TrimSuffix(id, "/config"), a.uniqueID(""))
		if ours && platforms[platform] {
			out[key] = platform
		}
	}
	return out
}

// showMissed announces what was missed beside the configuration; what follows is
// an ordinary removal.
func (a *Announcer) showMissed(want announced, messages []topic.Message) Plan {
	p := Plan{after: want, then: a.step.acknowledged(true)}
	p.after.Missed, p.after.Topics = a.last.Missed, merge(want.Topics, a.last.Topics)
	if a.Legacy {
		p.Messages = append(messages, a.entityMessages(a.missed())...)
		p.after.Legacy = merge(names(p.Messages), a.last.Legacy)
	} else {
		// Whichever device they were of: the unique id finds them in the registry.
		for i, d := range a.devices() {
			more := map[string]component{}
			if i == 0 {
				more = a.missed()
			}
			p.Messages = append(p.Messages, a.message(d, more, nil))
		}
		p.after.Devices = want.Devices.with(a.last.Devices).with(components{a.nodeTopic(): a.last.Missed})
	}
	p.during = a.union(p.after)
	return p
}

// missed are the components to announce once more.
func (a *Announcer) missed() map[string]component {
	out := map[string]component{}
	for key, platform := range a.last.Missed {
		if platforms[platform] && topic.IsID(key) {
			out[key] = a.least(key, platform)
		}
	}
	return out
}

// least is the least that Home Assistant takes for a component of this platform.
// Only its unique id matters: it finds the entity in the registry.
func (a *Announcer) least(key, platform string) component {
	nothing := string(a.Tree) + "/gone"
	x := component{Platform: platform, Name: topic.Humanise(key), UniqueID: a.uniqueID(key), StateTopic: nothing, QoS: 1}
	switch platform {
	case "binary_sensor":
		x.DeviceClass = "sound"
	case "event":
		x.EventTypes = []string{"gone"}
	case "button":
		x.StateTopic, x.CommandTopic = "", nothing+"/set"
	case "switch", "number", "alarm_control_panel":
		x.CommandTopic = nothing + "/set"
	}
	return x
}
