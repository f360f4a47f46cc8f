package web

import (
	"net/http"
	"time"

	"earshot/gammatone"
	"earshot/internal/audio"
)

// pictureSeconds of a clip are drawn: its beginning, in which the onset lies.
const pictureSeconds = 8

// Picture is the spectrogram of a clip's beginning.
type Picture struct {
	Bands   int     `json:"bands"`
	Columns []byte  `json:"columns"` // as in SpectrumMessage
	Rate    float64 `json:"rate"`    // columns a second
	Onset   float64 `json:"onset"`   // seconds from the first column to the sound's onset
}

// picture answers with the spectrogram of a clip, as the sources' front end makes it.
func (s *Server) picture(w http.ResponseWriter, r *http.Request) {
	path, ok := s.clipPath(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.drawing.Lock()
	defer s.drawing.Unlock()
	front := gammatone.Default()
	if s.cfg.FrontEnd != nil {
		front = s.cfg.FrontEnd()
	}
	x, err := audio.ReadMono(path, front.SampleRate)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	log := gammatone.NewFrontEnd(front).BatchLog(x[:min(len(x), pictureSeconds*front.SampleRate)])
	n := len(log) / front.Bands
	before := time.Duration(0)
	if s.cfg.Before != nil {
		before = s.cfg.Before()
	}
	w.Header().Set("Content-Type", "application/json")
	writeJSON(w, Picture{
		Bands:   SpectrumBands,
		Columns: Columns(func(t int) []float32 { return log[t*front.Bands:][:front.Bands] }, n, n),
		Rate:    float64(front.SampleRate) / float64(front.HopSamples),
		Onset:   min(before, time.Duration(len(x))*time.Second/time.Duration(front.SampleRate)).Seconds(),
	})
}
