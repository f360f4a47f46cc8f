package checkpoint

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Part is a setting of a training: what the checkpoint has, and what is wanted now, of one type.
type Part struct {
	What       string
	Have, Want any
}

// Same holds that the checkpoint at path is of the training that goes on. The error names what differs first, and how.
func Same(path string, parts ...Part) error {
	for _, p := range parts {
		if differs := differences(p.Have, p.Want); differs != "" {
			return Refuse(path, p.What, differs)
		}
	}
	return nil
}

// Refuse is the error of a checkpoint of another training.
func Refuse(path, what, differs string) error {
	return fmt.Errorf("checkpoint %s is of another training, its %s differs: %s; start without --resume, or with the same flags, or name another file", path, what, differs)
}

// Restore copies into state, of vectors by name, what a checkpoint holds; all of it, of the same lengths.
func Restore(path string, state, vectors map[string][]float32) error {
	for _, name := range slices.Sorted(maps.Keys(state)) {
		if have, want := len(vectors[name]), len(state[name]); have != want {
			return Refuse(path, "vector "+name, fmt.Sprintf("it has %d numbers, now wanted are %d", have, want))
		}
	}
	for name, v := range state {
		copy(v, vectors[name])
	}
	return nil
}

// differences names the settings in which two values of one type differ, and how; "" for none.
func differences(have, want any) string {
	a, b := map[string]string{}, map[string]string{}
	flatten("", have, a)
	flatten("", want, b)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(merged(a, b))) {
		if x, y := a[key], b[key]; x != y {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s there, %s now", key, orNone(x), orNone(y))))
		}
	}
	if more := len(out) - 4; more > 0 {
		out = append(out[:4], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

// flatten writes the JSON leaves of v by their path, as in Augment.Mix.
func flatten(path string, v any, into map[string]string) {
	text, err := json.Marshal(v)
	if err != nil {
		panic("checkpoint: " + err.Error())
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		panic("checkpoint: " + err.Error())
	}
	join := func(key string) string { return strings.TrimPrefix(path+"."+key, ".") }
	switch tree := tree.(type) {
	case map[string]any:
		for k, x := range tree {
			flatten(join(k), x, into)
		}
	case []any:
		for i, x := range tree {
			flatten(join(fmt.Sprint(i+1)), x, into)
		}
	default:
		into[path] = string(text)
	}
}

func merged(a, b map[string]string) map[string]string {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
