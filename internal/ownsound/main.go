// Command ownsound makes the part of the open world's sound that the project makes itself: speech by espeak-ng, music by
// fluidsynth and the sound font FluidR3 GM. Every word, note and voice is drawn from the seed, so that the same
// programs give the same recordings, and whatever learns from them owes nobody anything.
//
//	go run ./internal/ownsound FOLDER
//
// writes FOLDER/speech/LANGUAGE-NN.flac and FOLDER/music/STYLE-NN.flac, mono or stereo as the programs give it. What is
// there already stays. It needs espeak-ng, fluidsynth, the package fluid-soundfont-gm and sox.
package main

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	pieces := flag.Int("pieces", 4, "pieces of each style of music")
	talks := flag.Int("talks", 2, "recordings of each language")
	font := flag.String("soundfont", "/usr/share/sounds/sf2/FluidR3_GM.sf2", "sound font")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/ownsound [-pieces N] [-talks N] FOLDER")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := all(ctx, flag.Arg(0), *font, *pieces, *talks); err != nil {
		fmt.Fprintln(os.Stderr, "ownsound:", err)
		os.Exit(1)
	}
}

// all makes both kinds.
func all(ctx context.Context, dir, font string, pieces, talks int) error {
	for _, l := range languages {
		for i := range talks {
			out := filepath.Join(dir, "speech", fmt.Sprintf("%s-%02d.flac", l.voice, i))
			if err := once(out, func(part string) error { return speak(ctx, l, draw(l.voice, i), part) }); err != nil {
				return err
			}
		}
	}
	for _, s := range styles {
		for i := range pieces {
			out := filepath.Join(dir, "music", fmt.Sprintf("%s-%02d.flac", s.name, i))
			if err := once(out, func(part string) error { return play(ctx, font, s.compose(draw(s.name, i)), part) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// draw is the source of all choices for one recording.
func draw(name string, i int) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(h.Sum64(), uint64(i)))
}

// once has out written whole, under another name first, unless it is there.
func once(out string, write func(part string) error) error {
	if _, err := os.Stat(out); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	part := out + ".part.flac"
	defer os.Remove(part)
	if err := write(part); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(out), err)
	}
	return os.Rename(part, out)
}

// command runs a program to its end; what it says is the error's text.
func command(ctx context.Context, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %.300s", name, err, out)
	}
	return nil
}
