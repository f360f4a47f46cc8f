package audio

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"earshot/internal/audio/sandbox"
)

// errNoFFmpeg: this machine has none.
var errNoFFmpeg = fault(ErrUnsupported, "the Debian package ffmpeg, whose program decodes it", "there is no ffmpeg")

// ffmpegSound is the first sound track of a file as ffmpeg decodes it, in a process with few rights.
type ffmpegSound struct {
	*wavDecoder
	p *process
}

// ffmpeg decodes s by the demuxer of that name. what names the container in errors.
func (s *source) ffmpeg(demuxer, what string) (decoder, error) {
	path, err := exec.LookPath("ffmpeg")
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		if what == "" {
			return nil, errNoFFmpeg
		}
		return nil, fault(ErrUnsupported, errNoFFmpeg.Want, "it is %s", what)
	}
	p, err := s.start("ffmpeg", path, demuxer)
	if err != nil {
		return nil, err
	}
	p.what = "ffmpeg"
	w, err := newWAV(bufio.NewReaderSize(p, 1<<16), 0, math.MaxInt32) // so long that it is to the end
	if err != nil {
		p.Close()
		if said := p.ffmpegSays(); len(said) > 0 {
			err = fault(ErrCorrupt, "a sound file, or a film with sound, that is not damaged", "ffmpeg says: %s", strings.Join(said[:min(len(said), 3)], "; "))
		}
		return nil, err
	}
	return &ffmpegSound{w, p}, nil
}

func (d *ffmpegSound) Close() error { return d.p.Close() }

func (d *ffmpegSound) flaws() (n notes) {
	for _, line := range d.p.ffmpegSays() {
		n.add("ffmpeg says: %s", line)
	}
	return n
}

// ffmpegOrigin is what ffmpeg writes before a line: the part that says it, and an address.
var ffmpegOrigin = regexp.MustCompile(`\[[^\]]* @ 0x[0-9a-f]+\] |file:/proc/self/fd/0: `)

// ffmpegSays are the process's lines, without what differs each time.
func (p *process) ffmpegSays() (all []string) {
	for _, line := range p.tail.lines() {
		all = append(all, ffmpegOrigin.ReplaceAllString(line, ""))
	}
	return all
}

// serveFFmpeg becomes ffmpeg, which writes WAV to standard output.
func serveFFmpeg(f *os.File, size int64, args []string) (decoder, error) {
	err := io.ErrUnexpectedEOF
	if len(args) == 2 {
		in := fmt.Sprintf("file:/proc/self/fd/%d", f.Fd())
		err = sandbox.Exec(args[0], []string{"ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-threads", "1", "-max_alloc", fmt.Sprint(processMemory / 2),
			"-protocol_whitelist", "file", "-f", args[1], "-i", in,
			"-map", "0:a:0", "-map_metadata", "-1", "-bitexact", "-threads", "1", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"},
			[]string{"LC_ALL=C", "LD_LIBRARY_PATH=" + os.Getenv("LD_LIBRARY_PATH")}, int(f.Fd()), processLimits(size))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1) // standard output is for sound
	return nil, nil
}
