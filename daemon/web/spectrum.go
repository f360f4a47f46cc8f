package web

// Range of the spectrogram's bytes: from below a quiet room to a full-scale tone, dB of band energy.
const (
	LowDB  = -70.0
	HighDB = 50.0
)

// SpectrumBands is the height of the strip: two gammatone bands each.
const SpectrumBands = 64

// Columns quantises the newest hop of a window's frames, each (bands) in dB, to (frame, SpectrumBands) bytes;
// the louder of two neighbouring bands counts.
func Columns(frame func(t int) []float32, frames, hop int) []byte {
	out := make([]byte, hop*SpectrumBands)
	for t := range hop {
		x := frame(frames - hop + t)
		per := len(x) / SpectrumBands
		for b := range SpectrumBands {
			v := float32(LowDB)
			for _, level := range x[b*per:][:per] {
				v = max(v, level)
			}
			out[t*SpectrumBands+b] = byte(min((v-LowDB)*(255/(HighDB-LowDB)), 255))
		}
	}
	return out
}
