package homeassistant

import (
	"cmp"
	"maps"
	"slices"
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
	Guarded    bool   // there is surveillance
	Legacy     bool   // one topic per entity, Home Assistant before 2024.11
	Language   string // of the entities' names; empty = English
	Device     Device
	Sources    []topic.Source
	Every      time.Duration // between two messages of diagnostics
	Image      bool          // there are pictures of the last sounds
}

// Expiry makes what comes with QoS 0 unknown after three messages that did not come.
func (c *Settings) Expiry() time.Duration { return max(3*c.Every, 3*time.Second) }

// Device names the daemon in Home Assistant's device registry.
type Device struct {
	Name         string // "Hallway"
	Manufacturer string // empty = "earshot"
	Model        string // "ACRNN ESC-50"
	SWVersion    string
	Area         string // suggested area, empty = none; the sources' too, unless they have one
	URL          string // live page, http:// or https://, empty = none
	SupportURL   string // origin's address, empty = none
}

// device is one of Home Assistant's devices: the node, or a source that hangs on it.
type device struct {
	topic      string // of its configuration
	info       deviceInfo
	components map[string]component // by key, `<src>_<label>` and the like
}

// nodeTopic and sourceTopic are where the devices' configurations stand.
func (c *Settings) nodeTopic() string { return c.Prefix + "/device/earshot_" + c.Node + "/config" }

func (c *Settings) sourceTopic(src string) string {
	return c.Prefix + "/device/earshot_" + c.Node + "_" + src + "/config"
}

func (c *Settings) entityTopic(platform, key string) string {
	return c.Prefix + "/" + platform + "/" + c.uniqueID(key) + "/config"
}

// entityID is what Home Assistant is asked to call an entity: by node, source and label, whatever area the device
// is in and whatever it was called before.
func (c *Settings) entityID(platform, key string) string {
	return platform + "." + topic.Slug(c.Device.Name) + "_" + key
}

func (c *Settings) uniqueID(key string) string { return "earshot_" + c.Node + "_" + key }

func (c *Settings) origin() originInfo {
	return originInfo{Name: "earshot", SW: c.Device.SWVersion, URL: httpURL(c.Device.SupportURL)}
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

// devices lists the node, first, and its sources.
func (c *Settings) devices() []device {
	d := c.Device
	node := c.deviceAt(c.nodeTopic(), deviceInfo{IDs: []string{"earshot_" + c.Node}, Name: d.Name, Maker: d.Manufacturer,
		Model: d.Model, SW: d.SWVersion, Area: d.Area, URL: httpURL(d.URL)})
	c.addNode(node)
	all := []device{node}
	for _, s := range c.Sources {
		src := topic.Slug(s.Name)
		// A title is what the household calls it; a name alone is one of many microphones'.
		name := cmp.Or(s.Title, d.Name+" "+topic.Humanise(s.Name))
		source := c.deviceAt(c.sourceTopic(src), deviceInfo{IDs: []string{"earshot_" + c.Node + "_" + src}, Name: name, Maker: d.Manufacturer,
			Model: d.Model, SW: d.SWVersion, Area: cmp.Or(s.Area, d.Area), URL: httpURL(d.URL), Via: "earshot_" + c.Node})
		c.addSource(source, s, src)
		all = append(all, source)
	}
	return all
}

func (c *Settings) deviceAt(name string, info deviceInfo) device {
	return device{name, info, map[string]component{}}
}

// add gives an entity its state topic, and what follows from that topic's leaf.
func (c *Settings) add(d device, key string, x component, leaf topic.Leaf, slugs ...string) {
	x.StateTopic, x.QoS = c.Tree.Of(leaf, slugs...), int(leaf.QoS)
	if leaf.QoS == 0 {
		x.ExpireAfter = int(c.Expiry().Seconds())
	}
	c.stateless(d, key, x)
}

// stateless adds an entity that has no state topic.
func (c *Settings) stateless(d device, key string, x component) {
	x.UniqueID, x.EntityID = c.uniqueID(key), c.entityID(x.Platform, key)
	d.components[key] = x
}

// addNode adds what is about the whole program.
func (c *Settings) addNode(d device) {
	figure := func(key string, x component) {
		x.Platform, x.EntityCategory, x.ValueTemplate = "sensor", "diagnostic", "{{ value_json."+x.ValueTemplate+" }}"
		x.Name = c.word(key)
		c.add(d, key, x, topic.NodeDiagnostics)
	}
	figure("latency", component{DeviceClass: "duration", Unit: "ms", StateClass: "measurement", ValueTemplate: "latency_ms", Precision: new(int)})
	figure("dropped_windows", component{Icon: "mdi:debug-step-over", StateClass: "total_increasing", ValueTemplate: "dropped_windows"})
	figure("source_faults", component{Icon: "mdi:microphone-question", StateClass: "total_increasing", ValueTemplate: "source_faults"})
	figure("queued_events", component{Icon: "mdi:tray-full", StateClass: "measurement", ValueTemplate: "queued_events"})
	figure("dropped_events", component{Icon: "mdi:tray-remove", StateClass: "total_increasing", ValueTemplate: "dropped_events"})
	if c.Guarded {
		c.addAlarm(d)
	}
	figure("provider", component{Icon: "mdi:chip", ValueTemplate: "provider"})
}

// addSource adds what is about one microphone.
func (c *Settings) addSource(d device, s topic.Source, src string) {
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
		icon, key := cmp.Or(l.Icon, DefaultIcon(l.ID)), src+"_"+slug
		c.add(d, key, heard(component{Platform: "binary_sensor", Name: l.Shown(), DeviceClass: "sound", Icon: icon,
			ValueTemplate: "{{ value_json.state }}", AttributesTopic: c.Tree.Of(topic.LabelAttributes, src, slug),
			AttributesTemplate: attributes}), topic.LabelAttributes, src, slug)
		c.add(d, key+"_count", heard(component{Platform: "sensor", Name: c.word("count", l.Shown()), Icon: "mdi:counter", EntityCategory: "diagnostic",
			StateClass: "total_increasing", ValueTemplate: "{{ value_json.count }}"}), topic.LabelAttributes, src, slug)
		c.add(d, key+"_mute", component{Platform: "switch", Name: c.word("mute_label", l.Shown()), Icon: "mdi:volume-off", EntityCategory: "config",
			CommandTopic: c.Tree.Of(topic.LabelMuteSet, src, slug)}, topic.LabelMute, src, slug)
		if l.Group { // its members' count
			continue
		}
		c.add(d, key+"_threshold", component{Platform: "number", Name: c.word("threshold", l.Shown()), Icon: "mdi:tune-variant", EntityCategory: "config",
			Min: 0.01, Max: 1, Step: 0.01, Mode: "box", CommandTopic: c.Tree.Of(topic.LabelThresholdSet, src, slug)}, topic.LabelThreshold, src, slug)
		c.add(d, key+"_hold", component{Platform: "number", Name: c.word("hold", l.Shown()), Icon: "mdi:timer-sand", EntityCategory: "config",
			Max: 3600, Step: 0.1, Unit: "s", Mode: "box", CommandTopic: c.Tree.Of(topic.LabelHoldSet, src, slug)}, topic.LabelHold, src, slug)
	}
	c.add(d, src+"_last", heard(component{Platform: "sensor", Name: c.word("last"), DeviceClass: "enum", Icon: "mdi:waveform",
		Options: append([]string{"none"}, ids...), ValueTemplate: "{{ value_json.label }}",
		AttributesTopic: c.Tree.Of(topic.SourceLast, src)}), topic.SourceLast, src)
	if len(ids) > 0 {
		c.add(d, src+"_event", heard(component{Platform: "event", Name: c.word("event"), Icon: "mdi:ear-hearing",
			EventTypes: ids}), topic.SourceEvent, src)
	}
	if c.Image && len(ids) > 0 {
		c.stateless(d, src+"_image", component{Platform: "image", Name: c.word("image"), Icon: "mdi:chart-bell-curve",
			ImageTopic: c.Tree.Of(topic.SourceImage, src), ContentType: "image/png"})
	}
	if len(ids) > 0 {
		c.stateless(d, src+"_reset", component{Platform: "button", Name: c.word("reset"), Icon: "mdi:restore", EntityCategory: "config",
			CommandTopic: c.Tree.Of(topic.SourceThresholdSet, src), Press: "default", QoS: 1})
	}
	c.add(d, src+"_mute", component{Platform: "switch", Name: c.word("mute"), Icon: "mdi:microphone-off", EntityCategory: "config",
		CommandTopic: c.Tree.Of(topic.SourceMuteSet, src)}, topic.SourceMute, src)
	c.add(d, src+"_pause", component{Platform: "number", Name: c.word("pause"), Icon: "mdi:timer-pause", EntityCategory: "config",
		Unit: "min", Max: 7 * 24 * 60, Step: 1, Mode: "box", CommandTopic: c.Tree.Of(topic.SourceMuteSet, src),
		CommandTemplate: pause}, topic.SourcePause, src)
	c.add(d, src+"_problem", component{Platform: "binary_sensor", Name: c.word("problem"), DeviceClass: "problem",
		EntityCategory: "diagnostic", ValueTemplate: "{{ value_json.state }}",
		AttributesTopic: c.Tree.Of(topic.SourceProblem, src)}, topic.SourceProblem, src)
	if c.Guarded {
		c.add(d, src+"_tamper", component{Platform: "binary_sensor", Name: c.word("tamper"), DeviceClass: "tamper", EntityCategory: "diagnostic",
			ValueTemplate: "{{ value_json.state }}", AttributesTopic: c.Tree.Of(topic.SourceTamper, src)}, topic.SourceTamper, src)
	}
	c.add(d, src+"_level", component{Platform: "sensor", Name: c.word("level"), Icon: "mdi:volume-medium", EntityCategory: "diagnostic",
		Unit: "dBFS", StateClass: "measurement", Precision: new(int),
		ValueTemplate: "{{ value_json['sources']['" + src + "']['level_dbfs'] }}"}, topic.NodeDiagnostics)
	if s.Calibrated {
		c.add(d, src+"_laeq", component{Platform: "sensor", Name: c.word("laeq"), DeviceClass: "sound_pressure", Unit: "dBA", StateClass: "measurement", Precision: new(int),
			ValueTemplate: "{{ value_json['sources']['" + src + "']['laeq'] }}"}, topic.NodeDiagnostics)
	}
}

const (
	// attributes are what a label's message holds beside its state and its counter, which are entities.
	attributes = "{{ dict(value_json.items() | rejectattr(0, 'in', ['state', 'count'])) | tojson }}"
	// pause asks for a mute of so many minutes; none ends it.
	pause = "{{ (value | int * 60) if value | int > 0 else 'OFF' }}"
)

// components are all of all devices.
func (c *Settings) components() map[string]component {
	all := map[string]component{}
	for _, d := range c.devices() {
		maps.Copy(all, d.components)
	}
	return all
}

// keys are a device's component keys with their platforms.
func (d device) keys() map[string]string {
	out := map[string]string{}
	for key, x := range d.components {
		out[key] = x.Platform
	}
	return out
}

// deviceOf finds the device whose component has the key; the node's, where none has it.
func deviceOf(all []device, key string) device {
	i := slices.IndexFunc(all, func(d device) bool { _, has := d.components[key]; return has })
	return all[max(i, 0)]
}
