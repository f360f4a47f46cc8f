// Command replay plays an hour with many sounds through the running program, as fast as it goes or in real time, and holds two
// promises against what was told:
//
//   - A replay is what was told live. `earshot eval --none` plays the same recording through the daemon's path; each of its events is one
//     of the live run's in the history, with the same label, onset, end and peak, and there is no other.
//
//   - What `earshot tune` promises is what a live run tells. From the scores in the history it says how often each label would have
//     switched on with another threshold. The hour is run again with other thresholds for all labels, by the overlay that the page
//     writes, and counted.
//
//     make replay ESC=FOLDER
//
// The exit code is 1 where anything differs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"earshot/internal/test/rig"
)

func main() { rig.Main("replay", run) }

// hour is the recording, and what it is played with.
type hour struct {
	program  string // earshot
	dir      string // where all lies
	scene    string
	model    string
	realtime bool
}

func run() error {
	var h hour
	program := flag.String("earshot", "build/bin/earshot", "the program")
	esc := flag.String("esc", "", "folder with labelled clips, as earshot mix takes them")
	flag.StringVar(&h.scene, "scene", "", "a recording instead of one that is mixed here")
	flag.StringVar(&h.model, "model", "built-in", "model.path")
	flag.BoolVar(&h.realtime, "realtime", false, "live runs keep the pace of real time: an hour each")
	minutes := flag.Float64("minutes", 60, "length of the recording")
	density := flag.String("density", "600/h", "sounds in it")
	flag.StringVar(&h.dir, "work", "", "folder for everything, kept; what it has already is not done again (default: a temporary one)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if err := rig.There("build", program); err != nil {
		return err
	}
	h.program = *program
	if h.dir == "" {
		if h.dir, err = os.MkdirTemp("", "earshot-replay-"); err != nil {
			return err
		}
		defer os.RemoveAll(h.dir)
	}
	if h.scene == "" {
		if *esc == "" {
			return errors.New("-esc FOLDER is missing: labelled clips")
		}
		h.scene = filepath.Join(h.dir, "scene.flac")
		if _, err := h.once(ctx, "mix.txt", "mix", "--clips", *esc, "--out", h.scene, "--density", *density, "--minutes", fmt.Sprint(*minutes), "--snr", "5:25", "--seed", "12"); err != nil {
			return err
		}
	}
	return h.measure(ctx)
}

// measure runs the hour twice, with the thresholds that are set and with others.
func (h *hour) measure(ctx context.Context) error {
	first, err := h.listen(ctx, "as-set", nil)
	if err != nil {
		return err
	}
	curves, err := h.curves(ctx, first)
	if err != nil {
		return err
	}
	second, err := h.listen(ctx, "otherwise", others(curves))
	if err != nil {
		return err
	}
	var wrong []string
	fmt.Println("| thresholds | live events | in the replay | label, onset, end and peak of each | promised by tune |")
	fmt.Println("|---|---|---|---|---|")
	for _, s := range []*session{first, second} {
		apart, off := s.compare(h.realtime)
		kept := s.promises(curves)
		wrong = append(append(wrong, off...), kept...)
		fmt.Printf("| %s | %d of %d labels | %d | %d differ; onsets and ends lie %.1f ms apart at most | kept for %d of %d labels |\n", s.name, len(s.live), len(s.counts()),
			len(s.replayed), len(off), 1000*apart, len(curves)-len(kept), len(curves))
	}
	moved := 0
	for label, c := range curves {
		if first.counts()[label] != c.otherwise().Events {
			moved++
		}
	}
	fmt.Printf("\nother thresholds were to change the count of %d of %d labels\n", moved, len(curves))
	for _, line := range wrong {
		fmt.Fprintln(os.Stderr, line)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d things differ", len(wrong))
	}
	if moved < len(curves)/4 {
		return errors.New("so few would change that this tests nothing")
	}
	return nil
}
