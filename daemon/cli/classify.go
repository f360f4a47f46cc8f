package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"earshot/daemon/classify"
	"earshot/daemon/config"
	"earshot/gammatone"
)

// classifyOptions are the flags of classify.
type classifyOptions struct {
	model, config, provider, verify string
	hop, top, jobs                  int
	windows, json                   bool
}

func newClassifyCmd() *cobra.Command {
	var o classifyOptions
	c := &cobra.Command{
		Use:   "classify FILE|FOLDER…",
		Short: "Name the sound in files",
		Long: `classify names the sound in each file: WAV, FLAC, Ogg, MP3, M4A, … of any rate and
channel count, known by content and not by name; "-" is standard input. In a folder (and the folders in
it) it takes the files that end in .wav, .flac, .ogg, .oga or .mp3.

Each file is cut into windows of 1.5 s, one every --hop frames of 11.6 ms. A file's
scores are the mean of its windows'. Windows of digital silence have no vote unless
there is nothing else. A file shorter than a window is repeated to fill it. The
background label ("nothing") is named only when it outweighs all others together.
Where the model brings a second opinion, a score is that of both networks; "first" and
"second" say what each of them found.

With --json each file is one line: {"file", "seconds", "label", "name", "score",
"top": [{"label", "name", "score", "first", "second"}], "windows_used", "silent", "padded", "windows":
[{"from", "to", "silent", "peak", "top"}]}, or {"file", "error"}. Times are seconds.

The exit code is 0 when every file could be read and named.`,
		Example: `  earshot classify bark.wav
  earshot classify --windows --top 5 yard.flac
  ffmpeg -i film.mkv -f wav - | earshot classify -
  earshot classify --json sounds/ | jq -r '[.file, .label] | @tsv'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(errors.New("classify wants at least one FILE or FOLDER"))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return runClassify(c, args, o) },
	}
	f := c.Flags()
	f.StringVarP(&o.model, "model", "m", "", "model file (default: the configuration's, else the one in this binary)")
	f.StringVarP(&o.config, "config", "c", "", "configuration file, for its model and inference settings")
	f.StringVar(&o.provider, "provider", "", "auto, cuda, tensorrt, openvino or cpu (default: the configuration's)")
	f.StringVar(&o.verify, "verify", "", "second network: built-in, off or a file (default: the configuration's)")
	f.IntVar(&o.hop, "hop", classify.DefaultHopFrames, "frames from one window to the next, 1 to 128; 64 is half overlap")
	f.IntVar(&o.top, "top", 3, "labels to show, 0 for all")
	f.IntVarP(&o.jobs, "jobs", "j", 0, "files at a time (default: one a processor)")
	f.BoolVarP(&o.windows, "windows", "w", false, "show every window too")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line")
	return c
}

func (o classifyOptions) check() error {
	switch {
	case o.hop < 1 || o.hop > gammatone.Default().WindowFrames:
		return usage(fmt.Errorf("--hop %d: want 1 to %d frames", o.hop, gammatone.Default().WindowFrames))
	case o.top < 0:
		return usage(fmt.Errorf("--top %d: want 0 (all) or more", o.top))
	case o.jobs < 0 || o.jobs > 256:
		return usage(fmt.Errorf("--jobs %d: want 1 to 256, or 0 for one a processor", o.jobs))
	}
	return nil
}

// overrides are the flags that stand for keys of the configuration.
func (o classifyOptions) overrides() []config.Override {
	var all []config.Override
	if o.model != "" {
		all = append(all, config.Override{Flag: "--model", Key: "model.path", Set: func(c *config.Config) { c.Model.Path = o.model }})
	}
	if o.verify != "" {
		all = append(all, config.Override{Flag: "--verify", Key: "verify.model", Set: func(c *config.Config) { c.Verify.Model = o.verify }})
	}
	if o.provider != "" {
		all = append(all, config.Override{Flag: "--provider", Key: "inference.provider", Value: o.provider})
	}
	return all
}

func runClassify(c *cobra.Command, args []string, o classifyOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	paths, err := soundFiles(args)
	if err != nil {
		return fail(exitAudio, err)
	}
	input, err := takeStdin(c.InOrStdin(), paths)
	if err != nil {
		return fail(exitAudio, err)
	}
	defer input.close()
	cfg, err := config.Load(config.Find(o.config), o.overrides())
	if err != nil {
		return fail(exitConfig, err)
	}
	if o.jobs == 0 {
		o.jobs = runtime.GOMAXPROCS(0)
	}
	o.jobs = min(o.jobs, len(paths))
	pool, err := newClassifyPool(cfg.Config, o)
	if err != nil {
		return err
	}
	defer pool.close()

	out := newClassifyOutput(c.OutOrStdout(), c.ErrOrStderr(), pool.model, paths, o)
	pool.run(c.Context(), paths, input, out.clip)
	return out.finish(c.Context())
}

// classifyResult is what became of one file.
type classifyResult struct {
	index int
	path  string
	clip  *classify.Clip
	err   error
}

// run classifies paths with every worker of the pool and hands the results to
// done in the order of paths, from this goroutine. It stops when ctx ends.
func (p *classifyPool) run(ctx context.Context, paths []string, input *stdinFile, done func(classifyResult)) {
	jobs := make(chan int)
	results := make(chan classifyResult)
	for _, w := range p.workers {
		go func() {
			for i := range jobs {
				clip, err := w.File(ctx, input.path(paths[i]))
				results <- classifyResult{i, paths[i], clip, input.named(err)}
			}
		}()
	}
	// No worker runs further ahead of the slowest than this: it bounds what waits to be printed.
	ahead := make(chan struct{}, 4*len(p.workers))
	go func() {
		defer close(jobs)
		for i := range paths {
			ahead <- struct{}{}
			jobs <- i
		}
	}()
	waiting := map[int]classifyResult{}
	for next := 0; next < len(paths); {
		r := <-results
		waiting[r.index] = r
		for {
			r, ok := waiting[next]
			if !ok {
				break
			}
			delete(waiting, next)
			next++
			<-ahead
			if !errors.Is(r.err, context.Canceled) {
				done(r)
			}
		}
	}
}
