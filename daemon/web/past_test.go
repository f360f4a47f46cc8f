package web

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// rate of the tests' columns: one each 10 ms.
const testRate = 100

func columns(source string, n int, value byte, end time.Time) SpectrumMessage {
	return SpectrumMessage{Type: "spectrum", Source: source, Bands: SpectrumBands, Columns: bytes.Repeat([]byte{value}, n*SpectrumBands), Rate: testRate, End: end}
}

// told is what a page that opens now is told, by type.
func told(t *testing.T, h *Hub) (spectra []SpectrumMessage, scores []ScoresMessage) {
	t.Helper()
	backlog, pipe, ok := h.open()
	if !ok {
		t.Fatal("no room")
	}
	defer h.close(pipe)
	for _, text := range backlog {
		var kind struct{ Type string }
		var s SpectrumMessage
		var r ScoresMessage
		if err := json.Unmarshal(text, &kind); err != nil {
			t.Fatal(err)
		}
		switch kind.Type {
		case "spectrum":
			if err := json.Unmarshal(text, &s); err != nil {
				t.Fatal(err)
			}
			spectra = append(spectra, s)
		case "scores":
			if err := json.Unmarshal(text, &r); err != nil {
				t.Fatal(err)
			}
			scores = append(scores, r)
		}
	}
	return spectra, scores
}

// TestPast: a page that opens gets the newest columns in one piece, and the newest scores, though nobody looked
// while they came.
func TestPast(t *testing.T) {
	h := NewHub()
	end := time.Now()
	for i := range 30 {
		end = end.Add(640 * time.Millisecond)
		h.Send(columns("mic", 64, byte(i), end))
		h.Send(ScoresMessage{Type: "scores", Source: "mic", Top: []Score{{Label: "dog", Score: float64(i)}}})
	}
	spectra, scores := told(t, h)
	if len(spectra) != 1 || len(scores) != 1 {
		t.Fatalf("%d spectra, %d scores", len(spectra), len(scores))
	}
	s := spectra[0]
	if n := len(s.Columns) / SpectrumBands; n != pastColumns || !s.Past || !s.End.Equal(end) {
		t.Errorf("%d columns, past %v, end %v; want %d until %v", n, s.Past, s.End, pastColumns, end)
	}
	for i, want := 0, byte(29); i < 14; i, want = i+1, want-1 {
		if got := s.Columns[len(s.Columns)-1-64*SpectrumBands*i]; got != want {
			t.Errorf("column %d from the end is %d, want %d", 64*i, got, want)
		}
	}
	if scores[0].Top[0].Score != 29 {
		t.Errorf("scores %v", scores[0])
	}
}

// TestPastWithGap: what was before missing sound is not joined to what came after it.
func TestPastWithGap(t *testing.T) {
	h := NewHub()
	end := time.Now()
	h.Send(columns("mic", 64, 1, end))
	h.Send(columns("mic", 64, 2, end.Add(5*time.Second)))
	spectra, _ := told(t, h)
	if len(spectra) != 1 || len(spectra[0].Columns) != 64*SpectrumBands || spectra[0].Columns[0] != 2 {
		t.Errorf("%d spectra: %v", len(spectra), spectra)
	}
}

// TestPastIsForgotten: a source that gives nothing any more is not shown, and sources that come and go leave nothing.
func TestPastIsForgotten(t *testing.T) {
	h := NewHub()
	now := time.Now()
	h.rememberSpectrum(columns("old", 1, 1, now), now.Add(-pastLasts-time.Second))
	h.rememberSpectrum(columns("mic", 1, 1, now), now)
	if len(h.pasts) != 1 || h.pasts["mic"] == nil {
		t.Errorf("kept: %v", h.pasts)
	}
	if texts := h.backlog(now.Add(pastLasts - time.Second)); len(texts) != 1 {
		t.Errorf("%d messages of a source that is alive", len(texts))
	}
	if texts := h.backlog(now.Add(pastLasts + time.Second)); len(texts) != 0 {
		t.Errorf("%d messages of a source that is still", len(texts))
	}
}
