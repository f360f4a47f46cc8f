package config

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	sizeType     = reflect.TypeFor[Size]()
)

// scalar decodes one word, number or truth value and checks it against its tag.
func (d *decoder) scalar(node *yaml.Node, v reflect.Value, key string, tag reflect.StructTag) {
	shown := describe(node, secret(tag))
	if node.Kind != yaml.ScalarNode || (isNull(node) && v.Kind() != reflect.String) {
		d.fail(node, key, "want %s, found %s", wish(v.Type(), tag), shown)
		return
	}
	text := node.Value
	var err error
	switch {
	case v.Type() == durationType:
		err = setDuration(v, text, tag)
	case v.Type() == sizeType:
		err = setSize(v, text, tag)
	case v.Kind() == reflect.String:
		err = setString(v, node, tag)
	case v.Kind() == reflect.Bool:
		if node.Tag != "!!bool" {
			err = fmt.Errorf("want true or false")
		} else {
			v.SetBool(strings.EqualFold(text, "true"))
		}
	case v.Kind() == reflect.Int:
		err = setInt(v, node, tag)
	case v.Kind() == reflect.Float64:
		err = setFloat(v, node, tag)
	default:
		panic("config: no decoder for " + v.Type().String())
	}
	if err != nil {
		d.fail(node, key, "%s: %v", shown, err)
	}
}

func setDuration(v reflect.Value, text string, tag reflect.StructTag) error {
	duration, err := ParseDuration(text)
	if err != nil {
		return err
	}
	if low, high := mustDuration(tag.Get("min")), mustDuration(tag.Get("max")); duration < low || duration > high {
		return fmt.Errorf("want %s to %s", formatDuration(low), formatDuration(high))
	}
	v.SetInt(int64(duration))
	return nil
}

func setSize(v reflect.Value, text string, tag reflect.StructTag) error {
	size, err := ParseSize(text)
	if err != nil {
		return err
	}
	if low, high := mustSize(tag.Get("min")), mustSize(tag.Get("max")); size < low || size > high {
		return fmt.Errorf("want %s to %s", low, high)
	}
	v.SetInt(int64(size))
	return nil
}

func setInt(v reflect.Value, node *yaml.Node, tag reflect.StructTag) error {
	low, high := mustInt(tag.Get("min")), mustInt(tag.Get("max"))
	n, err := strconv.ParseInt(node.Value, 0, 64)
	if err != nil || node.Tag != "!!int" || n < low || n > high {
		return fmt.Errorf("want a whole number from %d to %d", low, high)
	}
	v.SetInt(n)
	return nil
}

func setFloat(v reflect.Value, node *yaml.Node, tag reflect.StructTag) error {
	low, high := mustFloat(tag.Get("min")), mustFloat(tag.Get("max"))
	f, err := strconv.ParseFloat(node.Value, 64)
	if err != nil || (node.Tag != "!!float" && node.Tag != "!!int") || math.IsNaN(f) || f < low || f > high {
		return fmt.Errorf("want a number from %g to %g", low, high)
	}
	v.SetFloat(f)
	return nil
}

func setString(v reflect.Value, node *yaml.Node, tag reflect.StructTag) error {
	text := node.Value
	if isNull(node) {
		text = ""
	}
	if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r\n") {
		return fmt.Errorf("want one line of text")
	}
	if words := tag.Get("oneof"); words != "" {
		allowed := strings.Fields(words)
		if !slices.Contains(allowed, text) {
			return fmt.Errorf("want one of %s%s", strings.Join(allowed, ", "), DidYouMean(cmp.Or(meant(text, tag), Nearest(text, allowed))))
		}
	}
	if pattern := tag.Get("match"); pattern != "" && !regexp.MustCompile(pattern).MatchString(text) {
		return fmt.Errorf("want %s", tag.Get("want"))
	}
	if limit := tag.Get("maxlen"); limit != "" && utf8.RuneCountInString(text) > int(mustInt(limit)) {
		return fmt.Errorf("want at most %s characters", limit)
	}
	v.SetString(text)
	return nil
}

// wish says in words what a key of this type wants.
func wish(t reflect.Type, tag reflect.StructTag) string {
	switch {
	case t == durationType:
		return fmt.Sprintf("a duration from %s to %s", tag.Get("min"), tag.Get("max"))
	case t == sizeType:
		return fmt.Sprintf("a size from %s to %s", tag.Get("min"), tag.Get("max"))
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int:
		return fmt.Sprintf("a whole number from %s to %s", tag.Get("min"), tag.Get("max"))
	case t.Kind() == reflect.Float64:
		return fmt.Sprintf("a number from %s to %s", tag.Get("min"), tag.Get("max"))
	}
	return "a text"
}

// The tags are part of the program: a wrong one is a bug, and every one is visited by the tests.

func mustDuration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		panic("config: tag: " + err.Error())
	}
	return d
}

func mustSize(text string) Size {
	s, err := ParseSize(text)
	if err != nil {
		panic("config: tag: " + err.Error())
	}
	return s
}

func mustInt(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic("config: tag: " + err.Error())
	}
	return n
}

func mustFloat(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic("config: tag: " + err.Error())
	}
	return f
}

// meant is the allowed word that another, which is in use elsewhere, stands for: its tag lists word=allowed pairs.
func meant(word string, tag reflect.StructTag) string {
	for pair := range strings.FieldsSeq(tag.Get("meant")) {
		if other, allowed, _ := strings.Cut(pair, "="); strings.EqualFold(other, word) {
			return allowed
		}
	}
	return ""
}
