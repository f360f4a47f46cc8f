package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"earshot/daemon/classify"
	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/opinion"
	"earshot/infer"
	"earshot/internal/audio"
)

// soundFiles lists the files that args mean: a file itself, and the sound
// files below a folder, in order of name. Hidden files and folders are left out.
func soundFiles(args []string) ([]string, error) {
	var paths []string
	var errs []error
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case arg == stdio:
			paths = append(paths, arg)
		case err != nil:
			paths = append(paths, arg) // reported with the other files' faults, in its place
		case !info.IsDir():
			paths = append(paths, arg)
		default:
			found, err := soundsBelow(arg)
			if err == nil && len(found) == 0 {
				err = fmt.Errorf("folder %s holds no file that ends in %s", arg, strings.Join(audio.Endings(), ", "))
			}
			errs = append(errs, err)
			paths = append(paths, found...)
		}
	}
	return paths, errors.Join(errs...)
}

func soundsBelow(root string) (paths []string, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("folder %s: %w", root, err)
		case path != root && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return filepath.SkipDir
			}
		case !d.IsDir() && audio.IsSoundName(path):
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}

// classifyPool is the loaded model with one worker for each file at a time.
type classifyPool struct {
	model    *infer.Model
	sessions []*infer.Session
	workers  []*classify.Classifier
	embedder *infer.Embedder // nil without a second opinion
}

// newClassifyPool loads runtime and model. Files are the unit of parallel work
// on the CPU, each with one thread; a lone file gets all the threads, and a GPU
// is shared by turns.
func newClassifyPool(c config.Config, o classifyOptions) (*classifyPool, error) {
	m, front, err := loadNetwork(c.Model.Path, c.Inference.Library)
	if err != nil {
		return nil, err
	}
	options := infer.Options{Provider: c.Inference.Provider, DeviceID: c.Inference.DeviceID, Threads: 1}
	if o.jobs == 1 {
		options.Threads = min(runtime.GOMAXPROCS(0), infer.MaxThreads)
	}
	second, err := engine.LoadSecond(m, front, c.Verify.Model)
	if err != nil {
		return nil, fail(exitModel, err)
	}
	form, err := engine.Prefer(m, options, c.Inference.Precision)
	if err != nil {
		return nil, fail(exitModel, err)
	}
	p := &classifyPool{model: m}
	if p.embedder, err = second.Open(options); err != nil {
		return nil, fail(exitModel, err)
	}
	for range o.jobs {
		if len(p.sessions) == 0 || p.sessions[0].Provider == "cpu" {
			s, err := infer.NewSession(form, options)
			if err != nil {
				p.close()
				return nil, fail(exitModel, err)
			}
			p.sessions = append(p.sessions, s)
		}
		w := classify.New(p.sessions[len(p.sessions)-1], front, o.hop)
		if p.embedder != nil {
			w.UseSecond(func(failed func(error)) *opinion.Opinion {
				return second.Opinion(p.embedder, opinion.All(second.Head, m.Labels), failed)
			})
		}
		p.workers = append(p.workers, w)
	}
	return p, nil
}

func (p *classifyPool) close() {
	for _, s := range p.sessions {
		s.Close()
	}
	if p.embedder != nil {
		p.embedder.Close()
	}
}
