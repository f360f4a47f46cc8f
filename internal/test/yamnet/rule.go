package main

import (
	"math"
	"slices"
)

// The rule of a script: a label is on from a patch whose score reaches its threshold until none has for two seconds.
const (
	hopS  = 0.48 // from patch to patch
	holdS = 2
)

// mapped are the sounds of AudioSet that stand for a watched label; the largest of their scores counts. It is the script's own, so that a
// change of what earshot itself takes as evidence (verify/audioset.go) does not change whom it is held against.
var mapped = map[string][]string{
	"car_horn":        {"Vehicle horn, car horn, honking", "Toot", "Air horn, truck horn"},
	"cat":             {"Cat", "Purr", "Meow", "Hiss", "Caterwaul"},
	"clock_alarm":     {"Alarm clock", "Alarm", "Beep, bleep", "Buzzer"},
	"coughing":        {"Cough"},
	"crackling_fire":  {"Fire", "Crackle"},
	"crying_baby":     {"Baby cry, infant cry", "Crying, sobbing"},
	"dog":             {"Dog", "Bark", "Yip", "Bow-wow", "Growling", "Whimper (dog)"},
	"door_wood_knock": {"Knock"},
	"footsteps":       {"Walk, footsteps", "Run"},
	"glass_breaking":  {"Shatter", "Glass", "Breaking", "Chink, clink", "Smash, crash"},
	"siren":           {"Siren", "Police car (siren)", "Ambulance (siren)", "Fire engine, fire truck (siren)", "Civil defense siren"},
	"thunderstorm":    {"Thunderstorm", "Thunder"},
	// The nearest there are, and of little use.
	"door_wood_creaks": {"Creak", "Squeak"},
	"water_drops":      {"Drip"},
}

// useless are the watched labels for which AudioSet has no sound of much use.
var useless = []string{"door_wood_creaks", "water_drops"}

// thresholdFor is the highest threshold that the wanted share of clips reach, each by its best patch.
func thresholdFor(best []float64, recall float64) float64 {
	sorted := slices.Sorted(slices.Values(best))
	slices.Reverse(sorted)
	n := int(math.Ceil(recall*float64(len(sorted)) - 1e-9))
	return sorted[min(max(n, 1), len(sorted))-1]
}

// switches counts how often a label goes on, by the scores of one recording's patches.
func switches(scores []float64, threshold float64) (n int) {
	last := math.Inf(-1)
	for i, s := range scores {
		if s < threshold {
			continue
		}
		at := float64(i) * hopS
		if at-last > holdS {
			n++
		}
		last = at
	}
	return n
}
