package audio

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"earshot/internal/readfile"
)

// Reader is a stream of decoded samples.
//
// Read fills dst with interleaved samples, full scale ±1, and returns how many
// it wrote, always whole frames (a multiple of Channels). It returns n > 0 with
// a nil error, or 0 with an error; io.EOF ends a sound file, any other error is
// an *Error, and after an error every Read returns it again. A dst shorter than
// one frame is a caller bug and panics.
//
// Notes says in a few sentences what is wrong with the file and was mended or left
// out, complete once Read has returned io.EOF.
type Reader interface {
	Rate() int     // sample rate, Hz
	Channels() int // interleaved channels
	Read(dst []float32) (n int, err error)
	Notes() []string
	Close() error
}

const (
	wantFormats = "a sound file, such as WAV, FLAC, Ogg, MP3, AIFF or M4A"
	// MaxChannels is the most channels a file may have.
	MaxChannels = 64
	// MinRate and MaxRate bound the sample rates that are read, Hz.
	MinRate, MaxRate = 1000, 768000
	// maxSample is the largest credible magnitude: raw 32-bit integers that
	// somebody stored as floats. Its energy is still finite in float32.
	maxSample = 1 << 31
)

// Open opens the sound file at path, recognised by its content.
func Open(path string) (Reader, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, systemError(path, err)
	}
	if st.IsDir() {
		return nil, &Error{Path: path, Kind: ErrNotAudio, What: "it is a directory", Want: wantFormats}
	}
	if !st.Mode().IsRegular() {
		return nil, &Error{Path: path, Kind: ErrNotAudio, What: "it is a " + modeName(st.Mode()), Want: wantFormats + " (a stream of raw samples goes through a stdin or command source)"}
	}
	f, err := readfile.Open(path, readfile.AnySize)
	if err != nil {
		return nil, systemError(path, err)
	}
	r, err := NewReader(path, f, st.Size())
	if err != nil {
		f.Close()
		return nil, err
	}
	r.(*stream).closer = f
	return r, nil
}

// NewReader reads a sound file of size bytes from r, which is not closed. name
// stands in errors where a path would.
func NewReader(name string, r io.ReadSeeker, size int64) (Reader, error) {
	s := &stream{name: name}
	if size == 0 {
		return nil, s.wrap(fault(ErrEmpty, wantFormats, "the file is empty"))
	}
	err := s.guard(func() (err error) {
		src := &source{r: r, size: size}
		s.d, err = src.decode()
		return err
	})
	if err == nil {
		if err = s.wrap(checkFormat(s.d)); err != nil {
			_ = closeDecoder(s.d)
		}
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// checkFormat refuses what nobody records.
func checkFormat(d decoder) error {
	if c := d.Channels(); c < 1 || c > MaxChannels {
		return fault(ErrUnsupported, "1 to 64 channels", "it has %d channels", c)
	}
	if hz := d.Rate(); hz < MinRate || hz > MaxRate {
		return fault(ErrUnsupported, "a sample rate of 1 kHz to 768 kHz", "its sample rate is %d Hz", hz)
	}
	return nil
}

func systemError(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	e := &Error{Path: path, Kind: err}
	if errors.Is(err, fs.ErrNotExist) {
		e.Want = wantFormats
	}
	return e
}

func modeName(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "named pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}
