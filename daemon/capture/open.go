package capture

import "earshot/internal/audio"

// channel converts this package's count (0 = mean of all, 1 = the first) to
// that of package audio.
func channel(n int) audio.Channel { return audio.Channel(n - 1) }

// openAudio opens an audio file of any kind that package audio reads.
func openAudio(path string, rate, ch int) (Mono, error) {
	r, err := audio.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := audio.Mono(r, rate, channel(ch))
	if err != nil {
		r.Close()
		return nil, err
	}
	return m, nil
}
