package alarm

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"earshot/internal/jsonfile"
)

// memory is what outlives the process.
type memory struct {
	State  State             `json:"state"`
	Clips  []string          `json:"clips"` // paths of those that are not written yet
	Floors map[string]*floor `json:"floors"`
}

const (
	memoryName = "alarm.json"
	maxMemory  = 1 << 20
	maxPending = 200           // clips that are waited for
	clipTime   = 3 * time.Hour // how long one may take
)

func recall(dir string) (m memory, err error) {
	path := filepath.Join(dir, memoryName)
	if _, err := jsonfile.Load(path, maxMemory, &m); err != nil {
		return memory{}, fmt.Errorf("what was armed in the last run, %q: %w", path, err)
	}
	return m, nil
}

// job is what Run is to do: one of these.
type job struct {
	record         *Record
	clip           string // path, to be kept once it is written
	tamper, reason string // a source's sign
}

// record sends a record to be written; g.mu is held.
func (g *Guard) record(r Record) {
	if r.At.IsZero() {
		r.At = g.Now()
	}
	g.Log.Warn().Str("what", r.What).Str("mode", r.Mode).Str("source", r.Source).Str("label", r.Label).Str("why", r.Why).Msg("alarm")
	r.Clip = filepath.Base(r.Clip)
	if r.Clip == "." {
		r.Clip = ""
	}
	g.send(job{record: &r})
}

func (g *Guard) send(j job) {
	select {
	case g.queue <- j:
	default:
		g.lost++
	}
}

// clipPoll is how often a clip is looked for that is not written yet.
const clipPoll = time.Second

// Run writes and tells until ctx ends, and then what still waits.
func (g *Guard) Run(ctx context.Context) error {
	if s, on := g.State(); on {
		g.Tell(s)
	}
	tick := time.NewTicker(clipPoll)
	defer tick.Stop()
	since := map[string]time.Time{}
	for {
		select {
		case j := <-g.queue:
			g.do(j)
		case <-tick.C:
			g.clips(since)
		case <-ctx.Done():
			for {
				select {
				case j := <-g.queue:
					g.do(j)
				default:
					return nil
				}
			}
		}
	}
}

// do writes one thing, and tells of it.
func (g *Guard) do(j job) {
	switch {
	case j.tamper != "":
		g.Tamper(j.tamper, j.reason)
		return
	case j.clip != "":
		g.mu.Lock()
		if len(g.mem.Clips) < maxPending && !slices.Contains(g.mem.Clips, j.clip) {
			g.mem.Clips = append(g.mem.Clips, j.clip)
		}
		g.mu.Unlock()
		g.save()
		return
	}
	g.mu.Lock()
	head := g.mem.State.Head
	g.mu.Unlock()
	var err error
	if g.Dir != "" {
		head, err = head.add(g.Dir, *j.record)
	}
	g.mu.Lock()
	g.mem.State.Head = head
	if err != nil {
		g.lost++
	}
	s := g.mem.State
	g.mu.Unlock()
	if err != nil {
		g.Log.Often(g.Log.Error().Err(err), "evidence").Msg("alarm")
	}
	g.save()
	g.Tell(s)
}

// save keeps what must outlive the process; the goroutine of Run alone does.
func (g *Guard) save() {
	if g.Dir == "" {
		return
	}
	g.mu.Lock()
	g.mem.Floors = map[string]*floor{}
	for name, f := range g.floors {
		g.mem.Floors[name] = &floor{Hours: slices.Clone(f.Hours)}
	}
	mem := g.mem
	mem.Clips = slices.Clone(mem.Clips)
	g.mu.Unlock()
	if err := jsonfile.Save(filepath.Join(g.Dir, memoryName), 0o600, mem); err != nil {
		g.Log.Often(g.Log.Error().Err(err), "alarm").Msg("what is armed will not outlive a restart")
	}
}

// clips keeps those that are written by now. since says from when on each was waited for.
func (g *Guard) clips(since map[string]time.Time) {
	g.mu.Lock()
	pending := slices.Clone(g.mem.Clips)
	g.mu.Unlock()
	for _, path := range pending {
		if since[path].IsZero() {
			since[path] = time.Now()
		}
		_, err := os.Stat(path)
		late := time.Since(since[path]) > clipTime
		if err != nil && !late {
			continue
		}
		delete(since, path)
		g.mu.Lock()
		g.mem.Clips = slices.DeleteFunc(g.mem.Clips, func(p string) bool { return p == path })
		g.mu.Unlock()
		r := &Record{At: g.Now(), What: "clip", Clip: filepath.Base(path)}
		if err == nil {
			r.SHA256, err = keep(g.Dir, path)
		}
		if err != nil {
			r.Why = fmt.Sprintf("it is not kept: %.200s", err)
		}
		g.do(job{record: r})
	}
}
