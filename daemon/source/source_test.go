package source

import (
	"testing"

	"earshot/daemon/capture"
	"earshot/daemon/rules"
	"earshot/daemon/status"
	"earshot/infer/smooth"
)

// TestPhases: what package capture calls its phases is what the status knows them by.
func TestPhases(t *testing.T) {
	for phase, want := range map[capture.Phase]string{
		capture.Recovering: status.Recovering, capture.Online: status.Online, capture.Lost: status.Lost,
	} {
		if got := phase.String(); got != want {
			t.Errorf("capture says %s, status %s", got, want)
		}
	}
}

// TestBest: single labels, the greatest score first, equal ones in the model's order.
func TestBest(t *testing.T) {
	r := &rules.Rules{Smooth: smooth.Config{Labels: []string{"a", "b", "c"}}, IDs: []string{"a", "b", "c", "group"}, Titles: []string{"A", "B", "C", "G"}}
	var got string
	for _, s := range best(nil, r, []float64{0.2, 0.9, 0.2, 0.9}) {
		got += s.ID + s.Title
	}
	if got != "bBaAcC" {
		t.Errorf("got %s", got)
	}
}
