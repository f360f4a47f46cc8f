package audio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestBadFiles gives Open everything that is no sound, and wants one line that
// names the file, what is wrong and what would be right.
func TestBadFiles(t *testing.T) {
	t.Setenv("PATH", "/nonexistent") // no ffmpeg
	f := format{rate: 44100, channels: 1, bits: 16}
	plain := wavFile(f, signal(f))
	patch := func(b []byte, at int, with string) []byte {
		c := bytes.Clone(b)
		copy(c[at:], with)
		return c
	}
	flac, ogg := testdata(t, "s16.flac"), testdata(t, "mono.ogg")
	for _, c := range []struct {
		name string
		b    []byte
		kind error
		says string
	}{
		{"empty", nil, ErrEmpty, "the file is empty; want a sound file, such as WAV, FLAC, Ogg, MP3, AIFF or M4A"},
		{"text", []byte("Dear Sir or Madam,\n"), ErrNotAudio, `it starts with the text "Dear Sir or Mada"`},
		{"one byte", []byte("R"), ErrNotAudio, `"R"`},
		{"binary", []byte{0x7f, 'E', 'L', 'F', 2, 1}, ErrNotAudio, "it starts with the bytes 7f 45 4c 46"},
		{"zeros", make([]byte, 100000), ErrNotAudio, "00 00"},
		{"ones", bytes.Repeat([]byte{255}, 100000), ErrNotAudio, "ff ff"},
		{"AIFF", []byte("FORM\x00\x00\x00\x04AIFF"), ErrUnsupported, "libsndfile says: Channel count is zero"},
		{"M4A", []byte("\x00\x00\x00\x20ftypM4A "), ErrUnsupported, "it is MP4, M4A or QuickTime; want the Debian package ffmpeg"},
		{"only a tag", []byte("ID3\x04\x00\x00\x00\x00\x00\x05hello"), ErrEmpty, "nothing else"},
		{"endless tag", []byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7fhello"), ErrTruncated, "its ID3 tag claims"},

		{"WAV: RIFF only", []byte("RIFF"), ErrTruncated, "it ends within its header"},
		{"WAV: picture", []byte("RIFF\x00\x00\x00\x00WEBPVP8 "), ErrNotAudio, `it is RIFF "WEBP"`},
		{"WAV: header only", plain[:44], ErrTruncated, "its data chunk claims 17640 bytes and 0 are left"},
		{"WAV: header only, zero length", wavOf(f, nil), ErrEmpty, "its data chunk is empty"},
		{"WAV: no data chunk", plain[:36], ErrTruncated, "it ends before its data chunk"},
		{"WAV: data before fmt", patch(plain, 12, "data"), ErrCorrupt, "its data chunk comes first"},
		{"WAV: absurd chunk", patch(plain, 36, "LIST\xff\xff\xff\xfe"), ErrTruncated, `its chunk "LIST" claims 4278190079 bytes`},
		{"WAV: absurd fmt chunk", patch(plain, 16, "\xff\xff\xff\x7f"), ErrTruncated, `its chunk "fmt " claims`},
		{"WAV: small fmt chunk", append(patch(plain, 16, "\x02")[:22], plain[36:]...), ErrCorrupt, "its fmt chunk has 2 bytes"},
		{"WAV: no channels", patch(plain, 22, "\x00"), ErrUnsupported, "it has 0 channels"},
		{"WAV: 65535 channels", patch(plain, 22, "\xff\xff"), ErrUnsupported, "it has 65535 channels; want 1 to 64"},
		{"WAV: 0 Hz", patch(plain, 24, "\x00\x00\x00\x00"), ErrUnsupported, "its sample rate is 0 Hz; want a sample rate of 1 kHz to 768 kHz"},
		{"WAV: 4 GHz", patch(plain, 24, "\xff\xff\xff\xff"), ErrUnsupported, "its sample rate is 4294967295 Hz"},
		{"WAV: 0 bits", patch(plain, 34, "\x00"), ErrUnsupported, "it is integer PCM of 0 bits"},
		{"WAV: 64-bit integers", patch(plain, 34, "\x40"), ErrUnsupported, "it is integer PCM of 64 bits"},
		{"WAV: 16-bit float", patch(plain, 20, "\x03"), ErrUnsupported, "it is float of 16 bits"},
		{"WAV: ADPCM", patch(plain, 20, "\x11"), ErrUnsupported, "it is ADPCM, and libsndfile says"},
		{"WAV: unknown format", patch(plain, 20, "\x99\x99"), ErrUnsupported, "it is format 0x9999"},
		{"WAV: frames of 0 bytes", patch(plain, 32, "\x00"), ErrCorrupt, "its frames have 0 bytes; want 2"},

		{"FLAC: mark only", flac[:4], ErrTruncated, "it ends within its header"},
		{"FLAC: header only", flac[:42], ErrTruncated, "it ends within its header"},
		{"FLAC: absurd first block", patch(flac, 4, "\x06\xff\xff\xff"), ErrCorrupt, "its first metadata block is"},
		{"FLAC: 32 bits", patch(flac, 18, "\x0a\xc4\x41\xf0"), ErrUnsupported, "it has 32 bits a sample; want FLAC of at most 24 bits or, for ffmpeg to decode it, the Debian package ffmpeg"},

		{"Ogg: mark only", ogg[:4], ErrTruncated, "it ends in the middle"},
		{"Ogg: headers only", ogg[:3500], ErrCorrupt, "it ends in the middle"},
		{"Ogg: FLAC", testdata(t, "flac.ogg"), ErrUnsupported, "it is Ogg with [FLAC]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sound.wav")
			if err := os.WriteFile(path, c.b, 0o644); err != nil {
				t.Fatal(err)
			}
			x, err := ReadMono(path, 44100)
			checkError(t, err, path, c.kind, c.says)
			if x != nil {
				t.Errorf("%d samples beside the error", len(x))
			}
		})
	}
}

// flacCutBetweenBlocks is s16.flac up to the start of its second block.
func flacCutBetweenBlocks(t *testing.T) []byte {
	b := testdata(t, "s16.flac")
	first := bytes.Index(b, []byte("\xff\xf8"))
	return b[:first+4+bytes.Index(b[first+4:], b[first:first+4])]
}

func checkError(t *testing.T, err error, path string, kind error, says string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if !errors.Is(err, kind) {
		t.Errorf("%v: not of the kind %q", err, kind)
	}
	s := err.Error()
	if !strings.Contains(s, says) || !strings.Contains(s, path) || !strings.Contains(s, "; want ") || strings.Contains(s, "\n") {
		t.Errorf("%s\nwant one line with %q, %q and what would be right", s, path, says)
	}
}

func TestBadPaths(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		kind error
		says string
	}{
		{filepath.Join(dir, "none.wav"), fs.ErrNotExist, "no such file or directory"},
		{dir, ErrNotAudio, "it is a directory"},
		{pipe, ErrNotAudio, "it is a named pipe"},
		{"/dev/zero", ErrNotAudio, "it is a device"},
	} {
		_, err := Open(c.path)
		checkError(t, err, c.path, c.kind, c.says)
	}
}

// TestTruncatedAnywhere cuts every format at many places. No cut may panic, and
// none may pass for the whole file without a word; MP3 without a frame count may,
// between two frames, for nothing in it says how long it is.
func TestTruncatedAnywhere(t *testing.T) {
	files := map[string][]byte{"wav": wavFile(formats[1], signal(formats[1]))}
	for _, name := range []string{"s16-stereo.flac", "stereo.ogg", "stereo.mp3"} {
		files[name] = testdata(t, name)
	}
	for name, b := range files {
		step := 40
		if name == "stereo.ogg" || name == "stereo.mp3" {
			step = 6 // each in a process of its own
		}
		for n := 0; n < len(b)-1; n += 1 + n/step {
			if _, notes, err := decodeNotes(b[:n]); err == nil && len(notes) == 0 {
				t.Errorf("%s: %d of %d bytes pass for the whole", name, n, len(b))
			}
		}
	}
}

// TestAbsurdHeaders holds what a hostile header can make us allocate.
func TestAbsurdHeaders(t *testing.T) {
	ogg := testdata(t, "mono.ogg")
	setup := bytes.Index(ogg, []byte("\x05vorbis"))
	for name, b := range map[string][]byte{
		"WAV of 4 GB, 64 channels": wavHuge(),
		"FLAC picture":             append([]byte("fLaC\x86\xff\xff\xff"), make([]byte, 64)...),
		"ID3 of 256 MB":            append([]byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f"), make([]byte, 64)...),
		"Vorbis, 2^24 entries":     resum(ogg, setup+7+4+2, "\xff\xff\xff"),
		"Vorbis, 65535 dimensions": resum(ogg, setup+7+4, "\xff\xff"),
		"Vorbis, 2^31 comments":    resum(ogg, bytes.Index(ogg, []byte("\x03vorbis"))+7, "\xff\xff\xff\x7f"),
		"Vorbis, blocks of 2^15":   resum(ogg, 28+28, "\xff"),
		"Vorbis, 255 channels":     resum(ogg, 28+11, "\xff"),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, _, err := decode(b, 4096)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
			t.Errorf("%s: allocates %d MiB (%v)", name, grown>>20, err)
		}
	}
}

func wavHuge() []byte {
	b := wavOf(format{rate: 44100, channels: 64, bits: 32}, make([]byte, 256))
	copy(b[40:], "\xff\xff\xff\xff")
	return b
}

// resum puts s at byte at of an Ogg file and makes the page's checksum right.
func resum(ogg []byte, at int, s string) []byte {
	b := bytes.Clone(ogg)
	copy(b[at:], s)
	page := bytes.LastIndex(b[:at], []byte("OggS"))
	end := page + 27 + int(b[page+26])
	for _, n := range b[page+27 : end] {
		end += int(n)
	}
	clear(b[page+22 : page+26])
	binary.LittleEndian.PutUint32(b[page+22:], oggSum(b[page:end]))
	return b
}

// TestStreaming reads 16 MiB of WAV (a file with a hole) with little memory.
func TestStreaming(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.wav")
	b := wavOf(format{rate: 44100, channels: 2, bits: 16}, nil)
	const size = 16 << 20
	binary.LittleEndian.PutUint32(b[40:], size)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(len(b))+size); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	buf := make([]float32, 8192)
	total := 0
	for err == nil {
		var n int
		n, err = r.Read(buf)
		total += n
	}
	runtime.ReadMemStats(&after)
	if total != size/2 {
		t.Errorf("%d samples, want %d (%v)", total, size/2, err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
		t.Errorf("allocates %d KiB on the way", grown>>10)
	}
}

// TestNoLibrary: where libsndfile cannot be loaded, the error names its Debian package, and where ffmpeg is, that
// decodes in its place.
func TestNoLibrary(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "libsndfile.so.1"), []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LD_LIBRARY_PATH", dir)
	path := filepath.Join(dir, "x.ogg")
	if err := os.WriteFile(path, testdata(t, "long.ogg"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("ffmpeg"); err == nil {
		if x, err := ReadMono(path, 16000); err != nil || len(x) != 96000 {
			t.Errorf("by ffmpeg: %d samples, %v; want 96000", len(x), err)
		}
	}
	t.Setenv("PATH", "/nonexistent")
	_, err := Open(path)
	checkError(t, err, path, ErrUnsupported, "want the Debian package libsndfile1 or, for ffmpeg to decode it, the Debian package ffmpeg")
}
