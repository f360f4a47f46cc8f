// Package schema checks what is announced to Home Assistant as Home Assistant does, and stricter.
package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// validator collects what is wrong with a configuration.
type validator struct {
	errs     []string
	uniqueID map[string]bool
}

func (v *validator) bad(format string, a ...any) { v.errs = append(v.errs, fmt.Sprintf(format, a...)) }

func decode(payload []byte) (map[string]any, error) {
	var m map[string]any
	dec := json.NewDecoder(bytes.NewReader(payload))
	if err := dec.Decode(&m); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, fmt.Errorf("something follows the object")
	}
	return m, nil
}

// Device checks a device configuration and its topic, and returns what is wrong.
func Device(topicName string, payload []byte) []string {
	v := &validator{uniqueID: map[string]bool{}}
	parts := strings.Split(topicName, "/")
	if len(parts) != 4 || parts[1] != "device" || !idPattern.MatchString(parts[2]) || parts[3] != "config" {
		v.bad("topic %q", topicName)
	}
	root, err := decode(payload)
	if err != nil {
		return append(v.errs, err.Error())
	}
	v.device(root["dev"])
	v.origin(root["o"])
	cmps, ok := root["cmps"].(map[string]any)
	if !ok || len(cmps) == 0 {
		v.bad("cmps is missing or empty")
	}
	for key, c := range cmps {
		if !idPattern.MatchString(key) {
			v.bad("component id %q", key)
		}
		v.component(key, c, true, root["avty"] != nil)
	}
	rest := map[string]any{}
	for key, x := range root {
		if key != "dev" && key != "o" && key != "cmps" {
			rest[key] = x
		}
	}
	v.keys("root", rest, rootKeys) // "~" and qos are among what it refuses
	return v.errs
}

// Entity checks a per-entity configuration and its topic, and returns what is wrong.
func Entity(topicName string, payload []byte) []string {
	v := &validator{uniqueID: map[string]bool{}}
	parts := strings.Split(topicName, "/")
	if len(parts) != 4 || !idPattern.MatchString(parts[2]) || parts[3] != "config" {
		v.bad("topic %q", topicName)
		return v.errs
	}
	root, err := decode(payload)
	if err != nil {
		return append(v.errs, err.Error())
	}
	v.device(root["dev"])
	v.origin(root["o"])
	delete(root, "dev")
	delete(root, "o")
	if root["p"] != nil {
		v.bad("a platform in a per-entity configuration")
	}
	root["p"] = parts[1]
	v.component(parts[2], root, false, false)
	return v.errs
}

func (v *validator) keys(where string, m map[string]any, allowed ...map[string]kind) {
	for key, x := range m {
		found := false
		for _, set := range allowed {
			if check, ok := set[key]; ok {
				found = true
				if why := check(x); why != "" {
					v.bad("%s: %s = %v: %s", where, key, x, why)
				}
			}
		}
		if !found {
			v.bad("%s: unknown key %q", where, key)
		}
	}
}

func (v *validator) device(x any) {
	m, ok := x.(map[string]any)
	if !ok || m["ids"] == nil {
		v.bad("dev needs ids")
	}
	v.keys("dev", m, deviceKeys)
}

func (v *validator) origin(x any) {
	m, ok := x.(map[string]any)
	if !ok || m["name"] == nil {
		v.bad("o needs a name")
	}
	v.keys("o", m, originKeys)
}

func (v *validator) component(key string, x any, mayBeStub, rootAvailability bool) {
	m, _ := x.(map[string]any)
	p, _ := m["p"].(string)
	allowed, ok := platformKeys[p]
	if !ok {
		v.bad("%s: platform %v", key, m["p"])
		return
	}
	if len(m) == 1 && mayBeStub {
		return // a removal
	}
	rest := map[string]any{}
	for k, y := range m {
		if k != "p" {
			rest[k] = y
		}
	}
	v.keys(key, rest, common, allowed)
	musts := []string{"uniq_id", "name", "stat_t"}
	switch p {
	case "image":
		musts[2] = "img_t"
	case "button":
		musts[2] = "cmd_t"
	}
	for _, must := range musts {
		if m[must] == nil {
			v.bad("%s: %s is missing", key, must)
		}
	}
	id, _ := m["uniq_id"].(string)
	if v.uniqueID[id] {
		v.bad("%s: unique id %q is not unique", key, id)
	}
	v.uniqueID[id] = true
	if m["avty"] == nil && !rootAvailability {
		v.bad("%s: no availability", key)
	}
	if m["avty"] != nil && len(m["avty"].([]any)) > 1 && m["avty_mode"] != "all" {
		v.bad("%s: several availability topics want mode all", key)
	}
	if m["stat_t"] != nil {
		v.topicRules(key, m)
	}
	v.platformRules(key, p, m)
}

// topicRules: everything retained is QoS 1 and never expires; the rest may.
func (v *validator) topicRules(key string, m map[string]any) {
	stat, _ := m["stat_t"].(string)
	diagnostics := strings.HasSuffix(stat, "/diagnostics")
	if diagnostics == (m["qos"] != nil) {
		v.bad("%s: qos %v on %s", key, m["qos"], stat)
	}
	if diagnostics != (m["exp_aft"] != nil) {
		v.bad("%s: expire_after %v on %s", key, m["exp_aft"], stat)
	}
}

func (v *validator) platformRules(key, p string, m map[string]any) {
	switch p {
	case "sensor":
		if enum := m["dev_cla"] == "enum"; enum != (m["ops"] != nil) || enum && (m["unit_of_meas"] != nil || m["stat_cla"] != nil) {
			v.bad("%s: enum goes with options and without unit or state class", key)
		}
		if unit, _ := m["unit_of_meas"].(string); m["dev_cla"] == "duration" && !slices.Contains(durationUnits, unit) {
			v.bad("%s: unit %q is none of a duration", key, unit)
		}
	case "event":
		if m["evt_typ"] == nil || m["val_tpl"] != nil {
			v.bad("%s: event needs its types, and its payload is JSON already", key)
		}
	case "switch", "number", "alarm_control_panel", "button":
		if m["cmd_t"] == nil || m["cmd_t"] == m["stat_t"] {
			v.bad("%s: switch needs a command topic of its own", key)
		}
	case "binary_sensor":
		if m["dev_cla"] == nil {
			v.bad("%s: no device class", key)
		}
	}
}
