package clips

import "testing"

func TestClipBoundaries(t *testing.T) {
	const second = rate
	for _, g := range []struct {
		name      string
		play      func(r *Recorder) string
		from, to  int64 // 0, 0: no file
		truncated int64
		dropped   int64
	}{
		{"onset near the beginning", func(r *Recorder) string {
			r.Write(0, sound(0, second))
			n := r.Start("a", 100, noon)
			r.Finish(n, 2000)
			r.Write(second, sound(second, second))
			return n
		}, 0, 2000 + second/2, 0, 0},
		{"late finish, all sound there", func(r *Recorder) string {
			r.Write(0, sound(0, 4*second))
			n := r.Start("a", 2*second, noon)
			r.Finish(n, 3*second)
			return n
		}, second, 3*second + second/2, 0, 0},
		{"end before onset", func(r *Recorder) string {
			r.Write(0, sound(0, 4*second))
			n := r.Start("a", 2*second, noon)
			r.Finish(n, 0)
			return n
		}, second, 2*second + second/2, 0, 0},
		{"too long", func(r *Recorder) string {
			r.Write(0, sound(0, 2*second))
			n := r.Start("a", 2*second, noon)
			r.Write(2*second, sound(2*second, 20*second))
			r.Finish(n, 15*second)
			return n
		}, second, 5 * second, 1, 0},
		{"finished, but only just too long", func(r *Recorder) string {
			r.Write(0, sound(0, 2*second))
			n := r.Start("a", 2*second, noon)
			r.Finish(n, 5*second-100)
			r.Write(2*second, sound(2*second, 20*second))
			return n
		}, second, 5 * second, 1, 0},
		{"closed while open", func(r *Recorder) string {
			r.Write(0, sound(0, 2*second))
			n := r.Start("a", 2*second, noon)
			r.Close()
			r.Close()
			r.Finish(n, 2*second)
			return n
		}, second, 2 * second, 1, 0},
		{"closed while waiting for the sound after", func(r *Recorder) string {
			r.Write(0, sound(0, 3*second))
			n := r.Start("a", 2*second, noon)
			r.Finish(n, 3*second)
			r.Close()
			return n
		}, second, 3 * second, 1, 0},
		{"long gap", func(r *Recorder) string {
			r.Write(0, sound(0, 3*second))
			n := r.Start("a", 2*second, noon)
			r.Write(4*second+1, sound(4*second+1, second))
			r.Finish(n, 5*second)
			return n
		}, second, 3 * second, 1, 0},
		{"step back", func(r *Recorder) string {
			r.Write(5*second, sound(5*second, 3*second))
			n := r.Start("a", 7*second, noon)
			r.Write(second, sound(second, second))
			return n
		}, 6 * second, 8 * second, 1, 0},
		{"onset after a gap reaches back to the gap", func(r *Recorder) string {
			r.Write(0, sound(0, 3*second))
			r.Write(9*second, sound(9*second, 2*second))
			n := r.Start("a", 9*second+10, noon)
			r.Finish(n, 10*second)
			return n
		}, 9 * second, 10*second + second/2, 0, 0},
		{"told too late for all of it", func(r *Recorder) string {
			r.Write(0, sound(0, 30*second))
			n := r.Start("a", 18*second, noon)
			r.Finish(n, 18*second+1)
			return n
		}, 17 * second, 18*second + 1 + second/2, 0, 0},
		{"told when it is forgotten", func(r *Recorder) string {
			r.Write(0, sound(0, 60*second))
			n := r.Start("a", 18*second, noon)
			r.Finish(n, 19*second)
			return n
		}, 0, 0, 0, 1},
		{"before any sound", func(r *Recorder) string {
			n := r.Start("a", 0, noon)
			r.Finish(n, 100)
			r.Close()
			return n
		}, 0, 0, 0, 1},
		{"unknown names", func(r *Recorder) string {
			r.Write(0, sound(0, second))
			r.Finish("", 5)
			r.Finish("mic_a_20261122T120000.250Z.flac", 5)
			return ""
		}, 0, 0, 0, 0},
	} {
		t.Run(g.name, func(t *testing.T) {
			s := newStore(t, config(t.TempDir()))
			name := g.play(s.Recorder("mic"))
			flush(t, s)
			if g.to > 0 {
				wantClip(t, s, name, g.from, g.to)
			} else if s.Stats().Written != 0 {
				t.Errorf("a file was written")
			}
			if st := s.Stats(); st.Truncated != g.truncated || st.Dropped != g.dropped {
				t.Errorf("%+v, want %d truncated and %d dropped", st, g.truncated, g.dropped)
			}
		})
	}
}
