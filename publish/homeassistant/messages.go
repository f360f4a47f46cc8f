package homeassistant

import (
	"encoding/json"
	"maps"
	"slices"

	"earshot/publish/topic"
)

// message is a device's retained configuration, with more components where they are not configured ones, and without
// some that are to come later. It is empty, so that the topic is cleared, when there is nothing in it.
func (c *Settings) message(d device, more map[string]component, later map[string]bool) topic.Message {
	all := maps.Clone(more)
	if all == nil {
		all = map[string]component{}
	}
	for key, x := range d.components {
		if !later[key] {
			all[key] = x
		}
	}
	if len(all) == 0 {
		return topic.Kept(d.topic, nil)
	}
	return topic.Kept(d.topic, topic.Encode(deviceConfig{Device: d.info, Origin: c.origin(), Mode: "all",
		Availability: c.availability(), Components: all}))
}

// stubs are what takes components away: their platforms and nothing else.
func stubs(gone map[string]string) map[string]component {
	out := map[string]component{}
	for key, platform := range gone {
		out[key] = component{Platform: platform}
	}
	return out
}

// entityMessages are the older per-entity configurations of any components, in key order.
func (c *Settings) entityMessages(all map[string]component) []topic.Message {
	devices := c.devices()
	var out []topic.Message
	for _, key := range slices.Sorted(maps.Keys(all)) {
		x := all[key]
		name := c.entityTopic(x.Platform, key)
		if x.Availability == nil {
			x.Availability = c.availability()
		}
		x.Platform = ""
		out = append(out, topic.Kept(name, topic.Encode(entityConfig{x, deviceOf(devices, key).info, c.origin()})))
	}
	return out
}

// platformsOf reads which components a device configuration announces; it may
// come from the broker, so from anybody. Nothing is returned for what is not one.
func platformsOf(payload []byte) map[string]string {
	var d struct {
		Components map[string]struct {
			Platform string `json:"p"`
		} `json:"cmps"`
	}
	if json.Unmarshal(payload, &d) != nil {
		return nil
	}
	out := map[string]string{}
	for key, x := range d.Components {
		if platforms[x.Platform] && topic.IsID(key) && len(out) < 1000 {
			out[key] = x.Platform
		}
	}
	return out
}

// topicsOf reads which topics the components of a device configuration name; as bounded, and as little to be believed.
func topicsOf(payload []byte) (topics []string) {
	var d struct {
		Components map[string]map[string]any `json:"cmps"`
	}
	if json.Unmarshal(payload, &d) != nil {
		return nil
	}
	for _, x := range d.Components {
		for _, key := range []string{"stat_t", "json_attr_t"} {
			if name, ok := x[key].(string); ok && len(topics) < 3000 {
				topics = append(topics, name)
			}
		}
	}
	return topics
}

// platforms that this program ever announces.
var platforms = map[string]bool{"binary_sensor": true, "sensor": true, "event": true, "switch": true, "number": true,
	"alarm_control_panel": true, "button": true, "image": true}
