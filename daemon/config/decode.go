package config

import (
	"fmt"
	"maps"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder fills a struct from YAML nodes and collects every mistake.
type decoder struct {
	origin  string
	places  map[string]place // by key path, for the checks that come after decoding
	issues  Errors
	depth   int
	visits  int
	tooMuch bool // said once
}

// maxDepth bounds nesting and alias chains; the real file needs four.
const maxDepth = 16

// maxVisits bounds the work that aliases to aliases can ask for.
const maxVisits = 20000

func (d *decoder) fail(node *yaml.Node, key, format string, args ...any) {
	d.issues = append(d.issues, Issue{d.origin, node.Line, key, fmt.Sprintf(format, args...)})
}

// value decodes node into v; tag holds what the key allows.
func (d *decoder) value(node *yaml.Node, v reflect.Value, key string, tag reflect.StructTag) {
	if d.depth >= maxDepth || d.visits >= maxVisits {
		if !d.tooMuch {
			d.fail(node, key, "nested too deeply or too large; is it the right file?")
		}
		d.tooMuch = true
		return
	}
	d.depth, d.visits = d.depth+1, d.visits+1
	defer func() { d.depth-- }()
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	d.note(key, node.Line)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(node, v, key)
	case reflect.Slice:
		d.list(node, v, key, tag)
	case reflect.Map:
		d.texts(node, v, key, tag)
	default:
		d.scalar(node, v, key, tag)
	}
}

func (d *decoder) mapping(node *yaml.Node, v reflect.Value, key string) {
	if isNull(node) {
		return // "mqtt:" with everything below it commented out means the defaults
	}
	if node.Kind != yaml.MappingNode {
		d.fail(node, key, "want a block of keys (%s), found %s", strings.Join(keysOf(v.Type()), ", "), describe(node, false))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, child := node.Content[i], node.Content[i+1]
		path := join(key, name.Value)
		if line, twice := seen[name.Value]; twice {
			d.fail(name, path, "given twice; first on line %d", line)
			continue
		}
		seen[name.Value] = name.Line
		field, ok := fieldOf(v.Type(), name.Value)
		if !ok {
			d.unknown(name, key, path, v.Type())
			continue
		}
		d.value(child, v.FieldByIndex(field.Index), path, field.Tag)
		d.note(path, name.Line)
	}
}

// note remembers where a key is set. What an overlay replaces by another list stood elsewhere.
func (d *decoder) note(key string, line int) {
	if was, is := d.places[key]; is && was.origin != d.origin {
		maps.DeleteFunc(d.places, func(k string, _ place) bool { return strings.HasPrefix(k, key+"[") })
	}
	d.places[key] = place{d.origin, line}
}

// unknown never shows the value: a misspelt key may hold a password.
func (d *decoder) unknown(name *yaml.Node, key, path string, t reflect.Type) {
	if strings.Contains(strings.ToLower(name.Value), "passw") && t == reflect.TypeFor[MQTT]() {
		if best := Nearest(name.Value, []string{"password_file"}); best == "" || strings.ToLower(name.Value) == "password" {
			d.fail(name, path, "unknown key: secrets do not belong in this file; put the password into a file of its own and name it with password_file")
			return
		}
	}
	d.fail(name, path, "%s", unknownKey(name.Value, key, t))
}

// unknownKey says what a block of type t has instead of name.
func unknownKey(name, block string, t reflect.Type) string {
	keys := keysOf(t)
	if best := Nearest(name, keys); best != "" {
		return "unknown key" + DidYouMean(best)
	}
	where := "at the top level"
	if block != "" {
		where = "in " + block
	}
	return fmt.Sprintf("unknown key; allowed %s: %s", where, strings.Join(keys, ", "))
}

func (d *decoder) list(node *yaml.Node, v reflect.Value, key string, tag reflect.StructTag) {
	if isNull(node) {
		v.SetZero()
		return
	}
	if node.Kind != yaml.SequenceNode {
		d.fail(node, key, "want a list, found %s", describe(node, secret(tag)))
		return
	}
	// A list in the file replaces the default list: merging would leave no way to take an element out.
	items := reflect.MakeSlice(v.Type(), len(node.Content), len(node.Content))
	for i, child := range node.Content {
		d.value(child, items.Index(i), fmt.Sprintf("%s[%d]", key, i), tag)
	}
	v.Set(items)
}

func (d *decoder) texts(node *yaml.Node, v reflect.Value, key string, tag reflect.StructTag) {
	if isNull(node) {
		v.SetZero()
		return
	}
	if node.Kind != yaml.MappingNode {
		d.fail(node, key, "want NAME: value pairs, found %s", describe(node, secret(tag)))
		return
	}
	m := reflect.MakeMap(v.Type())
	for i := 0; i+1 < len(node.Content); i += 2 {
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(node.Content[i+1], item, join(key, node.Content[i].Value), tag)
		m.SetMapIndex(reflect.ValueOf(node.Content[i].Value), item)
	}
	v.Set(m)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func secret(tag reflect.StructTag) bool { return tag.Get("secret") == "true" }

func join(prefix, name string) string {
	if len(name) > 64 {
		name = name[:64] + "…"
	}
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

func fieldOf(t reflect.Type, name string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("key") == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if k := t.Field(i).Tag.Get("key"); k != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

// describe names what stands in the file without ever quoting a secret.
func describe(n *yaml.Node, hidden bool) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a block of keys"
	case yaml.SequenceNode:
		return "a list"
	}
	if isNull(n) {
		return "nothing"
	}
	if hidden {
		return "a value (not shown)"
	}
	text := n.Value
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "…"
	}
	return fmt.Sprintf("%q", text)
}
