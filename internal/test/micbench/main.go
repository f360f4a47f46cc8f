// Command micbench measures what the whole program hears through a microphone.
//
// It plays clips of ESC, each label in turn, into a virtual PulseAudio
// microphone (package vmic). "earshot run" captures that with PortAudio, as it
// would a real one, and publishes its events over MQTT, where mosquitto_sub
// reads them. A clip counts as right when its label was its strongest event.
// Beside that stands what "earshot classify" says of the same files.
//
//	make micbench ESC=DIR ARGS="-model FILE"
//
// DIR is laid out as ESC-50 (meta/esc50.csv, audio/). It needs pulseaudio,
// pulseaudio-utils, libasound2-plugins and mosquitto-clients, and takes eight
// seconds a clip. The exit code is 1 when the microphone's share is more than
// five points below that of classify.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"earshot/internal/audio"
	"earshot/internal/test/vmic"
)

const (
	rate      = 44100           // Hz
	tolerance = 5.0             // points that the microphone may be below classify
	quiet     = 3 * time.Second // pause after a clip, beyond what its events need
	patience  = time.Minute     // for a clip's events to end
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "micbench:", err)
		os.Exit(1)
	}
}

func run() error {
	data := flag.String("data", "", "folder with meta/esc50.csv and audio/")
	fold := flag.Int("fold", 4, "fold to take clips from; one that the model has not learned")
	labels := flag.String("labels", "", "ten labels, separated by commas (default: those of ESC-10)")
	each := flag.Int("each", 4, "clips a label")
	binary := flag.String("earshot", "build/bin/earshot", "the program to measure")
	model := flag.String("model", "", "model file (default: the one inside the program)")
	on := flag.Float64("on", 0.2, "score from which something counts as heard at all")
	tries := flag.Int("tries", 6, "how often to play a clip that this machine was too busy to hear wholly")
	flag.Parse()
	if *data == "" {
		return errors.New("-data DIR is missing: a folder with meta/esc50.csv and audio/")
	}
	clips, err := choose(*data, *fold, strings.FieldsFunc(*labels, func(r rune) bool { return r == ',' }), *each)
	if err != nil {
		return err
	}
	program, err := filepath.Abs(*binary)
	if err != nil {
		return err
	}
	named, err := classify(program, *model, clips)
	if err != nil {
		return err
	}
	mic, err := vmic.Start(vmic.Config{Rate: rate})
	if err != nil {
		return err
	}
	defer mic.Close()
	b := &bench{mic: mic, tries: *tries, listen: func() (*listener, error) { return listen(program, *model, *on, mic) }}
	defer b.close()
	return b.measure(clips, named)
}

// bench is the microphone and who listens to it.
type bench struct {
	mic      *vmic.Mic
	tries    int // of a clip that was not wholly heard: what is measured is what is recognised, not this machine's speed
	listen   func() (*listener, error)
	l        *listener // nil = to be started
	replayed int       // clips that were played again
}

func (b *bench) close() {
	if b.l != nil {
		b.l.close()
		b.l = nil
	}
}

// hear plays a clip and returns its strongest event.
func (b *bench) hear(c clip) (label string, score float64, err error) {
	x, err := audio.ReadMono(c.path, rate)
	if err != nil {
		return "", 0, err
	}
	for range b.tries {
		label, score, err = b.once(x)
		if !errors.Is(err, errUnheard) {
			return label, score, err
		}
		b.close()
		b.replayed++
	}
	return "", 0, fmt.Errorf("%s, %d times: %w", c.path, b.tries, err)
}

// once plays samples to the listener, which it starts when there is none.
func (b *bench) once(x []float32) (label string, score float64, err error) {
	if b.l == nil {
		if b.l, err = b.listen(); err != nil {
			return "", 0, err
		}
	}
	b.l.begin()
	if err := b.mic.PlaySamples(x, rate); err != nil {
		return "", 0, err
	}
	return b.l.strongest()
}

// measure plays the clips and prints what was heard.
func (b *bench) measure(clips []clip, named map[string]string) error {
	var heardRight, namedRight, same int
	fmt.Printf("%-24s %-18s %-28s %s\n", "FILE", "LABEL", "STRONGEST EVENT", "CLASSIFY")
	for _, c := range clips {
		label, score, err := b.hear(c)
		if err != nil {
			return err
		}
		event := "-"
		if label != "" {
			event = fmt.Sprintf("%s %.2f", label, score)
		}
		by := named[c.path]
		fmt.Printf("%-24s %-18s %-28s %s\n", filepath.Base(c.path), c.label, mark(event, label == c.label), mark(by, by == c.label))
		heardRight += one(label == c.label)
		namedRight += one(by == c.label)
		same += one(by == label)
	}
	n := float64(len(clips))
	heard, classified := 100*float64(heardRight)/n, 100*float64(namedRight)/n
	fmt.Printf("\nmicrophone  %5.1f %%  (%d of %d clips: their label was the strongest event)\n", heard, heardRight, len(clips))
	fmt.Printf("classify    %5.1f %%  (%d of %d; both agree on %d)\n", classified, namedRight, len(clips), same)
	fmt.Printf("difference  %+5.1f points\n", heard-classified)
	if b.replayed > 0 {
		fmt.Printf("%d times a clip was played again, because the machine was too busy to hear all of it\n", b.replayed)
	}
	if heard < classified-tolerance {
		return fmt.Errorf("the microphone is more than %.0f points below classify", tolerance)
	}
	return nil
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func mark(s string, right bool) string {
	if right {
		return s
	}
	return s + " ✗"
}
