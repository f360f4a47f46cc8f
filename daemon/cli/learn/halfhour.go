package learn

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"earshot/daemon/halfhour"
	"earshot/daemon/streams"
	"earshot/internal/jsonfile"
	"earshot/train/job"
	"earshot/train/metrics/stream"
)

// remembered is what a model told of the half hour, with the settings of then.
type remembered struct {
	Of   string          `json:"of"` // see [listener.fingerprint]
	Told *streams.Result `json:"told"`
}

// maxRemembered bounds the file of it, in bytes.
const maxRemembered = 256 << 10

// fingerprint tells apart whatever could tell other events of the half hour.
func (l listener) fingerprint(build string) (string, error) {
	c := l.file.Config
	second := ""
	if l.second.Model != nil {
		second = l.second.Model.SHA256
	}
	all, err := json.Marshal([]any{build, halfhour.Fingerprint(), l.model.SHA256, second, l.second.String(), l.watch.Smooth, l.watch.Cadence, l.watch.Opinion,
		c.Windows.HopFrames, c.Windows.Gate, c.Inference.Precision, c.Inference.Provider})
	return fmt.Sprintf("%x", sha256.Sum256(all)), err
}

// halfHour plays the bundled half hour to the model before and to the one after, with the settings of a configuration. What they told is
// remembered in a file, for the next time, when one of them is the one before; "": nowhere.
func (s Shell) halfHour(c *cobra.Command, ui job.UI, library, config string, threads int, memory, before, after string) (told [2]*streams.Result, err error) {
	dir, err := os.MkdirTemp("", "earshot-half-hour-")
	if err != nil {
		return told, s.Failed(err)
	}
	defer os.RemoveAll(dir)
	paths, err := s.HalfHour(dir)
	if err != nil {
		return told, s.Failed(err)
	}
	judging, err := halfhour.Judging()
	if err != nil {
		return told, s.Failed(err)
	}
	known := recall(memory)
	var now []remembered
	for i, model := range []string{before, after} {
		e := &evalFlags{Shell: s, path: model}
		e.streamFlags.config, e.library, e.threads, e.ui = config, library, threads, &ui
		l, err := e.listener(c)
		if err != nil {
			return told, err
		}
		of, err := l.fingerprint(s.Build)
		if err != nil {
			return told, s.Failed(err)
		}
		if at := slices.IndexFunc(known, func(r remembered) bool { return r.Of == of && r.Told != nil }); at >= 0 {
			told[i] = known[at].Told
		} else {
			found, err := e.listen(c, l, []streams.Input{{Name: "speech and music", Paths: paths}})
			if err != nil {
				return told, fmt.Errorf("half an hour of speech and music: %w", err)
			}
			told[i] = judged(found.Result, l.model.Taught, judging)
		}
		now = append(now, remembered{of, told[i]})
	}
	if memory != "" && os.MkdirAll(filepath.Dir(memory), 0o755) == nil {
		_ = jsonfile.Save(memory, 0o644, now) // without it the next teaching takes longer, no more
	}
	return told, nil
}

// judged is a result's false events alone; of labels that were taught at home only those in what they were not made from.
func judged(r *streams.Result, taught []string, judging func(path string, second float64) bool) *streams.Result {
	out := &streams.Result{Hours: r.Hours, Watched: r.Watched, All: stream.Counts{False: r.All.False}}
	for _, l := range r.Labels {
		out.Labels = append(out.Labels, stream.Counts{Label: l.Label, False: l.False})
	}
	for _, k := range r.Kinds {
		for _, t := range k.Told {
			for _, e := range t.Events {
				if i := slices.Index(r.Watched, e.Label); i >= 0 && slices.Contains(taught, e.Label) && !judging(t.Path, e.Onset) {
					out.Labels[i].False--
					out.All.False--
				}
			}
		}
	}
	return out
}

// recall is what was remembered.
func recall(memory string) (known []remembered) {
	if memory == "" {
		return nil
	}
	if _, err := jsonfile.Load(memory, maxRemembered, &known); err != nil {
		return nil
	}
	return known
}
