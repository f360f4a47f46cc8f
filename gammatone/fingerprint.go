package gammatone

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// fingerprint spells out every number of the front end, the fixed ones too. Its fields
// stand in alphabetical order of their JSON names, so that the text is the same after a
// passage through any JSON library that sorts keys.
type fingerprint struct {
	B            float64 `json:"b"`
	Bands        int     `json:"bands"`
	Centred      bool    `json:"centred"`
	DeltaWidth   int     `json:"delta_width"`
	Floor        float64 `json:"floor"`
	FMaxHz       float64 `json:"fmax_hz"`
	FMinHz       float64 `json:"fmin_hz"`
	FrameSamples int     `json:"frame_samples"`
	HopSamples   int     `json:"hop_samples"`
	Log          string  `json:"log"`
	Power        string  `json:"power"`
	Q            float64 `json:"q"`
	SampleRate   int     `json:"sample_rate"`
	Version      int     `json:"version"`
	Width        float64 `json:"width"`
	Window       string  `json:"window"`
	WindowFrames int     `json:"window_frames"`
}

func (c Config) fingerprint() fingerprint {
	return fingerprint{
		B: erbMinHz, Bands: c.Bands, DeltaWidth: c.DeltaWidth, Floor: c.Floor,
		FMaxHz: c.FMaxHz, FMinHz: c.FMinHz, FrameSamples: c.FrameSamples, HopSamples: c.HopSamples,
		Log: "10*log10(max(E,floor))", Power: "W^2", Q: erbQ, SampleRate: c.SampleRate,
		Version: 1, Width: c.Width, Window: "hamming_periodic_0.54_0.46", WindowFrames: c.WindowFrames,
	}
}

// Fingerprint is the canonical JSON of every number of the front end. Two front ends
// give the same windows if and only if their fingerprints are the same text.
func (c Config) Fingerprint() string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c.fingerprint()); err != nil {
		panic("gammatone: Fingerprint of a front end with a number that is not finite: " + err.Error())
	}
	return strings.TrimSpace(b.String())
}

// ParseFingerprint is the inverse of [Config.Fingerprint]. It accepts any JSON spelling of
// the same object, and fails when a key is missing or unknown, when a fixed part (window
// form, log, power, Q, b) is not the one this package computes, or when a number is out
// of range.
func ParseFingerprint(s string) (Config, error) {
	var given map[string]json.RawMessage
	if err := json.Unmarshal([]byte(s), &given); err != nil {
		return Config{}, fmt.Errorf("gammatone: front-end fingerprint is not a JSON object: %w", err)
	}
	d := json.NewDecoder(strings.NewReader(s))
	d.DisallowUnknownFields()
	var f fingerprint
	if err := d.Decode(&f); err != nil {
		return Config{}, fmt.Errorf("gammatone: front-end fingerprint: %w", err)
	}
	c := Config{
		SampleRate: f.SampleRate, FrameSamples: f.FrameSamples, HopSamples: f.HopSamples,
		Bands: f.Bands, WindowFrames: f.WindowFrames, DeltaWidth: f.DeltaWidth,
		FMinHz: f.FMinHz, FMaxHz: f.FMaxHz, Width: f.Width, Floor: f.Floor,
	}
	for _, key := range fingerprintKeys() {
		if _, ok := given[key]; !ok {
			return Config{}, fmt.Errorf("gammatone: front-end fingerprint lacks %q", key)
		}
	}
	if g := c.fingerprint(); f != g {
		return Config{}, fmt.Errorf("gammatone: front-end fingerprint is of another front end: it says %s, this program computes %s", s, c.Fingerprint())
	}
	if err := c.Validate(); err != nil {
		return Config{}, fmt.Errorf("front-end fingerprint: %w", err)
	}
	return c, nil
}

// fingerprintKeys lists the keys that a fingerprint must hold.
func fingerprintKeys() []string {
	t := reflect.TypeFor[fingerprint]()
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = t.Field(i).Tag.Get("json")
	}
	return keys
}
