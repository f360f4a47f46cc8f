package verify

// The second network learned from recordings in which a sound stands alone. Under noise it soon hears nothing but that noise, and what
// it says of a label then says nothing: of clips under pink noise as loud as they are, it names 31 % rightly where the first network,
// which learned under noise, names 76 %. So as far as AudioSet's names say that noise is what it hears, the first network's word
// stands in for its own (see [Fusion.Fuse]; figures in docs/results.md). What is a label's own sound is no noise to it: rain speaks for rain.

// NoiseIn writes to dst (K+1) how much of what the second network hears of a patch is noise to each class, 0 to 1: the sum of AudioSet's
// scores (K') of noises that are not the class's own sounds.
func (h *Head) NoiseIn(dst, audioset []float32) {
	all := sum(audioset, h.Noise)
	for c := range dst {
		own := float32(0)
		if c < len(h.Sounds) {
			for _, s := range h.Sounds[c] {
				for _, n := range h.Noise {
					if n == s && s < len(audioset) {
						own += audioset[s]
					}
				}
			}
		}
		dst[c] = min(1, max(0, all-own))
	}
}

// sum adds up the scores of some sounds.
func sum(audioset []float32, sounds []int) (s float32) {
	for _, i := range sounds {
		if i < len(audioset) {
			s += audioset[i]
		}
	}
	return s
}

// MeanNoise writes to dst (K+1) the mean of what NoiseIn gives for the patches, 0 when there is no patch. scratch (K+1) is overwritten.
func (h *Head) MeanNoise(dst, scratch []float32, patches []Patch) {
	clear(dst)
	if len(h.Noise) == 0 {
		return
	}
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
	"Wind": true, "Wind noise (microphone)": true,
	"Waterfall":      true,
	"Mechanical fan": true, "Air conditioning": true,
}
