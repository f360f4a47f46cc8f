package audio

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"

	"earshot/internal/audio/sndfile"
)

// remote is a decoder in a process of its own.
type remote struct {
	*records
	p *process
}

func (r *remote) Close() error { return r.p.Close() }

// start starts a decoding process on s.
func (s *source) start(kind string, args ...string) (*process, error) {
	f, done, err := s.file()
	if err != nil {
		return nil, fault(err, "room for it in the folder of temporary files", "no copy can be made")
	}
	defer done()
	p, err := startProcess(f, kind, args...)
	if err != nil {
		return nil, fault(err, "one more process and /proc", "no process to decode it in can be started")
	}
	return p, nil
}

// remotely decodes s in a process of its own, by the decoder of a kind (see served).
func (s *source) remotely(kind string, args ...string) (decoder, error) {
	p, err := s.start(kind, args...)
	if err != nil {
		return nil, err
	}
	r, err := newRecords(p)
	if err != nil {
		p.Close()
		return nil, err
	}
	return &remote{r, p}, nil
}

func openOgg(s *source) (decoder, error) {
	d, err := s.remotely("ogg", position(s.s.at))
	return d, elsewhere(err, "ogg")
}

func openMP3(s *source) (decoder, error) {
	d, err := s.remotely("mp3", position(s.s.at))
	return d, elsewhere(err, "mp3")
}

// openSndfile leaves a file to libsndfile as it is, and else to ffmpeg.
func openSndfile(demuxer string) func(s *source) (decoder, error) {
	return func(s *source) (decoder, error) {
		var told notes
		head, _ := s.s.Peek(32)
		if said := s.s.at + announced(head); said > s.size {
			told.add("its header says %d bytes, %d are there", said, s.size)
		}
		d, err := s.stretch(s.s.at, s.size-s.s.at, nil)
		if err != nil {
			return nil, elsewhere(err, demuxer)
		}
		d.(*remote).said = join(told, d.(*remote).said)
		return d, nil
	}
}

// announced is how long a file is by its header, bytes; 0 = it does not say.
func announced(head []byte) int64 {
	switch {
	case len(head) < 24:
	case at(0, "FORM")(head):
		return 8 + int64(binary.BigEndian.Uint32(head[4:]))
	case at(0, "riff")(head):
		return int64(binary.LittleEndian.Uint64(head[16:]))
	case at(0, "RIFX")(head):
		return 8 + int64(binary.BigEndian.Uint32(head[4:]))
	case at(0, ".snd")(head) && binary.BigEndian.Uint32(head[8:]) != 1<<32-1:
		return int64(binary.BigEndian.Uint32(head[4:])) + int64(binary.BigEndian.Uint32(head[8:]))
	}
	return 0
}

// stretch leaves head and, behind it, size bytes of the file to libsndfile.
func (s *source) stretch(at, size int64, head []byte) (decoder, error) {
	return s.remotely("sndfile", position(at), position(size), hex.EncodeToString(head))
}

func serveStretch(f *os.File, size int64, args []string) (decoder, error) {
	if len(args) != 3 {
		return nil, fmt.Errorf("%d arguments, want 3", len(args))
	}
	start, err := startOf(args)
	if err != nil {
		return nil, err
	}
	length, err := startOf(args[1:])
	if err != nil {
		return nil, err
	}
	head, err := hex.DecodeString(args[2])
	if err != nil {
		return nil, err
	}
	if err := confine(size); err != nil {
		return nil, err
	}
	d, err := openSound(sndfile.Input{FD: int(f.Fd()), Head: head, Extents: []sndfile.Extent{{At: start, Size: length}}}, &part{})
	if err != nil {
		return nil, fault(ErrUnsupported, "an undamaged file of a usual kind", "%s", flaw(err))
	}
	return d, nil
}

// elsewhere is err; where it says that a kind of file is not read, it now says that ffmpeg may try.
func elsewhere(err error, demuxer string) error {
	var e *Error
	if errors.As(err, &e) && e.Kind == ErrUnsupported && e.demuxer == "" {
		e.demuxer = demuxer
	}
	return err
}

func position(n int64) string { return strconv.FormatInt(n, 10) }

func startOf(args []string) (int64, error) {
	if len(args) == 0 {
		return 0, fmt.Errorf("no position")
	}
	return strconv.ParseInt(args[0], 10, 64)
}
