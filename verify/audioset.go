package verify

// The second network was taught two million clips by names of its own, AudioSet's, before a head of ours learned a few dozen of each
// label. What it calls a sound itself is evidence beside the head: it knows cutlery from breaking glass, which no recording of ours tells
// it. Its score a of a label's sounds moves the label's logit by
//
//	clip(logit(a), −5, 2) + 2
//
// so that a score of 12 % says nothing, a certain one is worth 4, and none at all −3. Found on held-out clips and 15 h of other sound
// (docs/results.md); a label without sounds of its own in AudioSet, or whose sounds there tell little (creaks, knocks), keeps the head's word.
const (
	leastEvidence = -5
	mostEvidence  = 2
	zeroEvidence  = -2
)

// evidence is what scores of AudioSet say for a label whose sounds they are.
func evidence(audioset []float32, sounds []int) float64 {
	best := float32(0)
	for _, s := range sounds {
		if s < len(audioset) {
			best = max(best, audioset[s])
		}
	}
	return min(max(Logit(float64(best)), leastEvidence), mostEvidence) - zeroEvidence
}

// Hear is Apply with the evidence of the second network's own names, audioset (K'): probabilities that need not sum to 1. Without
// names it is Apply.
func (h *Head) Hear(dst, embedding, audioset []float32) {
	h.Apply(dst, embedding)
	for c, sounds := range h.Sounds {
		if len(sounds) > 0 && len(audioset) > 0 {
			dst[c] = float32(sigmoid(Logit(float64(dst[c])) + evidence(audioset, sounds)))
		}
	}
}

// SoundsOf are, for each label, which of AudioSet's names (as the second network lists them) are its sounds.
func SoundsOf(labels, names []string) [][]int {
	index := map[string]int{}
	for i, n := range names {
		index[n] = i
	}
	out := make([][]int, len(labels))
	for c, l := range labels {
		for _, n := range audioSet[l] {
			if i, ok := index[n]; ok {
				out[c] = append(out[c], i)
			}
		}
	}
	return out
}

// audioSet are the names that AudioSet has for ESC-50's labels.
var audioSet = map[string][]string{
	"airplane":         {"Aircraft", "Fixed-wing aircraft, airplane", "Jet engine", "Propeller, airscrew"},
	"breathing":        {"Breathing", "Gasp", "Pant", "Snort"},
	"brushing_teeth":   {"Toothbrush", "Electric toothbrush"},
	"car_horn":         {"Vehicle horn, car horn, honking", "Toot", "Air horn, truck horn"},
	"cat":              {"Cat", "Meow", "Purr", "Hiss", "Caterwaul"},
	"chainsaw":         {"Chainsaw"},
	"chirping_birds":   {"Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet"},
	"church_bells":     {"Church bell", "Bell"},
	"clapping":         {"Clapping", "Applause"},
	"clock_alarm":      {"Alarm clock", "Alarm", "Beep, bleep", "Buzzer"},
	"clock_tick":       {"Tick", "Tick-tock", "Clock"},
	"coughing":         {"Cough", "Throat clearing"},
	"cow":              {"Cattle, bovinae", "Moo"},
	"crackling_fire":   {"Fire", "Crackle"},
	"crickets":         {"Cricket"},
	"crow":             {"Crow", "Caw"},
	"crying_baby":      {"Baby cry, infant cry", "Crying, sobbing", "Whimper"},
	"dog":              {"Dog", "Bark", "Yip", "Bow-wow", "Growling", "Whimper (dog)", "Howl"},
	"drinking_sipping": {"Gargling", "Gurgling"},
	"engine":           {"Engine", "Idling", "Engine starting", "Heavy engine (low frequency)"},
	"fireworks":        {"Fireworks", "Firecracker"},
	"footsteps":        {"Walk, footsteps", "Run"},
	"frog":             {"Frog", "Croak"},
	"glass_breaking":   {"Shatter", "Breaking", "Smash, crash"},
	"hand_saw":         {"Sawing", "Filing (rasp)"},
	"helicopter":       {"Helicopter"},
	"hen":              {"Chicken, rooster", "Cluck"},
	"insects":          {"Insect", "Bee, wasp, etc.", "Fly, housefly", "Buzz", "Mosquito"},
	"keyboard_typing":  {"Typing", "Computer keyboard", "Typewriter"},
	"laughing":         {"Laughter", "Giggle", "Belly laugh", "Chuckle, chortle", "Snicker", "Baby laughter"},
	"mouse_click":      {"Computer keyboard", "Clicking", "Mouse"},
	"pig":              {"Pig", "Oink"},
	"pouring_water":    {"Pour", "Trickle, dribble", "Fill (with liquid)"},
	"rain":             {"Rain", "Rain on surface", "Raindrop"},
	"rooster":          {"Chicken, rooster", "Cluck", "Crowing, cock-a-doodle-doo"},
	"sea_waves":        {"Ocean", "Waves, surf"},
	"sheep":            {"Sheep", "Bleat"},
	"siren":            {"Siren", "Civil defense siren", "Police car (siren)", "Ambulance (siren)", "Fire engine, fire truck (siren)", "Emergency vehicle"},
	"sneezing":         {"Sneeze"},
	"snoring":          {"Snoring"},
	"thunderstorm":     {"Thunderstorm", "Thunder"},
	"toilet_flush":     {"Toilet flush"},
	"train":            {"Train", "Rail transport", "Train horn", "Railroad car, train wagon", "Subway, metro, underground"},
	"vacuum_cleaner":   {"Vacuum cleaner"},
	"washing_machine":  {"Mechanisms"},
	"water_drops":      {"Drip", "Plop"},
	"wind":             {"Wind", "Wind noise (microphone)", "Rustling leaves"},
}
