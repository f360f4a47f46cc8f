// Package background makes the clips that teach a model to say "nothing": a
// softmax over sounds always names one, and that is what makes false alarms.
//
// The clips are waveforms, synthesised from a seed or read from a folder of
// the user's own room, and go through the same front end as everything else.
package background

import (
	"fmt"
	"math"
	"math/rand/v2"

	"earshot/train/augment"
)

// sampleRate of everything made here, Hz.
const sampleRate = 44100

// kind is one recipe for a background. Make fills x and describes it.
type kind struct {
	name   string
	weight int // share of all clips
	fill   func(x []float32, rng *rand.Rand) string
}

// kinds in the order of Synth's counter. Half of them are what quiet rooms
// give: noise of a preamplifier or a converter, hum, a fan.
var kinds = []kind{
	{"silence", 1, silence},
	{"noise", 5, colouredNoise},
	{"hum", 3, hum},
	{"fan", 3, fan},
	{"mixture", 4, mixture},
}

// Synth makes clip i of seed: samples mono samples at 44.1 kHz and a
// description such as "hum 50 Hz at −52 dBFS". The same i, samples and seed
// give the same bits. Every fourth clip's level drifts, and half of all are
// rounded to 16 bits, as a sound card delivers them.
func Synth(i, samples int, seed uint64) ([]float32, string) {
	if samples < 0 {
		panic("background: negative number of samples")
	}
	rng := rand.New(rand.NewPCG(seed, uint64(i)+0x9e3779b97f4a7c15))
	x := make([]float32, samples)
	k := pick(i)
	what := k.fill(x, rng)
	if i%4 == 1 {
		drift(x, rng)
		what += ", drifting"
	}
	if i%2 == 1 {
		quantise16(x)
		what += ", 16 bit"
	}
	return x, what
}

// pick deals the kinds by weight, so that any run of clips holds all of them.
func pick(i int) kind {
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	// Steps of 5 visit all 16 places and mix the kinds with the parities above.
	at := (i*5 + i/total) % total
	for _, k := range kinds {
		if at < k.weight {
			return k
		}
		at -= k.weight
	}
	panic("background: weights do not add up")
}

// silence is what a dead or muted input gives.
func silence(x []float32, _ *rand.Rand) string {
	clear(x)
	return "digital silence"
}

// colouredNoise is white, pink or brown, from the self-noise of a good
// microphone to a loud room.
func colouredNoise(x []float32, rng *rand.Rand) string {
	c := augment.Colour(rng.IntN(3))
	augment.Noise(x, c, rng)
	db := setLevel(x, -95, -25, rng)
	return fmt.Sprintf("%v noise at %.0f dBFS", c, db)
}

// hum is the mains' fundamental and harmonics over a floor of noise.
func hum(x []float32, rng *rand.Rand) string {
	mains := []float64{50, 60}[rng.IntN(2)]
	// Mains frequency wanders by 0.1 Hz or so; converters' clocks too.
	f := mains + 0.1*rng.NormFloat64()
	fall := 0.1 + 0.6*rng.Float64() // harmonics' slope: k^(−10·fall/3) in power
	odd := 0.2 + 0.8*rng.Float64()  // even harmonics are weaker
	tone := make([]float64, len(x))
	for k := 1; k <= 40; k++ {
		a := math.Pow(float64(k), -1.67*fall) * math.Exp(0.5*rng.NormFloat64())
		if k%2 == 0 {
			a *= odd
		}
		oscillate(tone, a, float64(k)*f, 2*math.Pi*rng.Float64())
	}
	for i, v := range tone {
		x[i] = float32(v)
	}
	db := setLevel(x, -75, -25, rng)
	addFloor(x, db-10-30*rng.Float64(), rng)
	return fmt.Sprintf("hum %.0f Hz at %.0f dBFS", mains, db)
}

// fan is noise through two resonances and a low-pass, with a blade tone and a
// slow beat: fans, fridges, computers, far traffic.
func fan(x []float32, rng *rand.Rand) string {
	c := augment.Colour(rng.IntN(3))
	augment.Noise(x, c, rng)
	body := make([]float32, len(x))
	for range 2 {
		centre := 80 * math.Exp(rng.Float64()*math.Log(40)) // 80 Hz … 3.2 kHz
		y := resonate(x, centre, 0.7+5*rng.Float64())
		augment.Normalise(y)
		g := float32(0.3 + rng.Float64())
		for i := range body {
			body[i] += g * y[i]
		}
	}
	cut := 800 * math.Exp(rng.Float64()*math.Log(15)) // 0.8 … 12 kHz
	lowPass(body, cut)
	blade := 20 + 280*rng.Float64()
	tone := make([]float64, len(x))
	for k := 1; k <= 4; k++ {
		oscillate(tone, 0.5*rng.Float64()/float64(k), float64(k)*blade, 2*math.Pi*rng.Float64())
	}
	beat, depth := 0.2+6*rng.Float64(), 0.3*rng.Float64()
	am := make([]float64, len(x))
	oscillate(am, depth, beat, 0)
	for i, v := range body {
		x[i] = float32((1 + am[i]) * (float64(v) + tone[i]))
	}
	db := setLevel(x, -80, -25, rng)
	addFloor(x, db-15-35*rng.Float64(), rng)
	return fmt.Sprintf("fan band noise at %.0f dBFS", db)
}

// mixture is two of the others at levels of their own.
func mixture(x []float32, rng *rand.Rand) string {
	parts := []func([]float32, *rand.Rand) string{colouredNoise, hum, fan}
	y := make([]float32, len(x))
	a, b := rng.IntN(3), rng.IntN(3)
	what := parts[a](x, rng)
	also := parts[b](y, rng)
	for i := range x {
		x[i] += y[i]
	}
	return what + " + " + also
}
