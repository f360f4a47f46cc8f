package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"earshot/internal/readfile"

	"go.yaml.in/yaml/v3"
)

// File is a configuration, and where each key of it was set. One that Load returned without an error passed every check.
type File struct {
	Config Config
	Origin string   // path of the file, or BuiltIn
	Over   []string // paths of the overlays, in the order in which they lie over it
	Tuned  Tuned    // the rules of labels that people set while it ran

	places  map[string]place
	origins map[string]string // key → flag, for what the command line set
}

// place is where a key was set last.
type place struct {
	origin string
	line   int
}

// BuiltIn is the origin of the defaults inside the binary.
const BuiltIn = "built-in defaults"

// SystemPath is where a packaged installation keeps its configuration.
const SystemPath = "/etc/earshot/config.yaml"

// maxFileBytes bounds what is read: the shipped file has 8 kB.
const maxFileBytes = 1 << 20

// Override is one setting from the command line, which beats the file.
type Override struct {
	Flag  string        // as the user wrote it, such as --broker
	Key   string        // dotted key, such as mqtt.broker
	Value string        // text of a scalar or a YAML flow value
	Set   func(*Config) // for what a value cannot say; used instead of Value when not nil
}

// ParseOverride reads an override as it is written behind a flag: key=value.
func ParseOverride(flag, text string) (Override, error) {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return Override{}, fmt.Errorf("%s %q: want key=value, such as %s windows.hop_frames=16", flag, text, flag)
	}
	return Override{Flag: flag, Key: key, Value: value}, nil
}

// Find returns the file to read: the one named, else $EARSHOT_CONFIG, else the system's, else "" for the defaults.
func Find(named string) string {
	if named != "" {
		return named
	}
	if env := os.Getenv("EARSHOT_CONFIG"); env != "" {
		return env
	}
	if _, err := os.Stat(SystemPath); err == nil {
		return SystemPath
	}
	return ""
}

// Load reads the file (the defaults when path is empty) and its overlays, applies the overrides, checks everything, and reads
// what people set while it ran.
// Its error is Errors with every mistake, beside the file with the defaults in their places, or says why there is none.
func Load(path string, overrides []Override) (*File, error) {
	texts := []text{{origin: BuiltIn}}
	if path != "" {
		bytes, err := readfile.Bytes(path, maxFileBytes)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("configuration %q does not exist; \"earshot check-config --defaults\" prints one to start from", path)
		}
		if err != nil {
			return nil, fmt.Errorf("configuration: %w", err)
		}
		beside, err := overlays(filepath.Join(filepath.Dir(path), overlayDir))
		if err != nil {
			return nil, err
		}
		texts = append([]text{{path, bytes}}, beside...)
	}
	f, issues := decode(texts, overrides)
	if len(issues) == 0 { // else where the state folder is may be among the mistakes
		pushed, err := f.pushed()
		if err != nil {
			return nil, err
		}
		if len(pushed) > 0 {
			if f, issues = decode(append(texts, pushed...), overrides); f != nil {
				issues = append(issues, f.notPushed(pushed)...)
			}
		}
	}
	if f == nil {
		return nil, issues
	}
	if issues = issues.And(f.check()); len(issues) == 0 {
		f.Tuned, issues = f.tuned()
	}
	if len(issues) > 0 {
		return f, issues
	}
	return f, nil
}

// Read is Load from what is open already, which origin names.
func Read(origin string, r io.Reader, overrides []Override) (*File, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("configuration %q: %w", origin, err)
	}
	if len(text) > maxFileBytes {
		return nil, fmt.Errorf("configuration %q is larger than 1 MB; is it the right file?", origin)
	}
	return Parse(origin, text, overrides)
}

// Parse decodes text over the defaults, then the overrides, and checks the result.
func Parse(origin string, bytes []byte, overrides []Override) (*File, error) {
	f, issues := decode([]text{{origin, bytes}}, overrides)
	if f == nil {
		return nil, issues
	}
	if issues = issues.And(f.check()); len(issues) > 0 {
		return f, issues
	}
	return f, nil
}

// text is a file that was read.
type text struct {
	origin string
	bytes  []byte
}

// decode puts texts over the defaults and over each other, then the overrides. A list replaces the one below it, a block of keys
// changes those that it names. A text that is no YAML leaves no file.
func decode(texts []text, overrides []Override) (f *File, issues Errors) {
	f = &File{Config: Default(), Origin: texts[0].origin, places: map[string]place{}, origins: map[string]string{}}
	for i, t := range texts {
		if i > 0 {
			f.Over = append(f.Over, t.origin)
		}
		d := &decoder{origin: t.origin, places: f.places}
		root, issue := document(t.origin, t.bytes)
		if issue != nil {
			return nil, Errors{*issue}
		}
		if root != nil {
			d.value(root, reflect.ValueOf(&f.Config).Elem(), "", "")
		}
		issues = append(issues, d.issues...)
	}
	for _, o := range overrides {
		issues = append(issues, f.apply(o)...)
	}
	return f, issues
}

// Issue makes an error about a key of this file, for checks that need more than the file (a model, a device).
func (f *File) Issue(key, format string, args ...any) Issue {
	at := f.placeOf(key)
	return Issue{at.origin, at.line, key, fmt.Sprintf(format, args...)}
}

// Given tells whether a file or the command line set the key.
func (f *File) Given(key string) bool { return f.places[key].line > 0 || f.origins[key] != "" }

// placeOf is where a key, or else the block that it stands in, was set: the flag has no line.
func (f *File) placeOf(key string) place {
	for k := key; k != ""; k = parent(k) {
		if flag := f.origins[k]; flag != "" {
			return place{origin: flag}
		}
	}
	for k := key; k != ""; k = parent(k) {
		if at := f.places[k]; at.line > 0 {
			return at
		}
	}
	return place{origin: f.Origin}
}

// parent cuts the last part off a dotted key.
func parent(key string) string {
	if i := strings.LastIndexAny(key, ".["); i >= 0 {
		return key[:i]
	}
	return ""
}

// apply decodes one override onto the configuration.
func (f *File) apply(o Override) Errors {
	f.origins[o.Key] = o.Flag
	if o.Set != nil {
		o.Set(&f.Config)
		return nil
	}
	v := reflect.ValueOf(&f.Config).Elem()
	var tag reflect.StructTag
	block := ""
	for part := range strings.SplitSeq(o.Key, ".") {
		if v.Kind() != reflect.Struct {
			return Errors{{o.Flag, 0, o.Key, "unknown key: " + block + " is a single setting"}}
		}
		field, ok := fieldOf(v.Type(), part)
		if !ok {
			return Errors{{o.Flag, 0, o.Key, unknownKey(part, block, v.Type())}}
		}
		block = join(block, part)
		v, tag = v.FieldByIndex(field.Index), field.Tag
	}
	d := &decoder{origin: o.Flag, places: map[string]place{}}
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: o.Value}
	if v.Kind() != reflect.String { // a text is taken as it stands: a file may be called "yes: no"
		root, issue := document(o.Flag, []byte(o.Value))
		if issue != nil || root == nil {
			return Errors{{o.Flag, 0, o.Key, "not readable as a value"}}
		}
		node = root
	}
	d.value(node, v, o.Key, tag)
	for i := range d.issues {
		d.issues[i].Line = 0
	}
	return d.issues
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// document parses exactly one YAML document; nil when it is empty.
func document(origin string, bytes []byte) (*yaml.Node, *Issue) {
	decode := yaml.NewDecoder(strings.NewReader(string(bytes)))
	var root, more yaml.Node
	if err := decode.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		line := 0
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			line, _ = strconv.Atoi(m[1])
		}
		return nil, &Issue{origin, line, "", "not valid YAML: " + yamlLine.ReplaceAllString(err.Error(), "")}
	}
	if err := decode.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, &Issue{origin, more.Line, "", "want one YAML document; found a second after \"---\""}
	}
	if len(root.Content) == 0 {
		return nil, nil
	}
	return root.Content[0], nil
}
