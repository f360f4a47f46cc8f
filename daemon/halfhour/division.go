package halfhour

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strconv"
	"strings"

	"earshot/internal/audio"
	"earshot/train/dataset"
)

// Use is what a piece is for. No piece has two.
type Use int

// Uses of pieces: every second one judges, the others in turn are learned and find thresholds.
const (
	Judges     Use = iota // taught labels are measured on it
	None                  // second opinions learn it as none of the labels that are taught
	Thresholds            // thresholds of taught labels are found on it
)

var uses = [...]Use{Judges, None, Judges, Thresholds}

// piece is a line of the credits: where it lies in its part's file, in seconds.
type piece struct {
	part     string
	from, to float64
	use      Use
	clip     dataset.Clip // whom it is owed to
}

// pieces are all, in the files' order.
func pieces() (all []piece, err error) {
	r := csv.NewReader(bytes.NewReader(credits))
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("credits of the half hour: %w", err)
	}
	ends := map[string]float64{}
	for i, row := range rows[1:] {
		const part, seconds, licence, author, source = 0, 3, 4, 5, 6
		length, err := strconv.ParseFloat(row[seconds], 64)
		if err != nil {
			return nil, fmt.Errorf("credits of the half hour, piece %d: %w", i+1, err)
		}
		from := ends[row[part]]
		ends[row[part]] = from + length
		repository, name, _ := strings.Cut(row[source], ": ")
		all = append(all, piece{row[part], from, from + length, uses[i%len(uses)],
			dataset.Clip{Name: name, Title: repository, Licence: row[licence], Author: row[author]}})
	}
	return all, nil
}

// Judging tells for a path that [Put] wrote and a second in it whether they lie in a piece that judges.
func Judging() (func(path string, second float64) bool, error) {
	all, err := pieces()
	return func(path string, second float64) bool {
		for _, p := range all {
			if p.use != Judges && p.part+".ogg" == filepath.Base(path) && second >= p.from && second < p.to {
				return false
			}
		}
		return true
	}, err
}

// Pieces are those for a use, mono at rate (Hz), each good until the next, and whom they are owed to. An error is the last.
func Pieces(use Use, rate int) (clips []dataset.Clip, each iter.Seq2[[]float32, error], err error) {
	all, err := pieces()
	for _, p := range all {
		if p.use == use {
			clips = append(clips, p.clip)
		}
	}
	return clips, func(yield func([]float32, error) bool) {
		for _, f := range files {
			if !f.pieces(all, use, rate, yield) {
				return
			}
		}
	}, err
}

// pieces yields those of a file; false: no more are wanted.
func (f file) pieces(all []piece, use Use, rate int, yield func([]float32, error) bool) bool {
	fail := func(err error) bool {
		yield(nil, fmt.Errorf("half hour, %s: %w", f.part, err))
		return false
	}
	r, err := audio.NewReader(f.part, bytes.NewReader(f.text), int64(len(f.text)))
	if err != nil {
		return fail(err)
	}
	m, err := audio.Mono(r, rate, audio.Mix)
	if err != nil {
		r.Close()
		return fail(err)
	}
	defer m.Close()
	var x []float32
	for _, p := range all {
		if p.part != f.part {
			continue
		}
		x = append(x[:0], make([]float32, int(p.to*float64(rate))-int(p.from*float64(rate)))...)
		n := 0
		for n < len(x) && err == nil {
			var k int
			k, err = m.Read(x[n:])
			n += k
		}
		if err != nil && err != io.EOF {
			return fail(err)
		}
		if p.use == use && !yield(x[:n], nil) {
			return false
		}
	}
	return true
}
