package audio

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sample is a file of the corpus: made by ffmpeg of a sound, then perhaps damaged.
type sample struct {
	name  string // of the file; its ending is of no consequence
	what  string
	sound string   // see corpusSound
	args  []string // for ffmpeg
	edit  func(b []byte, of func(args ...string) []byte) []byte

	frame int     // samples that may be more or less than what ffmpeg makes of it; 0 = none
	lag   bool    // it may lie elsewhere in time, by two frames: damage, or a codec's delay
	corr  float64 // least correlation with what ffmpeg makes of it; 0 = 0.999
	says  string  // what is told; "" = nothing
	fails string  // the error, where nothing can be heard
	ours  string  // why it is not what ffmpeg gives, where it is not
	n     int     // then the samples that are right
}

// The makers of damage.
type edit = func(b []byte, of func(args ...string) []byte) []byte

func only(f func(b []byte) []byte) edit {
	return func(b []byte, _ func(...string) []byte) []byte { return f(b) }
}

func badSector(b []byte) []byte {
	c := bytes.Clone(b)
	clear(c[len(c)*6/10:][:512])
	return c
}

func cut(tenths int) edit { return only(func(b []byte) []byte { return b[:len(b)*tenths/10] }) }

func before(s string) edit { return only(func(b []byte) []byte { return append([]byte(s), b...) }) }

func behind(s string) edit {
	return only(func(b []byte) []byte { return append(bytes.Clone(b), s...) })
}

// joined puts another file, made with args, behind it.
func joined(args ...string) edit {
	return func(b []byte, of func(...string) []byte) []byte { return append(bytes.Clone(b), of(args...)...) }
}

// dataSize overwrites the size of the data chunk of a WAV file.
func dataSize(n uint32) edit {
	return only(func(b []byte) []byte {
		c := bytes.Clone(b)
		binary.LittleEndian.PutUint32(c[bytes.Index(c, []byte("data"))+4:], n)
		return c
	})
}

// insert puts a chunk before the data chunk of a WAV file.
func insert(chunk string) edit {
	return only(func(b []byte) []byte {
		at := bytes.Index(b, []byte("data"))
		return append(append(bytes.Clone(b[:at]), chunk...), b[at:]...)
	})
}

// patch overwrites bytes at a place, counted from behind mark.
func patch(mark string, at int, with string) edit {
	return only(func(b []byte) []byte {
		c := bytes.Clone(b)
		copy(c[bytes.Index(c, []byte(mark))+len(mark)+at:], with)
		return c
	})
}

const (
	id3      = "ID3\x04\x00\x00\x00\x00\x00\x0a0123456789"
	mp3Frame = 1152
	planned  = 158760000 // bytes of 44.1 kHz, 16 bits, one hour, that a killed recorder had planned
)

var corpus = []sample{
	{name: "mulaw.wav", what: "µ-law, 8 kHz", sound: "phone", args: []string{"-c:a", "pcm_mulaw"}},
	{name: "alaw.wav", what: "A-law, 8 kHz", sound: "phone", args: []string{"-c:a", "pcm_alaw"}},
	{name: "alaw_data0.wav", what: "A-law, the recorder was killed before it wrote the size", sound: "phone", args: []string{"-c:a", "pcm_alaw"}, edit: dataSize(0), says: "says 0 blocks"},
	{name: "ms_adpcm.wav", what: "Microsoft ADPCM", sound: "mono", args: []string{"-c:a", "adpcm_ms"}, frame: 2048},
	{name: "ima_adpcm.wav", what: "IMA ADPCM", sound: "stereo", args: []string{"-c:a", "adpcm_ima_wav"}, frame: 2048},
	{name: "ima_planned.wav", what: "IMA ADPCM, the recorder was killed: an hour was planned", sound: "stereo", args: []string{"-c:a", "adpcm_ima_wav"}, edit: dataSize(planned), frame: 2048, says: "did not end it properly"},
	{name: "gsm.wav", what: "GSM 06.10 in WAV", sound: "phone", args: []string{"-c:a", "libgsm_ms"}, frame: 320},
	{name: "mp3_in.wav", what: "MP3 in WAV", sound: "stereo", args: []string{"-c:a", "libmp3lame", "-f", "wav"}, frame: mp3Frame},
	{name: "u8.wav", what: "8 bits, unsigned", sound: "mono", args: []string{"-c:a", "pcm_u8"}},
	{name: "s24.wav", what: "24 bits", sound: "stereo", args: []string{"-c:a", "pcm_s24le"}},
	{name: "s32.wav", what: "32 bits", sound: "stereo", args: []string{"-c:a", "pcm_s32le"}},
	{name: "f64.wav", what: "64-bit float", sound: "mono", args: []string{"-c:a", "pcm_f64le"}},
	{name: "nan.wav", what: "32-bit float, one NaN", sound: "mono", args: []string{"-c:a", "pcm_f32le"}, edit: patch("data", 4+4*20000, "\x00\x00\xc0\x7f"), says: "1 sample is no number"},
	{name: "5.1.wav", what: "six channels", sound: "5.1", args: nil},
	{name: "8k.wav", what: "8 kHz", sound: "phone"},
	{name: "192k.wav", what: "192 kHz, 24 bits", sound: "fast", args: []string{"-c:a", "pcm_s24le"}},
	{name: "rf64.wav", what: "RF64", sound: "mono", args: []string{"-rf64", "always"}},
	{name: "planned.wav", what: "the recorder was killed: an hour was planned", sound: "mono", edit: dataSize(planned), says: "did not end it properly"},
	{name: "data0.wav", what: "the recorder was killed before it wrote the size", sound: "mono", edit: dataSize(0), says: "says 0 samples"},
	{name: "list_before.wav", what: "a chunk of odd size before the data", sound: "mono", edit: insert("JUNK\x03\x00\x00\x00abc\x00")},
	{name: "id3_chunk.wav", what: "an ID3 tag in a chunk before the data", sound: "mono", edit: insert("id3 \x14\x00\x00\x00" + id3)},
	{name: "id3_first.wav", what: "an ID3 tag before the header", sound: "mono", edit: before(id3)},
	{name: "junk_first.wav", what: "300 bytes of something before the header", sound: "mono", edit: before(strings.Repeat("junk!\x00", 50)), says: "300 bytes that are no sound",
		ours: "ffmpeg does not know it for WAV", n: 88200},
	{name: "junk_last.wav", what: "something behind the data", sound: "mono", edit: behind("junk of some kind")},
	{name: "empty.wav", what: "no samples", sound: "mono", edit: only(func(b []byte) []byte { return dataSize(0)(b[:bytes.Index(b, []byte("data"))+8], nil) }), fails: "its data chunk is empty"},
	{name: "truncated.wav", what: "cut at six tenths", sound: "stereo", edit: cut(6), says: "did not end it properly"},
	{name: "big_endian.aiff", what: "AIFF", sound: "stereo"},
	{name: "float.aiff", what: "AIFF-C, 32-bit float", sound: "stereo", args: []string{"-c:a", "pcm_f32be"}},
	{name: "alaw.aiff", what: "AIFF-C, A-law", sound: "phone", args: []string{"-c:a", "pcm_alaw"}},
	{name: "truncated.aiff", what: "AIFF cut at six tenths", sound: "stereo", edit: cut(6), says: "its header says", frame: 2},
	{name: "wave.w64", what: "Sony Wave64", sound: "stereo"},
	{name: "truncated.w64", what: "Wave64 cut at six tenths", sound: "stereo", edit: cut(6), says: "its header says", frame: 2},
	{name: "apple.caf", what: "Apple CAF", sound: "stereo", args: []string{"-c:a", "pcm_s16be"}},
	{name: "sun.au", what: "Sun audio, µ-law", sound: "phone", args: []string{"-c:a", "pcm_mulaw"}},

	{name: "s24.flac", what: "FLAC, 24 bits", sound: "stereo", args: []string{"-sample_fmt", "s32", "-bits_per_raw_sample", "24"}},
	{name: "bad_sector.flac", what: "FLAC with 512 zero bytes in the middle", sound: "stereo", edit: only(badSector), says: "damaged stretch", frame: 4608, lag: true},
	{name: "bad_crc.flac", what: "FLAC with one wrong bit in the middle", sound: "stereo", edit: only(func(b []byte) []byte {
		c := bytes.Clone(b)
		c[len(c)/2] ^= 4
		return c
	}), says: "damaged stretch", frame: 4608, lag: true},
	{name: "wrong_total.flac", what: "FLAC whose header promises too many samples", sound: "stereo", edit: patch("fLaC", 18, "\x00\x0f\x42\x40"), says: "its header says 1000000 samples"},
	{name: "no_total.flac", what: "FLAC whose header does not know how many", sound: "stereo", edit: patch("fLaC", 18, "\x00\x00\x00\x00")},
	{name: "id3_first.flac", what: "FLAC behind an ID3 tag", sound: "stereo", edit: before(id3)},
	{name: "truncated.flac", what: "FLAC cut at six tenths", sound: "stereo", edit: cut(6), says: "are missing"},

	{name: "vorbis.ogg", what: "Ogg Vorbis", sound: "stereo", args: []string{"-c:a", "libvorbis"}},
	{name: "vorbis_5.1.ogg", what: "Ogg Vorbis, six channels", sound: "5.1", args: []string{"-c:a", "libvorbis"}},
	{name: "chained.ogg", what: "two Ogg Vorbis files joined, the second at another rate", sound: "stereo", args: []string{"-c:a", "libvorbis"}, edit: joined("-ar", "48000", "-c:a", "libvorbis", "-f", "ogg"), frame: 512, lag: true, corr: 0.99},
	{name: "bad_sector.ogg", what: "Ogg Vorbis with 512 zero bytes in the middle", sound: "stereo", args: []string{"-c:a", "libvorbis", "-page_duration", "200000"}, edit: only(badSector), says: "damaged stretch", frame: 2048, lag: true},
	{name: "truncated.ogg", what: "Ogg Vorbis cut at six tenths", sound: "stereo", args: []string{"-c:a", "libvorbis", "-page_duration", "200000"}, edit: cut(6), says: "it ends in the middle", frame: 2048},
	{name: "id3_first.ogg", what: "Ogg Vorbis behind an ID3 tag", sound: "stereo", args: []string{"-c:a", "libvorbis"}, edit: before(id3)},
	{name: "voice.opus", what: "Ogg Opus", sound: "stereo", args: []string{"-c:a", "libopus"}, frame: 960},
	{name: "chained.opus", what: "two Ogg Opus files joined, the second mono", sound: "stereo", args: []string{"-c:a", "libopus"}, edit: joined("-ac", "1", "-c:a", "libopus", "-f", "ogg"), frame: 960, lag: true},
	{name: "bad_sector.opus", what: "Ogg Opus with 512 zero bytes in the middle", sound: "stereo", args: []string{"-c:a", "libopus", "-page_duration", "200000"}, edit: only(badSector), says: "damaged stretch", frame: 960, lag: true},
	{name: "flac.ogg", what: "FLAC in Ogg", sound: "stereo", args: []string{"-c:a", "flac", "-f", "ogg"}},
	{name: "speex.ogg", what: "Speex in Ogg", sound: "phone", args: []string{"-c:a", "libspeex", "-f", "ogg"}, frame: 160},

	{name: "vbr.mp3", what: "MP3 of variable rate without a Xing tag", sound: "stereo", args: []string{"-q:a", "4", "-write_xing", "0"}, frame: mp3Frame, lag: true},
	{name: "cover.mp3", what: "MP3 with a picture", sound: "cover", args: []string{"-map", "0:a", "-map", "1:v", "-c:v", "png", "-id3v2_version", "3", "-b:a", "128k"}, frame: mp3Frame},
	{name: "joined.mp3", what: "two MP3 files joined", sound: "stereo", args: []string{"-b:a", "128k"}, edit: joined("-b:a", "128k", "-f", "mp3"), frame: 2 * mp3Frame,
		lag: true},
	{name: "joined_rates.mp3", what: "two MP3 files joined, the second at another rate", sound: "stereo", args: []string{"-b:a", "128k"}, edit: joined("-ar", "48000", "-b:a", "96k", "-f", "mp3"), frame: 3 * mp3Frame,
		lag: true},
	{name: "bad_sector.mp3", what: "MP3 with 512 zero bytes in the middle", sound: "stereo", args: []string{"-b:a", "128k"}, edit: only(badSector), says: "damaged bytes lie between", frame: 2 * mp3Frame, lag: true},
	{name: "truncated.mp3", what: "MP3 cut at six tenths", sound: "stereo", args: []string{"-b:a", "128k"}, edit: cut(6), says: "its last frame has", frame: mp3Frame},
	{name: "junk_first.mp3", what: "MP3 behind 300 bytes of something", sound: "stereo", args: []string{"-b:a", "128k"}, edit: before(strings.Repeat("junk!\x00", 50)), frame: 2 * mp3Frame, lag: true,
		ours: "ffmpeg takes the tag for sound", n: 88200},
	{name: "mpeg2.mp3", what: "MPEG-2 layer III, 22.05 kHz, padded", sound: "stereo", args: []string{"-ar", "22050", "-b:a", "32k"}, frame: 576},
	{name: "mpeg2.5.mp3", what: "MPEG-2.5 layer III, 8 kHz", sound: "phone", args: []string{"-b:a", "16k"}, frame: 576},
	{name: "layer2.mp2", what: "MPEG-1 layer II", sound: "stereo", args: []string{"-b:a", "192k"}, frame: mp3Frame},

	{name: "phone.m4a", what: "AAC in MP4", sound: "stereo", args: []string{"-c:a", "aac"}},
	{name: "lossless.m4a", what: "ALAC in MP4", sound: "stereo", args: []string{"-c:a", "alac"}},
	{name: "film.mp4", what: "MP4 with a picture track", sound: "film", args: []string{"-c:v", "mpeg4", "-c:a", "aac", "-shortest"}},
	{name: "truncated.m4a", what: "AAC in MP4 cut at six tenths, its index first", sound: "stereo", args: []string{"-c:a", "aac", "-movflags", "+faststart"}, edit: cut(6), says: "ffmpeg says"},
	{name: "no_index.m4a", what: "AAC in MP4 cut before its index", sound: "stereo", args: []string{"-c:a", "aac"}, edit: cut(6), fails: "ffmpeg says: moov atom not found"},
	{name: "opus.webm", what: "Opus in WebM", sound: "stereo", args: []string{"-c:a", "libopus"}},
	{name: "adts.aac", what: "AAC without a container", sound: "stereo", args: []string{"-c:a", "aac"}},
	{name: "windows.wma", what: "Windows Media", sound: "stereo", args: []string{"-c:a", "wmav2"}},
	{name: "wavpack.wv", what: "WavPack", sound: "stereo"},
}

// corpusSound gives ffmpeg's inputs for a sound of two seconds: chirps and noise, so that a shift by a
// few samples shows.
func corpusSound(t *testing.T, dir, sound string) []string {
	t.Helper()
	f := map[string]format{
		"mono": {rate: 44100, channels: 1, bits: 16}, "stereo": {rate: 44100, channels: 2, bits: 16}, "phone": {rate: 8000, channels: 1, bits: 16},
		"5.1": {rate: 48000, channels: 6, bits: 16}, "fast": {rate: 192000, channels: 1, bits: 16},
	}
	more := map[string][]string{"film": {"-f", "lavfi", "-i", "testsrc=size=64x64:duration=2"}, "cover": {"-f", "lavfi", "-i", "color=size=16x16:duration=0.04"}}[sound]
	if more != nil {
		sound = "stereo"
	}
	path := filepath.Join(dir, sound+".source.wav")
	if _, err := os.Stat(path); err != nil {
		k := f[sound]
		x := make([]int32, 2*k.rate*k.channels)
		lcg, smooth := uint32(1), 0.0
		for i := range 2 * k.rate {
			s := float64(i) / float64(k.rate)
			lcg = lcg*1664525 + 1013904223
			smooth += 0.3 * (float64(int32(lcg))/math.MaxInt32 - smooth)
			for c := range k.channels {
				v := 0.3*math.Sin(2*math.Pi*(300+300*s+100*float64(c))*s) + 0.1*math.Sin(2*math.Pi*(1100-200*s)*s) + 0.15*smooth*math.Abs(math.Sin(5*s))
				x[i*k.channels+c] = int32(32767 * v)
			}
		}
		if err := os.WriteFile(path, wavFile(k, x), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return append([]string{"-i", path}, more...)
}

// ffmpegRun runs ffmpeg, which writes a file that is returned.
func ffmpegRun(t *testing.T, out string, args ...string) ([]byte, error) {
	t.Helper()
	args = append(append([]string{"-hide_banner", "-nostdin", "-v", "error", "-y"}, args...), out)
	if said, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		t.Logf("ffmpeg %s: %v\n%s", strings.Join(args, " "), err, said)
		return nil, err
	}
	return os.ReadFile(out)
}

// build makes the sample's file.
func (c sample) build(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, c.name)
	made := func(out string, args []string) []byte {
		b, err := ffmpegRun(t, out, append(corpusSound(t, dir, c.sound), append(args, "-fflags", "+bitexact")...)...)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := made(path, c.args)
	if c.edit == nil {
		return path
	}
	b = c.edit(b, func(args ...string) []byte { return made(filepath.Join(dir, "second"), args) })
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
