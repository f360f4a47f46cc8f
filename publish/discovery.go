package publish

import (
	"encoding/json"
	"strings"
)

// Home Assistant's device discovery, in its short keys. Field order is the
// order of the example in docs/mqtt.md. See doc.go for the rules these shapes keep.

type deviceInfo struct {
	IDs   []string `json:"ids"`
	Name  string   `json:"name"`
	Maker string   `json:"mf,omitempty"`
	Model string   `json:"mdl,omitempty"`
	SW    string   `json:"sw,omitempty"`
	Area  string   `json:"sa,omitempty"`
	URL   string   `json:"cu,omitempty"`
}

type originInfo struct {
	Name string `json:"name"`
	SW   string `json:"sw,omitempty"`
	URL  string `json:"url,omitempty"`
}

type availabilityTopic struct {
	Topic string `json:"t"`
}

// component is one entity. A removed one has a platform and nothing else.
type component struct {
	Platform         string              `json:"p,omitempty"`
	Name             string              `json:"name,omitempty"`
	UniqueID         string              `json:"uniq_id,omitempty"`
	DeviceClass      string              `json:"dev_cla,omitempty"`
	Icon             string              `json:"ic,omitempty"`
	EntityCategory   string              `json:"ent_cat,omitempty"`
	Options          []string            `json:"ops,omitempty"`
	EventTypes       []string            `json:"evt_typ,omitempty"`
	Unit             string              `json:"unit_of_meas,omitempty"`
	StateClass       string              `json:"stat_cla,omitempty"`
	Precision        *int                `json:"sug_dsp_prc,omitempty"`
	StateTopic       string              `json:"stat_t,omitempty"`
	ValueTemplate    string              `json:"val_tpl,omitempty"`
	CommandTopic     string              `json:"cmd_t,omitempty"`
	AttributesTopic  string              `json:"json_attr_t,omitempty"`
	ExpireAfter      int                 `json:"exp_aft,omitempty"` // s; never on a retained topic
	QoS              int                 `json:"qos,omitempty"`
	Availability     []availabilityTopic `json:"avty,omitempty"`
	AvailabilityMode string              `json:"avty_mode,omitempty"`
}

type deviceConfig struct {
	Device       deviceInfo           `json:"dev"`
	Origin       originInfo           `json:"o"`
	Availability []availabilityTopic  `json:"avty"`
	Mode         string               `json:"avty_mode"`
	Components   map[string]component `json:"cmps"`
}

// entityConfig is the older form: one entity, its own topic.
type entityConfig struct {
	component
	Device deviceInfo `json:"dev"`
	Origin originInfo `json:"o"`
}

// expireSeconds makes diagnostics unknown after three that did not come.
const expireSeconds = 180

func deviceOf(c *Config) (deviceInfo, originInfo) {
	d := c.Device
	return deviceInfo{IDs: []string{"earshot_" + c.NodeID}, Name: d.Name, Maker: d.Manufacturer, Model: d.Model,
			SW: d.SWVersion, Area: d.Area, URL: httpURL(d.URL)},
		originInfo{Name: "earshot", SW: d.SWVersion, URL: httpURL(d.SupportURL)}
}

// httpURL drops what Home Assistant would reject the whole device for.
func httpURL(s string) string {
	if strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") {
		return redact(s)
	}
	return ""
}

// components lists every entity by its key, `<src>_<label>` and the like.
func components(c *Config) map[string]component {
	t := topics{c.Topic + "/" + c.NodeID}
	node := []availabilityTopic{{t.availability()}}
	out := map[string]component{
		"latency": {Platform: "sensor", Name: "Latency", DeviceClass: "duration", EntityCategory: "diagnostic",
			Unit: "ms", StateClass: "measurement", StateTopic: t.diagnostics(),
			ValueTemplate: "{{ value_json.latency_ms }}", ExpireAfter: expireSeconds, Precision: new(int)},
	}
	for _, s := range c.Sources {
		src := Slug(s.Name)
		title := func(name string) string { // one source needs no telling apart
			if len(c.Sources) == 1 {
				return name
			}
			return sourceTitle(s) + " " + name
		}
		heard := func(x component) component {
			x.Availability, x.AvailabilityMode = append(node[:1:1], availabilityTopic{t.source(src, "availability")}), "all"
			x.QoS = 1
			return x
		}
		ids := []string{}
		for _, l := range s.Labels {
			if !l.Watched {
				continue
			}
			slug := Slug(l.ID)
			ids = append(ids, slug)
			out[src+"_"+slug] = heard(component{Platform: "binary_sensor", Name: title(labelTitle(l)), DeviceClass: "sound",
				Icon: iconOf(l), StateTopic: t.label(src, slug, "state"), AttributesTopic: t.label(src, slug, "attributes")})
		}
		out[src+"_last"] = heard(component{Platform: "sensor", Name: title("Last sound"), DeviceClass: "enum", Icon: "mdi:waveform",
			Options: append([]string{"none"}, ids...), StateTopic: t.source(src, "last"),
			ValueTemplate: "{{ value_json.label }}", AttributesTopic: t.source(src, "last")})
		if len(ids) > 0 {
			out[src+"_event"] = heard(component{Platform: "event", Name: title("Sound event"), Icon: "mdi:ear-hearing",
				EventTypes: ids, StateTopic: t.source(src, "event")})
		}
		out[src+"_mute"] = component{Platform: "switch", Name: title("Mute"), Icon: "mdi:microphone-off", EntityCategory: "config",
			StateTopic: t.source(src, "mute"), CommandTopic: t.source(src, "mute/set"), QoS: 1}
		out[src+"_problem"] = component{Platform: "binary_sensor", Name: title("Audio input"), DeviceClass: "problem",
			EntityCategory: "diagnostic", StateTopic: t.source(src, "problem"), ValueTemplate: "{{ value_json.state }}",
			AttributesTopic: t.source(src, "problem"), QoS: 1}
		out[src+"_level"] = component{Platform: "sensor", Name: title("Level"), Icon: "mdi:volume-medium", EntityCategory: "diagnostic",
			Unit: "dBFS", StateClass: "measurement", StateTopic: t.diagnostics(), Precision: new(int),
			ValueTemplate: "{{ value_json['sources']['" + src + "']['level_dbfs'] }}", ExpireAfter: expireSeconds}
	}
	for key, x := range out {
		x.UniqueID = "earshot_" + c.NodeID + "_" + key
		out[key] = x
	}
	return out
}

func sourceTitle(s Source) string {
	if s.Title != "" {
		return s.Title
	}
	return humanise(s.Name)
}

func labelTitle(l Label) string {
	if l.Title != "" {
		return l.Title
	}
	return humanise(l.ID)
}

func humanise(id string) string {
	s := strings.ReplaceAll(id, "_", " ")
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return strings.ToUpper(string(r[0])) + string(r[1:])
}

// deviceMessage is the one retained configuration; gone maps the keys of
// components to take away to their platforms.
func deviceMessage(c *Config, gone map[string]string) message {
	more := map[string]component{}
	for key, platform := range gone {
		more[key] = component{Platform: platform}
	}
	return deviceMessageWith(c, more)
}

// deviceMessageWith has more components, where they are not configured ones.
func deviceMessageWith(c *Config, more map[string]component) message {
	dev, origin := deviceOf(c)
	t := topics{c.Topic + "/" + c.NodeID}
	d := deviceConfig{Device: dev, Origin: origin, Mode: "all",
		Availability: []availabilityTopic{{t.availability()}}, Components: components(c)}
	for key, x := range more {
		if _, known := d.Components[key]; !known {
			d.Components[key] = x
		}
	}
	return message{topic: deviceTopic(c.DiscoveryPrefix, c.NodeID), payload: encode(d), qos: 1, retain: true}
}

// entityMessages are the older per-entity configurations, in key order.
func entityMessages(c *Config) []message { return messagesOf(c, components(c)) }

// messagesOf makes per-entity configurations of any components.
func messagesOf(c *Config, all map[string]component) []message {
	dev, origin := deviceOf(c)
	t := topics{c.Topic + "/" + c.NodeID}
	var out []message
	for _, key := range sortedKeys(all) {
		x := all[key]
		topic := entityTopic(c.DiscoveryPrefix, c.NodeID, x.Platform, key)
		if x.Availability == nil {
			x.Availability = []availabilityTopic{{t.availability()}}
		}
		x.Platform = ""
		out = append(out, message{topic: topic, payload: encode(entityConfig{x, dev, origin}), qos: 1, retain: true})
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
		if platforms[x.Platform] && nodePattern.MatchString(key) && len(out) < 1000 {
			out[key] = x.Platform
		}
	}
	return out
}

// platforms that this program ever announces.
var platforms = map[string]bool{"binary_sensor": true, "sensor": true, "event": true, "switch": true}
