package homeassistant

// DefaultIcon returns a Material Design icon for a label of ESC-50 or a usual
// group's name, "mdi:ear-hearing" for any other.
func DefaultIcon(label string) string {
	if icon, ok := icons[label]; ok {
		return "mdi:" + icon
	}
	return "mdi:ear-hearing"
}

var icons = map[string]string{
	"airplane": "airplane", "alarm": "bell-alert", "background": "volume-low", "breathing": "lungs",
	"brushing_teeth": "toothbrush", "can_opening": "bottle-soda", "car_horn": "bugle", "cat": "cat",
	"chainsaw": "saw-blade", "chirping_birds": "bird", "church_bells": "bell", "clapping": "hand-clap",
	"clock_alarm": "alarm", "clock_tick": "clock-outline", "co_alarm": "molecule-co", "coughing": "account-alert", "cow": "cow",
	"crackling_fire": "fire", "crow": "bird", "crying_baby": "baby-face-outline", "dog": "dog",
	"door_wood_creaks": "door-open", "door_wood_knock": "door", "drinking_sipping": "cup", "engine": "engine",
	"fireworks": "firework", "footsteps": "shoe-print", "glass_breaking": "glass-fragile", "hand_saw": "hand-saw",
	"helicopter": "helicopter", "insects": "bug", "keyboard_typing": "keyboard", "laughing": "emoticon-happy-outline",
	"mouse_click": "mouse", "pouring_water": "cup-water", "rain": "weather-pouring", "siren": "alarm-light",
	"loud": "volume-high", "smoke_alarm": "smoke-detector-variant-alert", "sneezing": "account-alert", "snoring": "sleep", "thunderstorm": "weather-lightning", "toilet_flush": "toilet",
	"train": "train", "vacuum_cleaner": "vacuum", "washing_machine": "washing-machine", "water_drops": "water",
	"wind": "weather-windy", "baby": "baby-face-outline",
}
