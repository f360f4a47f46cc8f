// Package config reads earshot's settings: strictly, with every mistake reported at once.
//
// A struct tag says what each key allows and the decoder enforces it: `key` is the YAML name, `min`/`max`
// bound numbers, durations and sizes, `oneof` lists the words allowed, `match` is a regular expression with
// its meaning in `want`, `meant` lists words of others with the allowed one each stands for, and `secret:"true"` keeps the value out of every message.
package config

import "time"

// Config is the whole of config.yaml. Default returns what an empty file means.
type Config struct {
	Node      Node      `key:"node"`
	StateDir  string    `key:"state_dir"`
	Sources   []Source  `key:"sources"`
	Model     Model     `key:"model"`
	Verify    Verify    `key:"verify"`
	Inference Inference `key:"inference"`
	Windows   Windows   `key:"windows"`
	Smoothing Smoothing `key:"smoothing"`
	Watch     Watch     `key:"watch"`
	MQTT      MQTT      `key:"mqtt"`
	Fleet     Fleet     `key:"fleet"`

	Surveillance Surveillance `key:"surveillance"`
	Web          Web          `key:"web"`
	History      History      `key:"history"`
	Clips        Clips        `key:"clips"`
	Notify       []Notify     `key:"notify"`
	Log          Log          `key:"log"`
}

// Node names this machine on MQTT and in Home Assistant.
type Node struct {
	ID   string `key:"id" match:"^[a-z0-9_]{0,32}$" want:"up to 32 of a-z, 0-9 and _, or empty for one made from the machine id"`
	Name string `key:"name" maxlen:"64"`
	Area string `key:"area" maxlen:"64"`

	Language string `key:"language" match:"^(|en|de|fr|es|zh)$" want:"en, de, fr, es or zh, or empty for the model's own names"`
}

// Kinds of source.
const (
	KindPortAudio = "portaudio"
	KindFile      = "file"
	KindStdin     = "stdin"
	KindCommand   = "command"
)

// Source is one stream of sound with its own pipeline. Which keys mean something depends on Kind.
type Source struct {
	Name        string            `key:"name" match:"^[a-z0-9]+(_[a-z0-9]+)*$" maxlen:"32" want:"words of a-z and 0-9 joined by _, such as mic or front_door"`
	Title       string            `key:"title" maxlen:"64"`
	Area        string            `key:"area" maxlen:"64"`
	Zone        string            `key:"zone" match:"^[a-z0-9]+(_[a-z0-9]+)*$" maxlen:"32" want:"words of a-z and 0-9 joined by _, such as hall"`
	Kind        string            `key:"kind" oneof:"portaudio file stdin command"`
	Device      *string           `key:"device" for:"portaudio"`
	Latency     *time.Duration    `key:"latency" for:"portaudio" min:"10ms" max:"2s"`
	Channel     *string           `key:"channel" for:"portaudio file stdin command" match:"^(mix|[1-9]|[12][0-9]|3[0-2])$" want:"mix, or the number of one channel from 1 to 32"`
	Calibration *float64          `key:"calibration" for:"portaudio file stdin command" min:"0" max:"200"`
	Paths       []string          `key:"paths" for:"file"`
	Loop        *bool             `key:"loop" for:"file"`
	Realtime    *bool             `key:"realtime" for:"file"`
	Command     []string          `key:"command" for:"command" secret:"true"`
	Env         map[string]string `key:"env" for:"command" secret:"true"`
	EnvFiles    map[string]string `key:"env_files" for:"command"`
	Restart     *time.Duration    `key:"restart" for:"command" min:"100ms" max:"1h"`
	Format      *string           `key:"format" for:"stdin command" oneof:"s16le f32le"`
	Rate        *int              `key:"rate" for:"stdin command" min:"4000" max:"384000"`
	Channels    *int              `key:"channels" for:"stdin command" min:"1" max:"32"`
}

// Zones says which zone a source is in, for those that are in one.
func (c *Config) Zones() map[string]string {
	zones := map[string]string{}
	for _, s := range c.Sources {
		if s.Zone != "" {
			zones[s.Name] = s.Zone
		}
	}
	return zones
}

// Model says which network to use; an empty path means the one inside the binary.
type Model struct {
	Path string `key:"path"`
}

// What verify.model may say beside the name of a file.
const (
	VerifyBuiltIn = "built-in"
	VerifyOff     = "off"
)

// Verify says which second network is asked before a sound counts: the one inside the binary, none, or a file.
type Verify struct {
	Model string `key:"model" match:"." want:"built-in, off, or an ONNX file that keeps earshot's contract for a second network"`
}

// Inference is where and how the network runs; MaxBatch 0 is package infer's choice for the provider.
type Inference struct {
	Library   string `key:"library"`
	Provider  string `key:"provider" oneof:"auto cuda tensorrt openvino cpu" meant:"gpu=cuda nvidia=cuda trt=tensorrt intel=openvino"`
	DeviceID  int    `key:"device_id" min:"0" max:"64"`
	Threads   int    `key:"threads" min:"1" max:"64"`
	MaxBatch  int    `key:"max_batch" min:"0" max:"64"`
	Precision string `key:"precision" oneof:"auto fp32 int8"`
	Remote    Remote `key:"remote"`
}

// What inference.precision may say.
const (
	PrecisionAuto = "auto"
	PrecisionFP32 = "fp32"
	PrecisionINT8 = "int8"
)

// What inference.remote.fallback and precision may say.
const (
	FallbackLocal = "local"
	FallbackDrop  = "drop"
	PrecisionFP16 = "fp16"
)

// Remote is a server that the network runs on instead of this machine; an empty URL means none.
type Remote struct {
	URL       string        `key:"url" secret:"true"`
	Model     string        `key:"model" match:"^[A-Za-z0-9._-]{1,128}$" want:"the model's name on the server: letters, digits, ., _ and -"`
	Version   string        `key:"version" match:"^[A-Za-z0-9._-]{0,64}$" want:"a version of the model on the server, such as 1, or nothing"`
	Timeout   time.Duration `key:"timeout" min:"10ms" max:"10s"`
	TokenFile string        `key:"token_file"`
	CAFile    string        `key:"ca_file"`
	Fallback  string        `key:"fallback" oneof:"local drop"`
	Precision string        `key:"precision" oneof:"fp32 fp16"`
}

// Windows is how sound is cut up.
type Windows struct {
	HopFrames int           `key:"hop_frames" min:"8" max:"128"`
	Ring      time.Duration `key:"ring" min:"500ms" max:"1m"`
	Queue     int           `key:"queue" min:"1" max:"256"`
	Gate      bool          `key:"gate"`
}

// Smoothing averages the scores of neighbouring windows, as the paper averages those of a clip.
type Smoothing struct {
	Windows int `key:"windows" min:"1" max:"64"`
}

// Watch says which labels are published, and when they count as on.
type Watch struct {
	FalseAlarms string        `key:"false_alarms"`
	On          float64       `key:"on" min:"0" max:"1"`
	Off         float64       `key:"off" min:"0" max:"1"`
	MinOn       time.Duration `key:"min_on" min:"0s" max:"1h"`
	Hold        time.Duration `key:"hold" min:"0s" max:"24h"`
	Cooldown    time.Duration `key:"cooldown" min:"0s" max:"24h"`
	New         bool          `key:"new"`
	Labels      []Label       `key:"labels"`
	Groups      []Group       `key:"groups"`
}

// Label is one watched label; what it leaves out comes from Watch, and a threshold of 0 from the model.
type Label struct {
	Label    string         `key:"label" match:"^([a-z0-9_]{1,48}|\\*)$" want:"a label of the model, such as dog, or \"*\" for all of them"`
	Title    string         `key:"title" maxlen:"64"`
	Icon     string         `key:"icon" match:"^$|^[a-z]+:[a-z0-9-]+$" want:"an icon such as mdi:dog"`
	On       *float64       `key:"on" min:"0" max:"1"`
	Off      *float64       `key:"off" min:"0" max:"1"`
	MinOn    *time.Duration `key:"min_on" min:"0s" max:"1h"`
	Hold     *time.Duration `key:"hold" min:"0s" max:"24h"`
	Cooldown *time.Duration `key:"cooldown" min:"0s" max:"24h"`
}

// Group is a sensor of its own that is on while any of its labels sounds.
type Group struct {
	Name   string   `key:"name" match:"^[a-z0-9]+(_[a-z0-9]+)*$" maxlen:"48" want:"words of a-z and 0-9 joined by _, such as alarm"`
	Title  string   `key:"title" maxlen:"64"`
	Icon   string   `key:"icon" match:"^$|^[a-z]+:[a-z0-9-]+$" want:"an icon such as mdi:alarm-light"`
	Labels []string `key:"labels"`
}

// MQTT is where the house listens; no broker means the embedded one.
type MQTT struct {
	Broker          string        `key:"broker" secret:"true"`
	Embedded        string        `key:"embedded"`
	Username        string        `key:"username"`
	PasswordFile    string        `key:"password_file"`
	CAFile          string        `key:"ca_file"`
	CertFile        string        `key:"cert_file"`
	KeyFile         string        `key:"key_file"`
	KeepAlive       time.Duration `key:"keep_alive" min:"5s" max:"10m"`
	Queue           int           `key:"queue" min:"16" max:"60000"`
	Topic           string        `key:"topic" match:"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$" want:"a topic prefix such as earshot, without wildcards or outer slashes"`
	Discovery       bool          `key:"discovery"`
	DiscoveryPrefix string        `key:"discovery_prefix" match:"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$" want:"a topic prefix such as homeassistant, without wildcards or outer slashes"`
	LegacyDiscovery bool          `key:"legacy_discovery"`
	EventStart      bool          `key:"event_start"`
	Scores          int           `key:"scores" min:"0" max:"50"`
	Image           bool          `key:"image"`
	MaxPacket       Size          `key:"max_packet" min:"100KB" max:"200MB"`
	Diagnostics     time.Duration `key:"diagnostics" min:"1s" max:"1h"`
}

// Surveillance is what raises an alarm in each mode; nothing does where no mode has labels.
type Surveillance struct {
	Home   []Alarm `key:"home"`
	Away   []Alarm `key:"away"`
	Night  []Alarm `key:"night"`
	Tamper bool    `key:"tamper"`
}

// On tells whether there is any.
func (s Surveillance) On() bool { return len(s.Home)+len(s.Away)+len(s.Night) > 0 }

// Alarm is a label, with a threshold of its own or that of its sensor.
type Alarm struct {
	Label string   `key:"label" match:"^[a-z0-9_]{1,48}$" want:"a watched label, such as glass_breaking"`
	On    *float64 `key:"on" min:"0.01" max:"1"`
}

// Fleet says who may push models and overlays to this node; nobody without a key.
type Fleet struct {
	OwnerKey string `key:"owner_key"`
}

// Web is the live page, /metrics and /healthz; an empty address turns them off.
type Web struct {
	Listen       string `key:"listen"`
	URL          string `key:"url"`
	PasswordFile string `key:"password_file"`
}

// History is what is remembered of what was heard; no sound.
type History struct {
	Enabled    bool          `key:"enabled"`
	Keep       time.Duration `key:"keep" min:"1h" max:"87600h"`
	KeepScores time.Duration `key:"keep_scores" min:"1h" max:"87600h"`
	MaxSize    Size          `key:"max_size" min:"5MB" max:"1TB"`
}

// Clips keeps the sound around an event. Off by default: then no audio is ever written.
type Clips struct {
	Enabled  bool          `key:"enabled"`
	Dir      string        `key:"dir"`
	Before   time.Duration `key:"before" min:"0s" max:"30s"`
	After    time.Duration `key:"after" min:"0s" max:"30s"`
	MaxAge   time.Duration `key:"max_age" min:"1m" max:"87600h"`
	MaxSize  Size          `key:"max_size" min:"1MB" max:"1TB"`
	KeepFree Size          `key:"keep_free" min:"1MB" max:"1TB"`
}

// Kinds of notification.
const (
	NotifyWebhook = "webhook"
	NotifyNtfy    = "ntfy"
	NotifyApprise = "apprise"
)

// Notify is somebody to tell of sounds beside MQTT. Which keys mean something depends on Kind.
type Notify struct {
	Name       string         `key:"name" match:"^[a-z0-9]+(_[a-z0-9]+)*$" maxlen:"32" want:"words of a-z and 0-9 joined by _, such as phone"`
	Kind       string         `key:"kind" oneof:"webhook ntfy apprise"`
	URL        string         `key:"url" secret:"true"`
	URLFile    string         `key:"url_file"`
	CAFile     string         `key:"ca_file"`
	SecretFile *string        `key:"secret_file" for:"webhook"`
	TokenFile  *string        `key:"token_file" for:"ntfy apprise"`
	Topic      *string        `key:"topic" for:"ntfy" match:"^[A-Za-z0-9_-]{1,64}$" want:"up to 64 of A-Z, a-z, 0-9, _ and -"`
	Priority   *int           `key:"priority" for:"ntfy" min:"1" max:"5"`
	Tag        *string        `key:"tag" for:"apprise"`
	Labels     []string       `key:"labels"`
	Ends       bool           `key:"ends"`
	Every      *time.Duration `key:"every" min:"0s" max:"24h"`
	Timeout    *time.Duration `key:"timeout" min:"1s" max:"1m"`
}

// Log is how much is said, and in which form.
type Log struct {
	Level  string `key:"level" oneof:"trace debug info warn error"`
	Format string `key:"format" oneof:"auto console json"`
}
