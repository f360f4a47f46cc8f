package clips

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestWallClockIsSet: a clock that is set by an hour, or by years, makes no clip old and turns no order round; the
// time that really passes does.
func TestWallClockIsSet(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, -time.Hour, 20 * 365 * 24 * time.Hour, -20 * 365 * 24 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			c := config(t.TempDir())
			c.MaxAge, c.MaxBytes = 30*time.Minute, 1<<20
			s := newStore(t, c)
			wall, mono := noon, time.Duration(0)
			s.now = func() time.Time { return wall }
			s.elapsed = func() time.Duration { return mono }
			pass := func(d time.Duration) { wall, mono = wall.Add(d), mono+d }
			write := func(minute int) {
				s.write(job{name: clipOf(minute), x: make([]int16, rate)})
				if err := os.Chtimes(filepath.Join(c.Dir, clipOf(minute)), wall, wall); err != nil {
					t.Fatal(err)
				}
			}
			look := func(when string, want ...string) {
				t.Helper()
				s.prune(0)
				if got := files(t, c.Dir); !slices.Equal(got, want) {
					t.Errorf("%s the clips are %v, want %v", when, got, want)
				}
			}
			put(t, c.Dir, clipOf(10), 1000, 20) // of a run before
			look("at first", clipOf(10))
			write(30)
			pass(time.Second)
			wall = wall.Add(jump)
			write(20) // by its date before or long after the one written first
			look("after the jump", clipOf(10), clipOf(20), clipOf(30))
			pass(15 * time.Minute)
			look("when a quarter of an hour has passed", clipOf(20), clipOf(30))

			s.c.MaxBytes = s.Stats().KeptBytes - 1
			look("with too little room the elder went", clipOf(20))
			pass(31 * time.Minute)
			look("in the end")
		})
	}
}
