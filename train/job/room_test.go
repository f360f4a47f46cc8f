package job

import (
	"math"
	"testing"
)

// TestInRoom: the recording lies where the room puts it, and the room sounds around it, −62 dB of full scale.
func TestInRoom(t *testing.T) {
	x := make([]float32, 10000)
	for i := range x {
		x[i] = 0.5 * float32(1-2*(i/50%2))
	}
	y, err := inRoom(x)
	if err != nil || len(y) != roomBefore+len(x)+roomBehind {
		t.Fatalf("%d samples, %v", len(y), err)
	}
	level := func(y []float32) float64 {
		sum := 0.0
		for _, v := range y {
			sum += float64(v) * float64(v)
		}
		return 10 * math.Log10(sum/float64(len(y)))
	}
	for name, part := range map[string][]float32{"before": y[:roomBefore], "behind": y[roomBefore+len(x):]} {
		if db := level(part); math.Abs(db+62) > 3 {
			t.Errorf("%s: %.1f dB", name, db)
		}
	}
	for i, v := range x {
		if math.Abs(float64(y[roomBefore+i]-v)) > 0.01 {
			t.Fatalf("sample %d is %g there, %g in the recording", i, y[roomBefore+i], v)
		}
	}
	again, _ := inRoom(x)
	for i := range y {
		if y[i] != again[i] {
			t.Fatal("twice, it is not the same")
		}
	}
}
