package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// This is Home Assistant's schema for MQTT discovery as far as earshot uses
// it, and stricter: what Home Assistant would drop or ignore is an error here.
// Sources: docs/mqtt.md; the documentation pages of the mqtt integration and
// of its alarm_control_panel, binary_sensor, button, sensor, event and switch platforms (2025/2026).

var (
	idPattern     = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
	entityPattern = regexp.MustCompile(`^[a-z_]+\.[a-z0-9_]+$`)
	iconPattern   = regexp.MustCompile(`^mdi:[a-z0-9]+(-[a-z0-9]+)*$`)
	urlPattern    = regexp.MustCompile(`^(https?|homeassistant)://[^\s/]+`)
)

// kind says what a key's value must be.
type kind func(v any) string // "" = good

func text(v any) string {
	if s, ok := v.(string); !ok || s == "" {
		return "want a text"
	}
	return ""
}

func matching(re *regexp.Regexp) kind {
	return func(v any) string {
		if s, ok := v.(string); !ok || !re.MatchString(s) {
			return "want " + re.String()
		}
		return ""
	}
}

func oneOf(all ...string) kind {
	return func(v any) string {
		if s, ok := v.(string); !ok || !slices.Contains(all, s) {
			return "want one of " + strings.Join(all, ", ")
		}
		return ""
	}
}

func texts(v any) string {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return "want a list of texts"
	}
	seen := map[string]bool{}
	for _, x := range list {
		s, ok := x.(string)
		if !ok || s == "" || seen[s] {
			return "want different texts"
		}
		seen[s] = true
	}
	return ""
}

func whole(least, most float64) kind {
	return func(v any) string {
		if x, ok := v.(float64); !ok || x != float64(int(x)) || x < least || x > most {
			return fmt.Sprintf("want a whole number %v to %v", least, most)
		}
		return ""
	}
}

func flag(v any) string {
	if _, ok := v.(bool); !ok {
		return "want true or false"
	}
	return ""
}

func fraction(v any) string {
	if _, ok := v.(float64); !ok {
		return "want a number"
	}
	return ""
}

func topic(v any) string {
	s, ok := v.(string)
	if !ok || s == "" || strings.ContainsAny(s, "+#\x00") || strings.Trim(s, "/") != s {
		return "want a topic without wildcards"
	}
	return ""
}

func template(v any) string {
	s, ok := v.(string)
	if !ok || !strings.HasPrefix(s, "{{ ") || !strings.HasSuffix(s, " }}") || strings.Count(s, "{{") != 1 {
		return "want one {{ … }}"
	}
	return ""
}

func availability(v any) string {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return "want a list"
	}
	for _, x := range list {
		m, ok := x.(map[string]any)
		if !ok || len(m) != 1 || topic(m["t"]) != "" {
			return `want {"t":topic}`
		}
	}
	return ""
}

var (
	deviceKeys = map[string]kind{"ids": texts, "name": text, "mf": text, "mdl": text, "mdl_id": text, "hw": text, "sw": text,
		"sn": text, "sa": text, "via_device": matching(idPattern), "cu": matching(urlPattern)}
	originKeys = map[string]kind{"name": text, "sw": text, "url": matching(urlPattern)}
	rootKeys   = map[string]kind{"avty": availability, "avty_mode": oneOf("all", "any", "latest")} // and dev, o, cmps
	common     = map[string]kind{"name": text, "uniq_id": matching(idPattern), "def_ent_id": matching(entityPattern), "ic": matching(iconPattern), "qos": whole(1, 1),
		"stat_t": topic, "val_tpl": template, "json_attr_t": topic, "json_attr_tpl": template, "avty": availability, "avty_mode": oneOf("all", "any", "latest")}
	platformKeys = map[string]map[string]kind{
		"binary_sensor": {"dev_cla": oneOf("sound", "problem", "tamper"), "ent_cat": oneOf("diagnostic"), "exp_aft": whole(1, 1e6)},
		"sensor": {"dev_cla": oneOf("enum", "duration"), "ent_cat": oneOf("diagnostic"), "exp_aft": whole(1, 1e6), "ops": texts,
			"unit_of_meas": text, "stat_cla": oneOf("measurement", "total", "total_increasing"), "sug_dsp_prc": whole(0, 9)},
		"alarm_control_panel": {"cmd_t": topic, "sup_feat": texts, "cod_arm_req": flag, "cod_dis_req": flag},
		"button":              {"cmd_t": topic, "pl_prs": text, "ent_cat": oneOf("config", "diagnostic")},
		"image":               {"img_t": topic, "cont_type": oneOf("image/png")},
		"event":               {"dev_cla": oneOf("button", "doorbell", "motion"), "evt_typ": texts},
		"switch":              {"dev_cla": oneOf("switch", "outlet"), "ent_cat": oneOf("config", "diagnostic"), "cmd_t": topic},
		"number": {"ent_cat": oneOf("config"), "cmd_t": topic, "cmd_tpl": template, "unit_of_meas": text, "min": fraction, "max": fraction,
			"step": fraction, "mode": oneOf("box", "slider", "auto")},
	}
	durationUnits = []string{"d", "h", "min", "s", "ms", "µs"}
)
