package audio

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"

	"earshot/internal/audio/sandbox"
	"earshot/internal/audio/sndfile"
)

// processName is what this program is called where it was started to decode.
const processName = "earshot-decode"

// A program that reads sound files starts itself anew to decode one. That is noticed here, before
// anything else of it begins: so every program that imports this package can, tests too.
func init() {
	if os.Args[0] == processName && len(os.Args) > 1 {
		os.Exit(serve(os.Args[1], os.Args[2:]))
	}
}

// served are the decoders that run in a process of their own, by the kind that startProcess names:
// of the file f, of so many bytes. They call confine before they look at it.
var served = map[string]func(f *os.File, size int64, args []string) (decoder, error){
	"ogg":     serveOgg,
	"mp3":     serveMP3,
	"sndfile": serveStretch,
	"ffmpeg":  serveFFmpeg,
}

// serve decodes standard input to records on standard output.
func serve(kind string, args []string) (status int) {
	w := &recordWriter{w: os.Stdout}
	err := func() error {
		info, err := os.Stdin.Stat()
		if err != nil {
			return err
		}
		open := served[kind]
		if open == nil {
			return fmt.Errorf("no decoder is called %q", kind)
		}
		d, err := open(os.Stdin, info.Size(), args)
		if err != nil {
			return err
		}
		return sendAll(w, d)
	}()
	if err != nil && w.send(recordError, formatError(err)) != nil {
		return 1
	}
	return 0
}

// sendAll sends what d gives, up to its end.
func sendAll(w *recordWriter, d decoder) error {
	c := d.Channels()
	if err := checkFormat(d); err != nil {
		return err
	}
	format := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(d.Rate())), uint32(c))
	if err := w.send(recordFormat, format); err != nil {
		return err
	}
	x, b := make([]float32, maxRecord/4/c*c), make([]byte, 0, maxRecord)
	for {
		n, err := d.Read(x)
		b = b[:0]
		for _, v := range x[:n] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		if n > 0 {
			if err := w.send(recordSamples, b); err != nil {
				return err
			}
		}
		if err == nil {
			continue
		}
		if f, ok := d.(noter); ok {
			said := f.flaws()
			for _, note := range said.list() {
				if err := w.send(recordNote, []byte(note)); err != nil {
					return err
				}
			}
		}
		if err != io.EOF {
			return err
		}
		return w.send(recordEnd, nil)
	}
}

// confine loads libsndfile and gives up all rights but to compute.
func confine(size int64) error {
	if err := sndfile.Load(); err != nil {
		return fault(ErrUnsupported, "the Debian package "+sndfile.Package, "libsndfile, which decodes it, cannot be loaded (%v)", err)
	}
	if err := sandbox.Own(processLimits(size)); err != nil {
		return fault(ErrUnsupported, "a system that lets a process give up its rights", "its decoder could not be confined (%v)", err)
	}
	return nil
}

func processLimits(size int64) sandbox.Limits {
	return sandbox.Limits{Memory: processMemory, CPUSeconds: processCPU + uint64(size)/bytesACPU}
}
