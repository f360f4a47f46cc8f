package audio

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
)

// container is a kind of sound file, known by how it begins.
type container struct {
	name    string // as an error says it
	demuxer string // ffmpeg's name of it
	endings string // of file names, for listing folders
	begins  func(head []byte) bool
	// open decodes it here or in a process of its own; nil leaves it to ffmpeg, and so does an error that
	// names a demuxer.
	open func(s *source) (decoder, error)
}

// containers are tried in this order. An MPEG audio file has no mark of its own and comes last.
var containers = []container{
	{name: "WAV", demuxer: "wav", endings: ".wav .wave .bwf .rf64", begins: but(or(at(0, "RIFF"), at(0, "RF64"), at(0, "BW64")), avi), open: openWAV},
	{name: "FLAC", demuxer: "flac", endings: ".flac", begins: at(0, "fLaC"), open: openFLAC},
	{name: "Ogg", demuxer: "ogg", endings: ".ogg .oga .opus .spx", begins: at(0, "OggS"), open: openOgg},
	{name: "AIFF", demuxer: "aiff", endings: ".aif .aiff .aifc", begins: and(at(0, "FORM"), at(8, "AIF")), open: openSndfile("aiff")},
	{name: "Wave64", demuxer: "w64", endings: ".w64", begins: at(0, "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb"), open: openSndfile("w64")},
	{name: "big-endian WAV", begins: at(0, "RIFX"), open: openSndfile("")},
	{name: "Apple CAF", demuxer: "caf", endings: ".caf", begins: at(0, "caff"), open: openSndfile("caf")},
	{name: "Sun audio", demuxer: "au", endings: ".au .snd", begins: at(0, ".snd"), open: openSndfile("au")},

	{name: "MP4, M4A or QuickTime", demuxer: "mov", endings: ".m4a .m4b .mp4 .mov .3gp .3g2", begins: or(at(4, "ftyp"), at(4, "moov"), at(4, "mdat"), at(4, "wide"))},
	{name: "Matroska or WebM", demuxer: "matroska", endings: ".mka .mkv .webm", begins: at(0, "\x1a\x45\xdf\xa3")},
	{name: "Windows Media", demuxer: "asf", endings: ".wma", begins: at(0, "\x30\x26\xb2\x75")},
	{name: "AVI", demuxer: "avi", endings: ".avi", begins: avi},
	{name: "WavPack", demuxer: "wv", endings: ".wv", begins: at(0, "wvpk")},
	{name: "AMR", demuxer: "amr", endings: ".amr", begins: at(0, "#!AMR")},
	{name: "Monkey's Audio", demuxer: "ape", endings: ".ape", begins: at(0, "MAC ")},
	{name: "AC-3", demuxer: "ac3", endings: ".ac3", begins: at(0, "\x0b\x77")},
	{name: "AAC", demuxer: "aac", endings: ".aac", begins: func(h []byte) bool { return len(h) >= 2 && h[0] == 0xff && h[1]&0xf6 == 0xf0 }},
	{name: "MPEG audio", demuxer: "mp3", endings: ".mp3 .mp2 .mpga", begins: nil, open: openMP3},
}

// IsSoundName says whether a file of this name is worth opening as sound. What it is, its content decides.
func IsSoundName(path string) bool {
	return slices.Contains(Endings(), strings.ToLower(filepath.Ext(path)))
}

// Endings are the endings of names, in lower case and with their dot, that IsSoundName takes.
func Endings() (all []string) {
	for _, c := range containers {
		all = append(all, strings.Fields(c.endings)...)
	}
	return all
}

// identify returns the container whose mark head begins with; nil where it has none.
func identify(head []byte) *container {
	for i, c := range containers {
		if c.begins != nil && c.begins(head) {
			return &containers[i]
		}
	}
	return nil
}

var avi = and(at(0, "RIFF"), at(8, "AVI "))

func at(offset int, mark string) func([]byte) bool {
	return func(h []byte) bool { return len(h) >= offset && bytes.HasPrefix(h[offset:], []byte(mark)) }
}

// begunLate are marks long enough to be believed behind something else.
var begunLate = or(and(or(at(0, "RIFF"), at(0, "RF64"), at(0, "BW64")), at(8, "WAVE")), at(0, "fLaC\x00\x00\x00\x22"), at(0, "OggS\x00\x02"))

func and(a, b func([]byte) bool) func([]byte) bool {
	return func(h []byte) bool { return a(h) && b(h) }
}

func but(a, b func([]byte) bool) func([]byte) bool {
	return func(h []byte) bool { return a(h) && !b(h) }
}

func or(any ...func([]byte) bool) func([]byte) bool {
	return func(h []byte) bool {
		return slices.ContainsFunc(any, func(begins func([]byte) bool) bool { return begins(h) })
	}
}
