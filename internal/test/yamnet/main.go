// Command yamnet runs YAMNet as a newcomer would (LiteRT, XNNPACK, one thread, a threshold a label) beside earshot, in one go, and
// prints what both make of the same sound and what they cost.
//
//	make yamnet YAMNET=FOLDER ESC=FOLDER ARGS="-twin TWIN.onnx -speech A,B -music C -household D"
//
// YAMNET is the folder of its float weights, of which scripts/yamnet.sh makes the LiteRT models; the folders of speech, music and household
// sound hold none of the watched labels. YAMNet's scores are kept in the rig's folder: a second run takes them from there. The tables come on
// standard output, what happens meanwhile on standard error. The exit code is 1 when the LiteRT models are not YAMNet.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"

	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/internal/test/rig"
)

func main() { rig.Main("yamnet", run) }

// scene is what the parts share.
type scene struct {
	program, root, dir string // dir is for what this run needs alone
	esc, twin          string
	streams            []stream
	rounds             int
	sounds             []string // AudioSet's names, in the order of YAMNet's scores
	litert             *litert
}

// stream is a kind of sound that holds none of the watched labels.
type stream struct {
	name    string
	folders []string
}

// parts print a table each.
var parts = []struct {
	name string
	run  func(*scene) error
}{
	{"same", (*scene).same},
	{"events", (*scene).events},
	{"cost", (*scene).cost},
}

func run() error {
	program := flag.String("earshot", "build/bin/earshot", "the program to show")
	root := flag.String("root", "build/yamnet", "the folder that scripts/yamnet.sh filled")
	only := flag.String("only", "", "regular expression: only the parts whose name it matches (same, events, cost)")
	esc := flag.String("esc", "", "folder of ESC-50; without it the part events is left out")
	twin := flag.String("twin", "", "a model that learned as the built-in one, but without ESC-50's fold 4, to be measured on that")
	rounds := flag.Int("rounds", 5, "how often each cost is taken; the median counts")
	kinds := []string{"speech", "music", "household"}
	folders := make([]*string, len(kinds))
	for i, kind := range kinds {
		folders[i] = flag.String(kind, "", "folders of "+kind+" without any of the watched labels, separated by commas")
	}
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if err := rig.There("yamnet", program, root); err != nil {
		return err
	}
	r := &scene{program: *program, root: *root, esc: *esc, twin: *twin, rounds: max(1, *rounds)}
	for i, list := range folders {
		if *list != "" {
			r.streams = append(r.streams, stream{kinds[i], strings.Split(*list, ",")})
		}
	}
	m, err := infer.ParseEmbedder("the second network", builtin.Embedder())
	if err != nil {
		return err
	}
	r.sounds = m.AudioSet
	if r.dir, err = os.MkdirTemp("", "yamnet"); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	if r.litert, err = startLiteRT(r.root); err != nil {
		return err
	}
	defer r.litert.stop()
	for _, part := range parts {
		if !chosen.MatchString(part.name) {
			continue
		}
		rig.Say("%s", part.name)
		if err := part.run(r); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// same holds the LiteRT models against TensorFlow's values of YAMNet, which the program's own second network is held against, too.
func (r *scene) same() error {
	var worst struct {
		Patches                  int
		Frames, Embedding, Score float64
	}
	if err := r.litert.ask(map[string]any{"do": "check", "frontend": "verify/logmel/testdata", "network": "infer/builtin/testdata"}, &worst); err != nil {
		return err
	}
	fmt.Printf("LiteRT's YAMNet beside TensorFlow's, %d patches: largest difference of a log-mel value %.1g, of an embedding's %.1g, of a score %.1g\n",
		worst.Patches, worst.Frames, worst.Embedding, worst.Score)
	if worst.Patches == 0 || !(worst.Frames < 1e-3 && worst.Embedding < 1e-3 && worst.Score < 1e-4) {
		return fmt.Errorf("this is not YAMNet: want differences below 0.001, 0.001 and 0.0001")
	}
	return nil
}

// decode reads JSON objects, one after another, as "earshot bench --json" prints them.
func decode[T any](text []byte) (all []T, err error) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	for d.More() {
		var one T
		if err := d.Decode(&one); err != nil {
			return nil, fmt.Errorf("%w in %.200q", err, text)
		}
		all = append(all, one)
	}
	return all, nil
}
