// Command embed writes what the second network makes of sound files, by the very path that the daemon takes:
// decoding, the grid of patches, log-mel, embedding.
//
//	find ESC-50/audio -name '*.ogg' | embed -out esc50
//
// writes esc50.npy (patches, 1024), esc50.audioset.npy (patches, K) and esc50.tsv, a line for each patch:
// file, the patch's first sample from the file's start (44.1 kHz), level of its sound in dBFS. A file shorter
// than a patch has silence behind it and gives one; otherwise a patch counts when half of it lies in the file.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/internal/audio"
	"earshot/verify"
)

func main() {
	out := flag.String("out", "", "prefix of the files to write")
	offset := flag.Int64("offset", 0, "place of each file's first sample on the grid, samples at 44.1 kHz")
	threads := flag.Int("threads", 1, "CPU threads of the network")
	flag.Parse()
	if err := run(*out, *offset, *threads); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

func run(out string, offset int64, threads int) error {
	if out == "" || offset < 0 {
		return errors.New("want -out PREFIX and an -offset of 0 or more")
	}
	if err := infer.Init(""); err != nil {
		return err
	}
	m, err := infer.ParseEmbedder("yamnet.onnx", builtin.Embedder())
	if err != nil {
		return err
	}
	e, err := infer.NewEmbedder(m, infer.Options{Provider: "cpu", Threads: threads})
	if err != nil {
		return err
	}
	defer e.Close()
	w, err := create(out, e.Sounds)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := embed(w, e, lines.Text(), offset); err != nil {
			fmt.Fprintf(os.Stderr, "embed: %q left out: %v\n", lines.Text(), err)
		}
	}
	return errors.Join(lines.Err(), w.close())
}

// embed writes the patches of one file.
func embed(w *writer, e *infer.Embedder, path string, offset int64) error {
	x, err := read(path)
	if err != nil {
		return err
	}
	n := int64(len(x))
	sound := verify.NewSound()
	v := verify.New(sound, e.Embed, e.Sounds)
	at, next := offset, int64(0)
	x = append(x, make([]float32, verify.PatchSpan+verify.PatchHop)...) // so that the last samples have their patch
	for piece := range pieces(x, verify.SampleRate) {
		sound.Write(at, piece, false)
		at += int64(len(piece))
		patches, missing, err := v.Patches(at, 3*verify.SampleRate)
		if err != nil || missing > 0 {
			return fmt.Errorf("%d patches missing: %w", missing, err)
		}
		for _, p := range patches {
			start := p.At - offset
			if p.At < next || start+verify.PatchHop > n && start >= verify.PatchHop {
				continue
			}
			next = p.At + 1
			if err := w.patch(p, path, start, x[start:min(start+verify.PatchSpan, n)]); err != nil {
				return err
			}
		}
	}
	return nil
}

// pieces cuts x into pieces of n samples and a rest.
func pieces(x []float32, n int) func(func([]float32) bool) {
	return func(yield func([]float32) bool) {
		for len(x) > 0 {
			k := min(n, len(x))
			if !yield(x[:k]) {
				return
			}
			x = x[k:]
		}
	}
}

// read decodes a file to mono at 44.1 kHz; hours of sound are too much for it.
func read(path string) ([]float32, error) {
	r, err := audio.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := audio.Mono(r, verify.SampleRate, audio.Mix)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	var x []float32
	buf := make([]float32, 1<<16)
	for {
		n, err := m.Read(buf)
		x = append(x, buf[:n]...)
		if err == io.EOF {
			return x, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// writer writes the three files.
type writer struct {
	embedding, audioset *npy
	index               *os.File
	lines               *bufio.Writer
}

func create(prefix string, sounds int) (*writer, error) {
	e, err1 := createNPY(prefix+".npy", verify.EmbeddingLen)
	a, err2 := createNPY(prefix+".audioset.npy", sounds)
	f, err3 := os.Create(prefix + ".tsv")
	return &writer{e, a, f, bufio.NewWriter(f)}, errors.Join(err1, err2, err3)
}

func (w *writer) patch(p verify.Patch, path string, start int64, x []float32) error {
	sum := 1e-20
	for _, v := range x {
		sum += float64(v) * float64(v) / float64(len(x))
	}
	_, err := fmt.Fprintf(w.lines, "%s\t%d\t%.1f\n", path, start, 10*math.Log10(sum))
	return errors.Join(err, w.embedding.row(p.Embedding), w.audioset.row(p.AudioSet))
}

func (w *writer) close() error {
	return errors.Join(w.lines.Flush(), w.index.Close(), w.embedding.close(), w.audioset.close())
}

// npy is a NumPy file of float32 rows whose number is known at its end only.
type npy struct {
	f          *os.File
	w          *bufio.Writer
	rows, cols int
}

const headBytes = 128

func createNPY(path string, cols int) (*npy, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	n := &npy{f: f, w: bufio.NewWriterSize(f, 1<<20), cols: cols}
	_, err = n.w.Write(make([]byte, headBytes))
	return n, err
}

func (n *npy) row(x []float32) error {
	n.rows++
	return binary.Write(n.w, binary.LittleEndian, x)
}

func (n *npy) close() error {
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", n.rows, n.cols)
	dict += strings.Repeat(" ", headBytes-10-len(dict)-1) + "\n"
	if err := n.w.Flush(); err != nil {
		return err
	}
	_, err := n.f.WriteAt(append([]byte("\x93NUMPY\x01\x00\x76\x00"), dict...), 0)
	return errors.Join(err, n.f.Close())
}
