package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"earshot/internal/test/rig"
)

// Seconds of new sound in one run of a network.
const (
	windowS = 64 * 512 / 44100.0 // a window of the program's, at its default of 64 frames from one to the next
	patchS  = 2 * hopS           // a patch of YAMNet's without overlap
)

// What the program calls its measurements ("earshot bench"): beginnings of their names.
const (
	oneWindow    = "a window, batch 1, 1 thread(s), cpu"
	onePatch     = "a patch, the network alone"
	oneCandidate = "a candidate, 1 new patch(es)"
	liveStreams  = "real-time streams a core, hop 64, "
)

// networks are the program's own, as model.path names them, and what they are called here.
var networks = []struct{ path, name string }{{"built-in-full", "full"}, {"built-in-light", "light"}}

// series are a figure's values, and each beside LiteRT's immediately before and after: what disturbs one disturbs both.
type series struct{ values, ratios []float64 }

func (s *series) add(value, ratio float64) {
	s.values, s.ratios = append(s.values, value), append(s.ratios, ratio)
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// figures are series by name, in the order of their first coming.
type figures struct {
	order []string
	all   map[string]*series
}

func (f *figures) of(name string) *series {
	if f.all[name] == nil {
		if f.all == nil {
			f.all = map[string]*series{}
		}
		f.all[name] = &series{}
		f.order = append(f.order, name)
	}
	return f.all[name]
}

// cost measures networks and streams.
func (r *scene) cost() error {
	if err := r.networks(); err != nil {
		return err
	}
	return r.carried()
}

// pair is LiteRT's processor time of a patch, ms, without and with its front end.
type pair struct{ patch, sound float64 }

func (r *scene) pair() (p pair, err error) {
	if p.patch, err = r.litert.measure("patch", 0.5); err != nil {
		return p, err
	}
	p.sound, err = r.litert.measure("sound", 0.5)
	return p, err
}

// between runs the program's bench between two measurements of LiteRT and returns its rows and the mean of the two.
func (r *scene) between(args ...string) (rows []row, p pair, err error) {
	before, err := r.pair()
	if err != nil {
		return nil, p, err
	}
	text, err := rig.Earshot(context.Background(), r.program, append([]string{"bench", "--json", "--provider", "cpu"}, args...)...)
	if err != nil {
		return nil, p, err
	}
	if rows, err = decode[row](text); err != nil {
		return nil, p, err
	}
	after, err := r.pair()
	return rows, pair{(before.patch + after.patch) / 2, (before.sound + after.sound) / 2}, err
}

// row is one figure of the program's.
type row struct {
	Name  string
	Value float64
}

// find is the figure whose name begins so, of the network in eight bits or not.
func find(rows []row, begin string, eightBits bool) (float64, error) {
	for _, r := range rows {
		if strings.HasPrefix(r.Name, begin) && strings.HasSuffix(r.Name, "int8") == eightBits {
			return r.Value, nil
		}
	}
	return 0, fmt.Errorf("earshot bench prints no %q, in eight bits: %t", begin, eightBits)
}

// networks prints milliseconds and multiplications.
func (r *scene) networks() error {
	var f figures
	macs := map[string]float64{}
	yamnetMACs, err := r.yamnetMACs()
	if err != nil {
		return err
	}
	const alone, whole = "YAMNet, LiteRT: a patch", "YAMNet, LiteRT: a patch, its front end included"
	second, candidate := "earshot's second network, the same in ONNX Runtime: a patch", "… with its front end and head, from 44.1 kHz on"
	macs[alone], macs[second] = yamnetMACs, yamnetMACs
	for i := range r.rounds {
		rig.Say("networks, round %d of %d", i+1, r.rounds)
		for _, n := range networks {
			rows, p, err := r.between("--quick", "inference", "--model", n.path)
			if err != nil {
				return err
			}
			f.of(alone).add(p.patch, 1)
			f.of(whole).add(p.sound, p.sound/p.patch)
			for _, form := range []string{"fp32", "int8"} {
				name := fmt.Sprintf("earshot, %s network, %s: a window", n.name, form)
				ms, err := find(rows, oneWindow, form == "int8")
				if err != nil {
					return err
				}
				f.of(name).add(ms, ms/p.patch)
				if macs[name], err = r.macs(n.path); err != nil {
					return err
				}
			}
		}
		rows, p, err := r.between("--quick", "verify")
		if err != nil {
			return err
		}
		for _, m := range []struct{ name, begin string }{{second, onePatch}, {candidate, oneCandidate}} {
			ms, err := find(rows, m.begin, false)
			if err != nil {
				return err
			}
			f.of(m.name).add(ms, ms/p.patch)
		}
	}
	fmt.Printf("\nNetworks, one thread, processor time, median of %d rounds; “beside” is the median of ratios to LiteRT's patch immediately before and after:\n\n", r.rounds)
	fmt.Print("| network | multiplications, M | ms | beside | ms a second of sound |\n|---|---|---|---|---|\n")
	for _, name := range f.order {
		s := f.of(name)
		m, perSecond := "–", "–"
		if macs[name] > 0 {
			m = fmt.Sprintf("%.1f", macs[name])
		}
		ms := median(s.values)
		switch {
		case strings.HasSuffix(name, "a window"):
			perSecond = fmt.Sprintf("%.1f", ms/windowS)
		case name == alone, name == whole:
			perSecond = fmt.Sprintf("%.1f with half overlap, %.1f without", ms/hopS, ms/patchS)
		}
		fmt.Printf("| %s | %s | %.2f | %.2f | %s |\n", name, m, ms, median(s.ratios), perSecond)
	}
	return nil
}

// yamnetMACs is what convert.py counted, millions.
func (r *scene) yamnetMACs() (float64, error) {
	text, err := os.ReadFile(filepath.Join(r.root, "macs"))
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	return n / 1e6, err
}

var cardMACs = regexp.MustCompile(`([0-9.]+) M multiply-accumulates a window`)

// macs is what a model's card says, millions a window.
func (r *scene) macs(model string) (float64, error) {
	card, err := rig.Earshot(context.Background(), r.program, "model", model)
	if err != nil {
		return 0, err
	}
	m := cardMACs.FindSubmatch(card)
	if m == nil {
		return 0, fmt.Errorf("the card of %s tells no multiplications", model)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// carried prints how many live streams a core can serve, by processor time.
func (r *scene) carried() error {
	var f figures
	const half, none = "YAMNet, LiteRT, front end included: a patch every 0.48 s", "YAMNet, LiteRT, front end included: a patch every 0.96 s"
	for i := range r.rounds {
		rig.Say("streams, round %d of %d", i+1, r.rounds)
		for _, n := range networks {
			for _, second := range []string{"built-in", "off"} {
				rows, p, err := r.between("pipeline", "--model", n.path, "--set", "verify.model="+second)
				if err != nil {
					return err
				}
				halfOverlap := 1000 * hopS / p.sound
				f.of(half).add(halfOverlap, 1)
				f.of(none).add(1000*patchS/p.sound, patchS/hopS)
				for _, kind := range []string{"quiet noise", "gated quiet noise", "sounds without end"} {
					v, err := find(rows, liveStreams+kind, false)
					if err != nil {
						return err
					}
					f.of(fmt.Sprintf("earshot, %s network, second opinion %s: %s", n.name, second, kind)).add(v, v/halfOverlap)
				}
			}
		}
	}
	fmt.Printf("\nLive streams that a core can serve, by processor time, median of %d rounds; “beside” as above, to YAMNet with half overlap. "+
		"earshot's are the whole program, from file to broker, loading not counted; YAMNet's are its scores alone:\n\n", r.rounds)
	fmt.Print("| what | streams a core | beside |\n|---|---|---|\n")
	for _, name := range f.order {
		fmt.Printf("| %s | %.0f | %.2f |\n", name, median(f.of(name).values), median(f.of(name).ratios))
	}
	return nil
}
