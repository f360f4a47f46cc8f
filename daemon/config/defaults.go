package config

import "time"

// Default is what an empty file means; config.yaml says the same with comments, and a test compares them.
func Default() Config {
	return Config{
		Model:  Model{},
		Verify: Verify{Model: VerifyBuiltIn},
		Inference: Inference{Provider: "auto", Threads: 1, Precision: PrecisionAuto,
			Remote: Remote{Model: "earshot", Timeout: 500 * time.Millisecond, Fallback: FallbackLocal, Precision: "fp32"}},
		Windows:   Windows{HopFrames: 64, Ring: 4 * time.Second, Queue: 8},
		Smoothing: Smoothing{Windows: 2},
		Watch: Watch{
			Hold:   5 * time.Second,
			New:    true,
			Labels: defaultLabels(),
			Groups: []Group{{Name: "alarm", Icon: "mdi:bell-alert", Labels: []string{"siren", "clock_alarm", "glass_breaking"}}},
		},
		MQTT: MQTT{
			Embedded:        "127.0.0.1:1883",
			KeepAlive:       30 * time.Second,
			Queue:           10000,
			Topic:           "earshot",
			Discovery:       true,
			DiscoveryPrefix: "homeassistant",
			MaxPacket:       MB,
			EventStart:      true,
			Diagnostics:     time.Minute,
		},
		Surveillance: Surveillance{Home: []Alarm{}, Away: []Alarm{}, Night: []Alarm{}, Tamper: true},
		Web:          Web{Listen: "127.0.0.1:8090"},
		History:      History{Enabled: true, Keep: 365 * 24 * time.Hour, KeepScores: 30 * 24 * time.Hour, MaxSize: 500 * MB},
		Clips: Clips{
			Before:   5 * time.Second,
			After:    3 * time.Second,
			MaxAge:   30 * 24 * time.Hour,
			MaxSize:  500 * MB,
			KeepFree: 500 * MB,
		},
		Notify: []Notify{},
		Log:    Log{Level: "info", Format: "auto"},
	}
}

// Defaults of the keys of a source that mean something to its kind only.
const (
	DefaultLatency = 300 * time.Millisecond
	DefaultRestart = time.Second
	DefaultFormat  = "s16le"
)

// Defaults of a notification's keys.
const (
	DefaultEvery    = time.Minute
	DefaultTimeout  = 10 * time.Second
	DefaultPriority = 3
)

// defaultLabels are the ESC-50 sounds people raise an alarm over, or want to be told about.
func defaultLabels() []Label {
	icons := []struct{ label, icon string }{
		{"glass_breaking", "mdi:glass-fragile"},
		{"siren", "mdi:alarm-light"},
		{"clock_alarm", "mdi:alarm"},
		{"crying_baby", "mdi:baby-face-outline"},
		{"crackling_fire", "mdi:fire"},
		{"door_wood_knock", "mdi:door"},
		{"door_wood_creaks", "mdi:door-open"},
		{"footsteps", "mdi:shoe-print"},
		{"coughing", "mdi:account-alert"},
		{"dog", "mdi:dog"},
		{"cat", "mdi:cat"},
		{"car_horn", "mdi:car-emergency"},
		{"water_drops", "mdi:water-alert"},
		{"thunderstorm", "mdi:weather-lightning"},
	}
	labels := make([]Label, len(icons))
	for i, l := range icons {
		labels[i] = Label{Label: l.label, Icon: l.icon}
	}
	return labels
}
