package verify

import "slices"

// The second network learned from recordings in which a sound stands alone. Under noise it soon hears nothing but that noise, and that
// it hears no label then says nothing: of clips under pink noise as loud as they are, it names 31 % rightly where the first network,
// which learned under noise, names 76 % (docs/results.md). So as far as AudioSet's names say that noise is what it hears, it says nothing
// against a label (see [Fusion]). What is a label's own sound is no noise to it: wind speaks for wind.

// NoiseIn writes to dst (K+1) how much of what the second network hears of a patch is noise to each class, 0 to 1: the sum of AudioSet's
// scores (K') of noises that are not the class's own sounds.
func (h *Head) NoiseIn(dst, audioset []float32) {
	clear(dst)
	for _, n := range h.Noise {
		if n >= len(audioset) {
			continue
		}
		for c := range dst {
			if c >= len(h.Sounds) || !slices.Contains(h.Sounds[c], n) {
				dst[c] = min(1, dst[c]+audioset[n])
			}
		}
	}
}

// MeanNoise writes to dst (K+1) the mean of what NoiseIn gives for the patches, 0 when there is no patch. scratch (K+1) is overwritten.
func (h *Head) MeanNoise(dst, scratch []float32, patches []Patch) {
	clear(dst)
	for i := range patches {
		h.NoiseIn(scratch, patches[i].AudioSet)
		for c, q := range scratch {
			dst[c] += q / float32(len(patches))
		}
	}
}

// NoiseOf are which of AudioSet's names (as the second network lists them) are steady noises.
func NoiseOf(names []string) (noise []int) {
	for i, n := range names {
		if noises[n] {
			noise = append(noise, i)
		}
	}
	return noise
}

// noises are AudioSet's names of what lasts and covers other sounds, and of what the second network takes white and pink noise for.
var noises = map[string]bool{
	"Noise": true, "White noise": true, "Pink noise": true, "Static": true, "Environmental noise": true, "Hiss": true, "Hum": true, "Mains hum": true,
	"Wind": true, "Wind noise (microphone)": true, "Waterfall": true, "Mechanical fan": true, "Air conditioning": true,
}
