package fairtime

import (
	"os"
	"runtime"
	"testing"
	"time"

	"earshot/internal/test/quota"
	"earshot/internal/test/skip"
)

// hang is how long the test may take.
const hang = 2 * time.Minute

// TestStarved takes the processor from this very process for a while, and looks whether it notices.
func TestStarved(t *testing.T) {
	if os.Getuid() != 0 {
		skip.Now(t, "only root may limit processor time")
	}
	q, err := quota.New()
	if err != nil {
		skip.Now(t, err)
	}
	home, err := q.Enter(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := home(); err != nil {
			t.Error(err)
		}
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}()
	var s Starvation
	s.Since()
	if err := q.Limit(0.02); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var waited time.Duration
	for time.Since(began) < hang && waited < 300*time.Millisecond {
		for turn := time.Now(); time.Since(turn) < 20*time.Millisecond; { // wants a processor
			runtime.Gosched()
		}
		waited += s.Since()
	}
	if err := q.Limit(0); err != nil {
		t.Fatal(err)
	}
	t.Logf("with 2 %% of a processor a thread waited %v of %v", waited, time.Since(began))
	if waited == 0 {
		t.Error("nothing was noticed")
	}
}
