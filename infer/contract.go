package infer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"earshot/infer/onnx"
)

// contract checks one file's header and fills the model, collecting faults.
type contract struct {
	h      *onnx.Header
	m      *Model
	faults []string
}

func (c *contract) fault(format string, a ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, a...))
}

// maxLabels bounds K; the largest set of sounds in use (AudioSet) has 527.
const maxLabels = 4096

// labelID is what a label id may look like: it becomes part of MQTT topics, of
// Home Assistant's entity ids and of the configuration.
var labelID = regexp.MustCompile(`^[a-z0-9_]{1,48}$`)

func (c *contract) check() {
	c.version()
	c.graph()
	c.labels()
	c.frontEnd()
	c.names()
	c.thresholds()
	c.calibration()
	if c.value("taught", false, &c.m.Taught, "a list of label ids") {
		for _, l := range c.m.Taught {
			c.known("taught", l)
		}
	}
	c.m.Provenance = c.object("provenance")
	c.m.Licence = c.object("licence")
	c.m.Verify, c.m.VerifyCurve = c.object("verify"), c.object("verify_curve")
}

// value decodes metadata entry key into v; false (and a fault, if it must be
// there) when there is none or it does not fit. wish says what it should be.
func (c *contract) value(key string, must bool, v any, wish string) bool {
	text, ok := c.h.Metadata[key]
	if !ok {
		if must {
			c.fault("metadata %q: missing, want %s", key, wish)
		}
		return false
	}
	if !utf8.ValidString(text) {
		c.fault("metadata %q: is not UTF-8, want %s", key, wish)
		return false
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more follows the value")
		}
	}
	if err != nil {
		c.fault("metadata %q: want %s, found %s (%v)", key, wish, excerpt(text), err)
		return false
	}
	return true
}

// excerpt shortens text for an error.
func excerpt(text string) string {
	const most = 60
	if len(text) > most {
		return fmt.Sprintf("%.*q… (%d bytes)", most, text, len(text))
	}
	return fmt.Sprintf("%q", text)
}

func (c *contract) version() {
	var v int
	if c.value("contract", true, &v, fmt.Sprint(ContractVersion)) && v != ContractVersion {
		c.fault("metadata \"contract\": version %d, this earshot keeps version %d", v, ContractVersion)
	}
}

func (c *contract) labels() {
	var labels []string
	if !c.value("labels", true, &labels, `a list of label ids, ["dog", …]`) {
		return
	}
	if len(labels) < 1 || len(labels) > maxLabels {
		c.fault("metadata \"labels\": %d labels, want 1 to %d", len(labels), maxLabels)
		return
	}
	seen := map[string]bool{}
	for i, l := range labels {
		switch {
		case !labelID.MatchString(l):
			c.fault("metadata \"labels\": label %d is %s, want 1 to 48 of a–z, 0–9 and _", i, excerpt(l))
		case seen[l]:
			c.fault("metadata \"labels\": %q is there twice", l)
		}
		seen[l] = true
	}
	c.m.Labels = labels
	if k := c.outputSize("scores"); k >= 0 && k != int64(len(labels)) {
		c.fault("output \"scores\" has %d classes, metadata \"labels\" lists %d", k, len(labels))
	}
}

// frontEnd holds that the fingerprint is an object that speaks of windows of
// the right size; gammatone.ParseFingerprint judges the rest.
func (c *contract) frontEnd() {
	var f map[string]any
	if !c.value("front_end", true, &f, "the front end's fingerprint, a JSON object") {
		return
	}
	for _, w := range []struct {
		key  string
		want float64
	}{{"bands", Bands}, {"window_frames", Frames}} {
		if v, ok := f[w.key]; ok && v != w.want {
			c.fault("metadata \"front_end\": %s is %v, want %g", w.key, v, w.want)
		}
	}
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(c.h.Metadata["front_end"])); err != nil || len(f) == 0 {
		c.fault("metadata \"front_end\": want the front end's fingerprint, found an empty object")
		return
	}
	c.m.FrontEnd = b.String()
}

// maxName bounds a display name, in bytes: it stands in MQTT messages, on the page and in logs.
const maxName = 128

// shown says whether a text of a file may be shown to people: not empty, not long, and nothing in it acts on a terminal.
func shown(s string, most int) bool {
	return s != "" && len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func (c *contract) names() {
	given := map[string]string{}
	c.value("names", false, &given, `display names, {"dog": "Dog", …}`)
	c.m.Names = make(map[string]string, len(c.m.Labels))
	for _, l := range c.m.Labels {
		name := given[l]
		switch {
		case name == "":
			name = strings.ToUpper(l[:min(1, len(l))]) + strings.ReplaceAll(l[min(1, len(l)):], "_", " ")
		case !shown(name, maxName):
			c.fault("metadata \"names\": %q is called %s, want at most %d bytes of printable UTF-8", l, excerpt(name), maxName)
		}
		c.m.Names[l] = name
	}
	for _, l := range slices.Sorted(maps.Keys(given)) {
		c.known("names", l)
	}
}

// known faults metadata that speaks of a label which is not in labels.
func (c *contract) known(key, label string) {
	if c.m.Labels != nil && c.m.Index(label) < 0 {
		c.fault("metadata %q: speaks of %s, which is not among the labels", key, excerpt(label))
	}
}

func (c *contract) thresholds() {
	var given map[string]struct{ On, Off *float64 }
	c.value("thresholds", false, &given, `switching points, {"dog": {"on": 0.5, "off": 0.3}, …}`)
	c.m.Thresholds = make(map[string]Threshold, len(c.m.Labels))
	for _, l := range c.m.Labels {
		c.m.Thresholds[l] = DefaultThreshold
	}
	for _, l := range slices.Sorted(maps.Keys(given)) {
		t := given[l]
		c.known("thresholds", l)
		if t.On == nil || t.Off == nil {
			c.fault("metadata \"thresholds\": %q wants both on and off", l)
			continue
		}
		// A fault also for NaN, should a JSON reader ever let one through.
		if !(*t.Off > 0 && *t.Off <= *t.On && *t.On <= 1) {
			c.fault("metadata \"thresholds\": %q has on %g, off %g, want 0 < off ≤ on ≤ 1", l, *t.On, *t.Off)
			continue
		}
		c.m.Thresholds[l] = Threshold{On: *t.On, Off: *t.Off}
	}
}

func (c *contract) calibration() {
	c.m.Temperature = 1
	var t float64
	if c.value("temperature", false, &t, "a number above 0") {
		if !(t > 0) || math.IsInf(t, 0) {
			c.fault("metadata \"temperature\": %g, want a number above 0", t)
		}
		c.m.Temperature = t
	}
	var b *string
	if c.value("background", false, &b, "a label id or null") && b != nil {
		c.known("background", *b)
		c.m.Background = *b
	}
}

// object returns optional metadata as it is, "null" when it is not there.
func (c *contract) object(key string) json.RawMessage {
	var v map[string]any
	if !c.value(key, false, &v, "a JSON object or null") {
		return json.RawMessage("null")
	}
	return json.RawMessage(c.h.Metadata[key])
}
