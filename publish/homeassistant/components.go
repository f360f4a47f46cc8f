package homeassistant

import (
	"cmp"
	"strings"
	"time"

	"earshot/internal/redact"
	"earshot/publish/topic"
)

// Settings say what is announced and where.
type Settings struct {
	Node       string // the node's id
	Tree       topic.Tree
	Prefix     string // of discovery, "homeassistant"
	BirthTopic string // Home Assistant says online and offline there
	Enabled    bool
	Legacy     bool // one topic per entity, Home Assistant before 2024.11
	Device     Device
	Sources    []topic.Source
	Every      time.Duration // between two messages of diagnostics
}

// Expiry makes what comes with QoS 0 unknown after three messages that did not come.
func (c *Settings) Expiry() time.Duration { return max(3*c.Every, 3*time.Second) }

// Device names the daemon in Home Assistant's device registry.
type Device struct {
	Name         string // "Hallway"
	Manufacturer string // empty = "earshot"
	Model        string // "ACRNN ESC-50"
	SWVersion    string
	Area         string // suggested area, empty = none
	URL          string // live page, http:// or https://, empty = none
	SupportURL   string // origin's address, empty = none
}

func (c *Settings) deviceTopic() string { return c.Prefix + "/device/earshot_" + c.Node + "/config" }

func (c *Settings) entityTopic(platform, key string) string {
	return c.Prefix + "/" + platform + "/" + c.uniqueID(key) + "/config"
}

// entityID is what Home Assistant is asked to call an entity: by device, source and label, whatever area the device
// is in and whatever it was called before.
func (c *Settings) entityID(platform, key string) string {
	return platform + "." + topic.Slug(c.Device.Name) + "_" + key
}

func (c *Settings) uniqueID(key string) string { return "earshot_" + c.Node + "_" + key }

func (c *Settings) device() (deviceInfo, originInfo) {
	d := c.Device
	return deviceInfo{IDs: []string{"earshot_" + c.Node}, Name: d.Name, Maker: d.Manufacturer, Model: d.Model,
			SW: d.SWVersion, Area: d.Area, URL: httpURL(d.URL)},
		originInfo{Name: "earshot", SW: d.SWVersion, URL: httpURL(d.SupportURL)}
}

// httpURL drops what Home Assistant would reject the whole device for.
func httpURL(s string) string {
	if strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") {
		return redact.URLs(s)
	}
	return ""
}

func (c *Settings) availability() []availabilityTopic {
	return []availabilityTopic{{c.Tree.Of(topic.NodeAvailability)}}
}

// components lists every entity by its key, `<src>_<label>` and the like.
func (c *Settings) components() map[string]component {
	out := map[string]component{}
	// add gives an entity its state topic, and what follows from that topic's leaf.
	add := func(key string, x component, leaf topic.Leaf, slugs ...string) {
		x.StateTopic, x.QoS, x.UniqueID = c.Tree.Of(leaf, slugs...), int(leaf.QoS), c.uniqueID(key)
		x.EntityID = c.entityID(x.Platform, key)
		if leaf.QoS == 0 {
			x.ExpireAfter = int(c.Expiry().Seconds())
		}
		out[key] = x
	}
	add("latency", component{Platform: "sensor", Name: "Latency", DeviceClass: "duration", EntityCategory: "diagnostic",
		Unit: "ms", StateClass: "measurement", ValueTemplate: "{{ value_json.latency_ms }}", Precision: new(int)}, topic.NodeDiagnostics)
	for _, s := range c.Sources {
		src := topic.Slug(s.Name)
		title := func(name string) string { // one source needs no telling apart
			if len(c.Sources) == 1 {
				return name
			}
			return s.Shown() + " " + name
		}
		heard := func(x component) component {
			x.Availability = append(c.availability(), availabilityTopic{c.Tree.Of(topic.SourceAvailability, src)})
			x.AvailabilityMode = "all"
			return x
		}
		ids := []string{}
		for _, l := range s.Labels {
			if !l.Watched {
				continue
			}
			slug := topic.Slug(l.ID)
			if !l.Group { // a group is a sensor only: what sounded is its member
				ids = append(ids, slug)
			}
			add(src+"_"+slug, heard(component{Platform: "binary_sensor", Name: title(l.Shown()), DeviceClass: "sound",
				Icon: cmp.Or(l.Icon, DefaultIcon(l.ID)), AttributesTopic: c.Tree.Of(topic.LabelAttributes, src, slug)}), topic.LabelState, src, slug)
		}
		add(src+"_last", heard(component{Platform: "sensor", Name: title("Last sound"), DeviceClass: "enum", Icon: "mdi:waveform",
			Options: append([]string{"none"}, ids...), ValueTemplate: "{{ value_json.label }}",
			AttributesTopic: c.Tree.Of(topic.SourceLast, src)}), topic.SourceLast, src)
		if len(ids) > 0 {
			add(src+"_event", heard(component{Platform: "event", Name: title("Sound event"), Icon: "mdi:ear-hearing",
				EventTypes: ids}), topic.SourceEvent, src)
		}
		add(src+"_mute", component{Platform: "switch", Name: title("Mute"), Icon: "mdi:microphone-off", EntityCategory: "config",
			CommandTopic: c.Tree.Of(topic.SourceMuteSet, src)}, topic.SourceMute, src)
		add(src+"_problem", component{Platform: "binary_sensor", Name: title("Audio input"), DeviceClass: "problem",
			EntityCategory: "diagnostic", ValueTemplate: "{{ value_json.state }}",
			AttributesTopic: c.Tree.Of(topic.SourceProblem, src)}, topic.SourceProblem, src)
		add(src+"_level", component{Platform: "sensor", Name: title("Level"), Icon: "mdi:volume-medium", EntityCategory: "diagnostic",
			Unit: "dBFS", StateClass: "measurement", Precision: new(int),
			ValueTemplate: "{{ value_json['sources']['" + src + "']['level_dbfs'] }}"}, topic.NodeDiagnostics)
	}
	return out
}
