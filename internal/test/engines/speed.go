package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"earshot/infer"
	"earshot/infer/remote"

	"github.com/x448/float16"
)

// speed is how fast somebody scored.
type speed struct {
	who            string
	clients, batch int
	rate           float64 // windows a second, all clients together
	median, p99    time.Duration
}

// measured is how long each measurement takes.
const measured = 4 * time.Second

// scorer scores n windows; each client has one of its own.
type scorer func(x []float32, n int, scores, attention []float32) error

// measure lets clients score windows of the recording, each one after another.
func (s *scene) measure(who string, clients, n int, open func() (scorer, func(), error)) error {
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var wait sync.WaitGroup
	began := time.Now()
	for range clients {
		score, done, err := open()
		if err != nil {
			return err
		}
		defer done()
		wait.Go(func() {
			scores, attention := make([]float32, n*len(s.model.Labels)), make([]float32, n*s.model.Steps)
			for at := 0; time.Since(began) < measured; at = (at + n) % (len(s.windows)/infer.WindowLen - n) {
				start := time.Now()
				err := score(s.windows[at*infer.WindowLen:][:n*infer.WindowLen], n, scores, attention)
				mu.Lock()
				took = append(took, time.Since(start))
				if err != nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	rate := float64(len(took)*n) / time.Since(began).Seconds()
	slices.Sort(took)
	s.speeds = append(s.speeds, speed{who, clients, n, rate, took[len(took)/2], took[len(took)*99/100]})
	return failed
}

// dial connects to the engine that runs.
func (s *scene) dial(scheme string, half bool) (*remote.Server, error) {
	port := s.engine.grpc
	if scheme == "http" {
		port = s.engine.http
	}
	a, err := remote.ParseAddress(fmt.Sprintf("%s://127.0.0.1:%d", scheme, port))
	if err != nil {
		return nil, err
	}
	contract, err := remote.NewContract(s.model, s.local.Run)
	if err != nil {
		return nil, err
	}
	return remote.Dial(context.Background(), remote.Settings{Address: a, Model: "earshot", Timeout: 10 * time.Second, MaxBatch: batch, FP16: half}, contract)
}

// speedLocal measures this process, one thread.
func speedLocal(s *scene) (string, error) {
	for _, n := range []int{1, batch} {
		if err := s.measure("this process, 1 thread", 1, n, func() (scorer, func(), error) { return s.local.RunInto, func() {}, nil }); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%.0f windows/s", s.speeds[len(s.speeds)-1].rate), nil
}

// speedOf measures the engine that runs.
func (s *scene) speedOf(scheme string, half bool) (string, error) {
	who := s.engine.name + ", " + scheme
	if half {
		who += ", 16 bits"
	}
	best := 0.0
	for _, c := range []struct{ clients, n int }{{1, 1}, {8, 1}, {1, batch}, {4, batch}} {
		err := s.measure(who, c.clients, c.n, func() (scorer, func(), error) {
			v, err := s.dial(scheme, half)
			if err != nil {
				return nil, nil, err
			}
			return func(x []float32, n int, scores, attention []float32) error {
				return v.Score(context.Background(), x, n, scores, attention)
			}, v.Close, nil
		})
		if err != nil {
			return "", err
		}
		best = max(best, s.speeds[len(s.speeds)-1].rate)
	}
	return fmt.Sprintf("up to %.0f windows/s", best), nil
}

// equal holds the engine's scores of the recording's windows against this process's.
func (s *scene) equal(scheme string, half bool, tolerance float64) (string, error) {
	v, err := s.dial(scheme, half)
	if err != nil {
		return "", err
	}
	defer v.Close()
	k, t := len(s.model.Labels), s.model.Steps
	windows, worst, other := len(s.windows)/infer.WindowLen, 0.0, 0
	for at := 0; at+batch <= windows; at += batch {
		x := s.windows[at*infer.WindowLen:][:batch*infer.WindowLen]
		scores, attention := make([]float32, batch*k), make([]float32, batch*t)
		if err := v.Score(context.Background(), x, batch, scores, attention); err != nil {
			return "", err
		}
		want, wantAttention, err := s.local.Run(x, batch)
		if err != nil {
			return "", err
		}
		worst = max(worst, apart(scores, want), apart(attention, wantAttention))
		other += otherWinners(scores, want, k)
	}
	if worst > tolerance {
		s.Fail("want at most %g", tolerance)
	}
	bytes := 4 * infer.WindowLen
	if half {
		bytes /= 2
	}
	return fmt.Sprintf("%d windows, largest difference %.2g, another winner in %d; %d bytes a window", windows, worst, other, bytes), nil
}

// apart is the largest difference of two slices.
func apart(a, b []float32) (worst float64) {
	for i := range a {
		worst = max(worst, math.Abs(float64(a[i])-float64(b[i])))
	}
	return worst
}

// otherWinners counts the windows whose best label is another one.
func otherWinners(a, b []float32, k int) (n int) {
	best := func(x []float32) int { return slices.Index(x, slices.Max(x)) }
	for at := 0; at < len(a); at += k {
		if best(a[at:][:k]) != best(b[at:][:k]) {
			n++
		}
	}
	return n
}

// halfOnClips holds 16-bit windows against 32-bit ones on every clip of a folder, in this process, as a server would
// compute them: clips are named by the mean of their windows.
func halfOnClips(s *scene) (string, error) {
	if s.esc == "" {
		return "not asked for (-esc FOLDER)", nil
	}
	files, err := filepath.Glob(filepath.Join(s.esc, "*"))
	if err != nil {
		return "", err
	}
	k, clips, other, windows, worst := len(s.model.Labels), 0, 0, 0, 0.0
	for _, path := range files {
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			continue
		}
		x, err := windowsOf(s.model, path, 64)
		if err != nil {
			continue // what is no sound file
		}
		mean := [2][]float32{make([]float32, k), make([]float32, k)}
		for at := 0; at < len(x); at += infer.WindowLen {
			w := x[at:][:infer.WindowLen]
			full, _, err := s.local.Run(w, 1)
			if err != nil {
				return "", err
			}
			for i := range w {
				w[i] = float16.Fromfloat32(w[i]).Float32()
			}
			half, _, err := s.local.Run(w, 1)
			if err != nil {
				return "", err
			}
			worst = max(worst, apart(full, half))
			for i := range k {
				mean[0][i] += full[i]
				mean[1][i] += half[i]
			}
			windows++
		}
		other += otherWinners(mean[0], mean[1], k)
		clips++
	}
	return fmt.Sprintf("%d clips, %d of them named otherwise; %d windows, largest difference of a score %.2g", clips, other, windows, worst), nil
}
