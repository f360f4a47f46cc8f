package infer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
)

// equalScores is how far a provider's scores of the trial may be from the CPU's for auto to take it.
const equalScores = 1e-3

// choose opens the provider asked for. For auto it opens all that open, times those whose scores are the CPU's, and keeps the
// fastest; what that came to is remembered in file ("": nowhere) under key, and the next time only that one is opened.
func choose[S network](want, file, key string, open func(candidate) (S, error)) (s S, rejected []Rejection, err error) {
	if want != Auto {
		s, err = openNamed(want, open)
		return s, nil, err
	}
	if c, rejected, ok := remembered(file, key); ok {
		if s, err := open(c); err == nil {
			return s, rejected, nil
		}
	}
	found, rejected := openAll(open)
	if len(found) == 0 {
		var all []string
		for _, r := range rejected {
			all = append(all, r.Provider+": "+r.Why)
		}
		return s, rejected, fmt.Errorf("no provider can run it: %s", strings.Join(all, "; "))
	}
	if len(found) > 1 {
		var slower []Rejection
		found, slower = fastest(found)
		rejected = append(rejected, slower...)
		remember(file, key, found[0].candidate, rejected)
	}
	return found[0].network, rejected, nil
}

// openNamed opens the first of a provider's candidates that opens; the error is the first one's, on one line.
func openNamed[S network](want string, open func(candidate) (S, error)) (s S, err error) {
	if !slices.Contains(Providers, want) {
		return s, fmt.Errorf("provider %q is not known, want %s or one of %s", want, Auto, strings.Join(Providers, ", "))
	}
	var why []string
	for _, c := range candidates {
		if c.provider != want {
			continue
		}
		if s, err = open(c); err == nil {
			return s, nil
		}
		if text := oneLine(err); !slices.Contains(why, text) {
			why = append(why, text)
		}
	}
	return s, fmt.Errorf("provider %s: %s", want, strings.Join(why, "; "))
}

// opened is a network that a candidate runs.
type opened[S network] struct {
	candidate candidate
	network   S
}

// openAll opens what opens. TensorRT is left out where CUDA does: it compiles the network for seconds to minutes at every
// start.
func openAll[S network](open func(candidate) (S, error)) (found []opened[S], rejected []Rejection) {
	for _, c := range candidates {
		if c.provider == "tensorrt" && len(found) > 0 {
			continue
		}
		s, err := open(c)
		if err == nil {
			found = append(found, opened[S]{c, s})
			continue
		}
		if r := (Rejection{Provider: c.provider, Why: oneLine(err)}); !slices.Contains(rejected, r) {
			rejected = append(rejected, r)
		}
	}
	return found, rejected
}

// fastest keeps the quickest of those that come to the CPU's scores, which is the last, and closes the others.
func fastest[S network](found []opened[S]) (best []opened[S], rejected []Rejection) {
	cpu := found[len(found)-1]
	want, _, err := timed(cpu.network)
	if err != nil || cpu.candidate.provider != "cpu" {
		for _, o := range found[1:] {
			o.network.Close()
		}
		return found[:1], nil // nothing to compare with
	}
	took := map[candidate]time.Duration{}
	why := map[candidate]string{}
	for _, o := range found {
		scores, t, err := timed(o.network)
		took[o.candidate] = t
		if err != nil {
			why[o.candidate] = oneLine(err)
		} else if d := apart(scores, want); !(d <= equalScores) {
			why[o.candidate] = fmt.Sprintf("its scores are not the CPU's: %.2g apart, want at most %g", d, equalScores)
		}
	}
	ranked := slices.SortedFunc(slices.Values(found), func(a, b opened[S]) int {
		if x, y := why[a.candidate] != "", why[b.candidate] != ""; x != y {
			if x {
				return 1
			}
			return -1
		}
		return cmp.Compare(took[a.candidate], took[b.candidate])
	})
	for _, o := range ranked[1:] {
		o.network.Close()
		text := why[o.candidate]
		if text == "" {
			text = fmt.Sprintf("slower: %.1f ms, %s takes %.1f ms", took[o.candidate].Seconds()*1000, ranked[0].candidate, took[ranked[0].candidate].Seconds()*1000)
		}
		rejected = append(rejected, Rejection{Provider: o.candidate.String(), Why: text})
	}
	return ranked[:1], rejected
}

// timed runs the trial and returns its outputs and the quickest of some runs; the first ones compile.
func timed(n network) (scores []float32, best time.Duration, err error) {
	const warm, measured = 2, 5
	for i := range warm + measured {
		began := time.Now()
		if scores, err = n.trial(); err != nil {
			return nil, 0, err
		}
		if took := time.Since(began); i >= warm && (i == warm || took < best) {
			best = took
		}
	}
	return scores, best, nil
}

// apart is the largest difference of two slices; NaN when a value is none or their lengths differ.
func apart(a, b []float32) (worst float64) {
	if len(a) != len(b) {
		return math.NaN()
	}
	for i := range a {
		worst = math.Max(worst, math.Abs(float64(a[i])-float64(b[i])))
	}
	return worst
}

// pattern fills a trial's input: levels as a quiet room with something in it has.
func pattern(x []float32) []float32 {
	for i := range x {
		x[i] = float32(-60 + 25*math.Sin(float64(i)*0.011) + 5*math.Sin(float64(i)*1.7))
	}
	return x
}

// choiceKey is what a choice depends on: the network, the runtime, and how it is to run.
func choiceKey(file []byte, o Options) string {
	return fmt.Sprintf("%.16s %s %s device %d threads %d batch %d", sum(file), RuntimeVersion(), RuntimePath(), o.DeviceID, o.Threads, o.MaxBatch)
}

// choice is a remembered one.
type choice struct {
	Provider string      `json:"provider"`
	Device   string      `json:"device,omitempty"`
	Rejected []Rejection `json:"rejected"`
}

// Limits of the file of choices.
const (
	maxChoices     = 16
	maxChoiceBytes = 64 << 10
)

// remembered looks a choice up. A file that is not there or not ours is none.
func remembered(file, key string) (c candidate, rejected []Rejection, ok bool) {
	kept, ok := choices(file)[key]
	c = candidate{kept.Provider, kept.Device}
	return c, kept.Rejected, ok && slices.Contains(candidates, c)
}

func choices(file string) (all map[string]choice) {
	if file == "" {
		return nil
	}
	if b, err := readfile.Bytes(file, maxChoiceBytes); err == nil {
		_ = json.Unmarshal(b, &all)
	}
	return all
}

// remember keeps a choice; where it cannot, it is made anew the next time.
func remember(file, key string, c candidate, rejected []Rejection) {
	if file == "" {
		return
	}
	all := choices(file)
	if all == nil || len(all) >= maxChoices {
		all = map[string]choice{}
	}
	all[key] = choice{c.provider, c.device, rejected}
	if b, err := json.Marshal(all); err == nil {
		_ = atomicfile.Cache(file, b)
	}
}
