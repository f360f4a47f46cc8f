package audio

import (
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"earshot/internal/test/skip"
)

var (
	table = flag.Bool("table", false, "print the table of docs/files.md")
	cases = flag.String("cases", "", "a folder of more files to hold against ffmpeg")
)

// TestAgainstFFmpeg decodes the corpus, and holds it against what ffmpeg makes of the same files: rate,
// channels, length, and the sound at the start and the end.
func TestAgainstFFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		skip.Now(t, "no ffmpeg")
	}
	dir := t.TempDir()
	var rows []string
	for _, c := range corpus {
		t.Run(c.name, func(t *testing.T) {
			rows = append(rows, c.compare(t, c.build(t, dir), dir))
		})
	}
	if *cases != "" {
		files, err := filepath.Glob(filepath.Join(*cases, "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s (%v)", *cases, err)
		}
		for _, path := range files {
			c := sample{name: filepath.Base(path), frame: 2 * mp3Frame, lag: true, says: "?"}
			t.Run(c.name, func(t *testing.T) { rows = append(rows, c.compare(t, path, dir)) })
		}
	}
	if *table {
		fmt.Println("| file | what it is | samples | ffmpeg's | correlation | told |\n|---|---|--:|--:|--:|---|")
		fmt.Println(strings.Join(rows, "\n"))
	}
}

// compare reads the file at path both ways, and returns a row for the table.
func (c sample) compare(t *testing.T, path, dir string) string {
	t.Helper()
	x, f, notes, err := decodeFile(path)
	told := strings.Join(notes, "; ")
	if c.fails != "" {
		if err == nil || !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%d samples, %v; want the error %q", len(x), err, c.fails)
		}
		return fmt.Sprintf("| %s | %s | – | – | – | %s |", c.name, c.what, c.fails)
	}
	if err != nil {
		t.Error(err)
		return ""
	}
	if c.says != "?" && (c.says == "" && told != "" || !strings.Contains(told, c.says)) {
		t.Errorf("tells %q, want %q", told, c.says)
	}
	out := filepath.Join(dir, "reference")
	var want []float32
	g := f
	if _, err := ffmpegRun(t, out, "-i", path, "-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "wav"); err == nil {
		if want, g, _, err = decodeFile(out); err != nil {
			t.Fatal(err)
		}
	}
	if f != g {
		t.Errorf("%v, ffmpeg says %v", f, g)
	}
	off := len(x) - len(want)
	if c.ours != "" {
		off = len(x) - c.n
		told = strings.TrimPrefix(told+"; "+c.ours, "; ")
	}
	if max(off, -off) > c.frame {
		t.Errorf("%d samples, ffmpeg makes %d of it; want at most %d apart", len(x), len(want), c.frame)
	}
	got, least := math.NaN(), 0.999
	if c.corr > 0 {
		least = c.corr
	}
	if c.ours == "" {
		if got = alike(x, want, c.frame, c.lag); got < least {
			t.Errorf("correlation %.4f, want at least %.3f", got, least)
		}
	}
	t.Logf("%d samples, ffmpeg %d, correlation %.5f, told %q", len(x), len(want), got, told)
	return fmt.Sprintf("| %s | %s | %d | %d | %.4f | %s |", c.name, c.what, len(x), len(want), got, told)
}

// decodeFile reads a whole file as the mean of its channels, which does not depend on their order.
func decodeFile(path string) (x []float32, f format, notes []string, err error) {
	r, err := Open(path)
	if err != nil {
		return nil, f, nil, err
	}
	defer r.Close()
	buf := make([]float32, 4096*r.Channels())
	for err == nil {
		var n int
		n, err = r.Read(buf)
		mono := make([]float32, n/r.Channels())
		Downmix(mono, buf[:n], r.Channels(), Mix)
		x = append(x, mono...)
	}
	if os.IsNotExist(err) || !strings.HasSuffix(err.Error(), "EOF") {
		return x, f, nil, err
	}
	return x, format{rate: r.Rate(), channels: r.Channels()}, r.Notes(), nil
}

// alike is the smaller correlation of a piece in the first half and one in the second: the halves themselves
// where lag is not set; else pieces that are sought up to two frames away.
func alike(x, y []float32, frame int, lag bool) float64 {
	n := min(len(x), len(y))
	if n < 1000 {
		return 0
	}
	if !lag {
		return min(correlation(x[:n/2], y[:n/2]), correlation(x[n/2:n], y[n/2:n]))
	}
	least, piece := 1.0, min(n/4, 4000)
	for _, from := range []int{n / 5, n * 7 / 10} {
		best := -1.0
		for shift := -2*frame - 64; shift <= 2*frame+64; shift++ {
			if at := from + shift; at >= 0 && at+piece <= len(y) {
				best = max(best, correlation(x[from:from+piece], y[at:at+piece]))
			}
		}
		least = min(least, best)
	}
	return least
}

func correlation(x, y []float32) float64 {
	var xx, yy, xy float64
	for i := range x {
		xx += float64(x[i]) * float64(x[i])
		yy += float64(y[i]) * float64(y[i])
		xy += float64(x[i]) * float64(y[i])
	}
	if quiet := 1e-8 * float64(len(x)); xx < quiet && yy < quiet {
		return 1 // silence in both
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}
