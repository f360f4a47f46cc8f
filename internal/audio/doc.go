// Package audio decodes sound files of all usual kinds (docs/files.md), mixes or
// picks their channels, resamples them band-limited, and writes WAV and FLAC.
//
// WAV of integers and floats and FLAC are decoded here; the rest by libsndfile and by
// ffmpeg, each in a process of its own that has no rights (package sandbox). That is this
// program again, started under another name, so a program that imports this package must not
// mind to be: see init in serve.go.
//
// Samples are float32 with full scale ±1; a 16-bit sample s is s/32768.
// Multi-channel samples are interleaved: frame t of channel c is x[t·C+c], in the
// order of the file (5.1 in WAV and FLAC: L R C LFE Ls Rs; in Vorbis: L C R Ls Rs
// LFE).
//
// A file is recognised by its content, never by its name. What cannot be read comes
// back as an *Error that names the file, what is wrong with it and what would be
// right. One flaw never discards the rest: what is there is read, and Notes says
// what is missing or was mended (a header of a killed recorder, damage between
// frames, a sample that is no number and became 0, channels that cancel).
//
// Memory is bounded whatever the file claims: decoding is streamed, and no
// buffer is sized by a header field alone.
//
// Of ours the package imports atomicfile and its own two parts alone.
package audio
