package web

// Range of the spectrogram's bytes: from below a quiet room to a full-scale tone, dB of band energy.
const (
	LowDB  = -70.0
	HighDB = 50.0
)

// SpectrumBands is the height of the strip: two gammatone bands each.
const SpectrumBands = 64

// Columns quantises the newest hop frames of a window's first channel, x (band, frame) in dB, to
// (frame, SpectrumBands) bytes; the louder of two neighbouring bands counts.
func Columns(x []float32, bands, frames, hop int) []byte {
	out := make([]byte, hop*SpectrumBands)
	per := bands / SpectrumBands
	for t := range hop {
		for b := range SpectrumBands {
			v := float32(LowDB)
			for i := range per {
				v = max(v, x[(b*per+i)*frames+frames-hop+t])
			}
			out[t*SpectrumBands+b] = byte(min((v-LowDB)*(255/(HighDB-LowDB)), 255))
		}
	}
	return out
}
