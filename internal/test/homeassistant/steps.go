package main

import (
	"encoding/json"
	"fmt"
	"image/png"
	"maps"
	"slices"
	"strings"
	"time"

	"earshot/internal/test/rig"
)

// step is one row of the table.
var steps = []rig.Step[*scene]{
	{"discovery", discovery},
	{"devices", devices},
	{"names", names},
	{"a sound", sound},
	{"recorder rows of a sound", rows},
	{"a picture of it", picture},
	{"mute of one label", mute},
	{"threshold of one label", threshold},
	{"Home Assistant restarts", hassRestarts},
	{"the program restarts", daemonRestarts},
	{"the mute after both", stillMuted},
	{"a label is taken out", labelRemoved},
	{"a source is renamed", sourceRenamed},
	{"the three blueprints", blueprintsRun},
	{"pause for ten minutes", pause},
	{"another language", language},
	{"earshot forget", forget},
}

const (
	blueprints  = "docs/blueprints"
	automations = `
- {alias: baby, use_blueprint: {path: earshot/baby.yaml, input: {sound: binary_sensor.hallway_mic_crying_baby, lasting: 1, what: []}}}
- {alias: glass, use_blueprint: {path: earshot/glass.yaml, input: {event: [event.hallway_mic_event], score: 0.1, what: []}}}
- {alias: alarm, use_blueprint: {path: earshot/alarm.yaml, input: {sound: binary_sensor.hallway_mic_alarm, lasting: 1, what: []}}}
`
)

var everything = setup{language: "en", labels: []string{"dog", "glass_breaking", "crying_baby", "siren", "clock_alarm", "door_wood_knock"}, second: "yard"}

// discovery starts the program and waits until Home Assistant knows a state of all that it announced.
func discovery(s *scene) (string, error) {
	if err := s.configure(everything); err != nil {
		return "", err
	}
	if err := s.start(); err != nil {
		return "", err
	}
	return s.settled()
}

// settled waits until every entity has a state, and counts them.
func (s *scene) settled() (string, error) {
	var without []string
	kinds := map[string]int{}
	err := until("every entity has a state", func() bool {
		all, err := s.hass.states()
		if err != nil || len(all) == 0 {
			return false
		}
		without, kinds = nil, map[string]int{}
		for id, e := range all {
			platform, _, _ := strings.Cut(id, ".")
			kinds[platform]++
			if e.State == "unavailable" || e.State == "unknown" && platform != "event" && platform != "image" && platform != "button" {
				without = append(without, id)
			}
		}
		return len(without) == 0
	})
	if err != nil {
		slices.Sort(without)
		s.Fail("without a state: %s", strings.Join(without, ", "))
	}
	var seen []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		seen = append(seen, fmt.Sprintf("%d %s", kinds[kind], kind))
	}
	return strings.Join(seen, ", "), nil
}

// ids are the ids of all entities, in one line.
func (s *scene) ids() (string, error) {
	all, err := s.hass.states()
	return strings.Join(slices.Sorted(maps.Keys(all)), " "), err
}

// devices looks at the device registry.
func devices(s *scene) (string, error) {
	text, err := s.hass.template(`{% set ns = namespace(all=[]) %}{% for d in integration_entities('mqtt') | map('device_id') | unique %}` +
		`{% set ns.all = ns.all + [{'name': device_attr(d, 'name'), 'area': area_name(d), 'via': device_attr(device_attr(d, 'via_device_id') or d, 'name'), 'n': device_entities(d) | count}] %}` +
		`{% endfor %}{{ ns.all | tojson }}`)
	if err != nil {
		return "", err
	}
	var all []struct {
		Name, Area, Via string
		N               int
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return "", fmt.Errorf("%w: %s", err, text)
	}
	var seen []string
	for _, d := range all {
		one := fmt.Sprintf("%s (%d entities, area %s", d.Name, d.N, d.Area)
		if d.Via != d.Name {
			one += ", via " + d.Via
		}
		seen = append(seen, one+")")
	}
	slices.Sort(seen)
	if len(all) != 3 {
		s.Fail("%d devices, want the node and two sources", len(all))
	}
	return strings.Join(seen, "; "), nil
}

// names reads what people read.
func names(s *scene) (string, error) {
	all, err := s.hass.states()
	if err != nil {
		return "", err
	}
	var seen []string
	for id, e := range all {
		if strings.Contains(id, "_mic_") && strings.HasPrefix(id, "binary_sensor.") {
			seen = append(seen, fmt.Sprintf("%s (%v)", e.name(), e.Attributes["icon"]))
		}
	}
	slices.Sort(seen)
	return strings.Join(seen, ", "), nil
}

const dog, knock = "binary_sensor.hallway_mic_dog", "binary_sensor.hallway_mic_door_wood_knock"

// sound waits for the dog of the recording.
func sound(s *scene) (string, error) {
	if err := s.hass.state(dog, "on"); err != nil {
		return "", err
	}
	all, err := s.hass.states()
	if err != nil {
		return "", err
	}
	is := all[dog]
	onset, err := time.Parse(time.RFC3339, fmt.Sprint(is.Attributes["onset"]))
	if err != nil {
		s.Fail("onset: %v", err)
	}
	var event entity
	err = until("the event's beginning", func() bool { // its message follows the state's
		return s.hass.ask("GET", "/api/states/event.hallway_mic_event", nil, &event) == nil && event.Attributes["event_type"] == "dog"
	})
	if err != nil {
		return "", err
	}
	if err := s.hass.state("sensor.hallway_mic_last", "dog"); err != nil {
		return "", err
	}
	if err := s.hass.state(dog, "off"); err != nil {
		return "", err
	}
	if all, err = s.hass.states(); err != nil {
		return "", err
	}
	off := all[dog].Attributes
	end := event.Attributes
	err = until("the event's end", func() bool { // its message follows the state's, and another sound's follows soon
		var last entity
		if s.hass.ask("GET", "/api/states/event.hallway_mic_event", nil, &last) != nil {
			return false
		}
		end = last.Attributes
		return end["event_type"] == "dog" && end["phase"] == "end"
	})
	if err != nil {
		return "", err
	}
	if _, twice := off["state"]; twice {
		s.Fail("the state stands among the attributes")
	}
	return fmt.Sprintf("on %.1f s after its onset, score %v; off after %v s; one event of phase %v, one of phase %v",
		is.Changed.Sub(onset).Seconds(), is.Attributes["score"], off["duration"], event.Attributes["phase"], end["phase"]), nil
}

// rows counts what the recorder wrote of one sound: the knock, which follows the dog.
func rows(s *scene) (string, error) {
	if err := s.hass.state(knock, "on"); err != nil {
		return "", err
	}
	since := time.Now().Add(-5 * time.Second)
	if err := s.hass.state(knock, "off"); err != nil {
		return "", err
	}
	time.Sleep(2 * time.Second) // what would follow
	var history [][]struct{ State string }
	path := "/api/history/period/" + since.UTC().Format(time.RFC3339) + "?significant_changes_only=0&no_attributes&filter_entity_id=" + knock
	if err := s.hass.ask("GET", path, nil, &history); err != nil {
		return "", err
	}
	var states []string
	for _, h := range history {
		for _, x := range h {
			states = append(states, x.State)
		}
	}
	if got := strings.Join(states, " "); got != "off on off" {
		s.Fail("want off on off")
	}
	return strings.Join(states, " "), nil
}

// picture has Home Assistant serve the last sound's.
func picture(s *scene) (string, error) {
	const id = "image.hallway_mic_image"
	var text string
	err := until("a picture", func() bool { return s.hass.ask("GET", "/api/image_proxy/"+id, nil, &text) == nil && text != "" })
	if err != nil {
		return "", err
	}
	img, err := png.Decode(strings.NewReader(text))
	if err != nil {
		return "", fmt.Errorf("what Home Assistant serves is no PNG: %w", err)
	}
	return fmt.Sprintf("PNG, %d × %d, %.0f kB", img.Bounds().Dx(), img.Bounds().Dy(), float64(len(text))/1000), nil
}

const muteDog = "switch.hallway_mic_dog_mute"

// mute silences the dog by its switch.
func mute(s *scene) (string, error) {
	if err := s.hass.call("switch", "turn_on", object{"entity_id": muteDog}); err != nil {
		return "", err
	}
	return "switched on", s.hass.state(muteDog, "on")
}

// threshold sets the siren's by its number, and returns it to what the configuration says by the source's button.
func threshold(s *scene) (string, error) {
	const number = "number.hallway_mic_siren_threshold"
	all, err := s.hass.states()
	if err != nil {
		return "", err
	}
	before := all[number].State
	if err := s.hass.call("number", "set_value", object{"entity_id": number, "value": 0.93}); err != nil {
		return "", err
	}
	if err := s.hass.state(number, "0.93"); err != nil {
		return "", err
	}
	if err := s.hass.call("button", "press", object{"entity_id": "button.hallway_mic_reset"}); err != nil {
		return "", err
	}
	return before + ", set to 0.93, " + before + " again by the button", s.hass.state(number, before)
}

func stillMuted(s *scene) (string, error) {
	if err := s.hass.state(muteDog, "on"); err != nil {
		return "", err
	}
	if err := s.hass.call("switch", "turn_off", object{"entity_id": muteDog}); err != nil {
		return "", err
	}
	return "still on; switched off", s.hass.state(muteDog, "off")
}
