package cli

import (
	"fmt"

	"earshot/daemon/config"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/figure"
)

const (
	viewHop   = 16  // frames from one window to the next
	spanScore = 0.3 // labels that reach it are written over the picture
	spanRun   = 3   // and that so many windows in a row heard, if there are as many
)

// attentionView runs a model over a spectrogram, for its attention and labels.
type attentionView struct {
	model   *infer.Model
	session *infer.Session
	front   gammatone.Config
}

func newAttentionView(c config.Config, name string) (*attentionView, error) {
	m, front, err := loadNetwork(name, c.Inference.Library)
	if err != nil {
		return nil, err
	}
	s, err := infer.NewSession(m, infer.Options{Provider: c.Inference.Provider, DeviceID: c.Inference.DeviceID, Threads: c.Inference.Threads})
	if err != nil {
		return nil, fail(exitModel, err)
	}
	return &attentionView{m, s, front}, nil
}

func (v *attentionView) close() { v.session.Close() }

// addTo puts the attention over the frames of s, and the labels that were heard.
// At a frame, the attention is the mean of the windows that hold it, each scaled
// so that an even one is 1.
func (v *attentionView) addTo(s *figure.Spectrogram) error {
	frames := len(s.Log) / v.front.Bands
	seen := figure.NewOverlap(frames)
	window := make([]float32, infer.WindowLen)
	var heard []heardWindow
	for start := 0; ; start += viewHop {
		start = min(start, frames-v.front.WindowFrames)
		v.front.FillWindow(window, s.Log[start*v.front.Bands:])
		scores, attention, err := v.session.Run(window, 1)
		if err != nil {
			return err
		}
		seen.Add(start, v.front.WindowFrames, attention)
		heard = append(heard, v.top(start, scores))
		if start == frames-v.front.WindowFrames {
			break
		}
	}
	s.Attention = seen.Points(s.StartS, s.FrameS)
	s.Spans = v.spans(heard, s)
	return nil
}

// heardWindow is the strongest label of the window that starts at a frame.
type heardWindow struct {
	start, label int
	score        float32
}

func (v *attentionView) top(start int, scores []float32) heardWindow {
	best := heardWindow{start: start}
	for k, p := range scores {
		if p > best.score {
			best.label, best.score = k, p
		}
	}
	return best
}

// spans joins windows in a row that heard the same, and gives each stretch the
// time around its windows' middles.
func (v *attentionView) spans(heard []heardWindow, s *figure.Spectrogram) []figure.Span {
	middle := func(start float64) float64 {
		return s.StartS + (start+float64(v.front.WindowFrames)/2)*s.FrameS
	}
	var spans []figure.Span
	for i := 0; i < len(heard); {
		j, top := i, heard[i]
		for ; j < len(heard) && heard[j].label == top.label; j++ {
			top.score = max(top.score, heard[j].score)
		}
		label := v.model.Labels[top.label]
		if top.score >= spanScore && j-i >= min(spanRun, len(heard)) && label != v.model.Background {
			from, to := middle(float64(heard[i].start)-viewHop/2), middle(float64(heard[j-1].start)+viewHop/2)
			if i == 0 { // the first and last windows speak for the ends too
				from = s.StartS
			}
			if j == len(heard) {
				to = middle(float64(heard[j-1].start + v.front.WindowFrames/2))
			}
			spans = append(spans, figure.Span{FromS: from, ToS: to, Text: fmt.Sprintf("%s %.2f", v.model.Names[label], top.score)})
		}
		i = j
	}
	return spans
}
