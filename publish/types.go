package publish

import "time"

// Source is one microphone, file or stream as MQTT sees it.
type Source struct {
	Name   string  // topic level and entity prefix; slugged by [Slug]
	Title  string  // shown to people; empty = Name
	Labels []Label // watched labels and groups, in the order they are shown
}

// Label is one sound, or one group of sounds, that has a sensor of its own.
type Label struct {
	ID      string // the model's label or the group's name; slugged by [Slug]
	Title   string // shown to people; empty = ID with blanks
	Icon    string // "mdi:dog"; empty = [DefaultIcon]
	Group   bool   // several labels reported as one
	Watched bool   // false keeps the label off MQTT
}

// Device names the daemon in Home Assistant's device registry.
type Device struct {
	Name         string // "Hallway"
	Manufacturer string // empty = "earshot"
	Model        string // "ACRNN ESC-50"
	SWVersion    string
	Area         string // suggested area, empty = none
	URL          string // live page, http:// or https://, empty = none
	SupportURL   string // origin's address, empty = none
}

// Occurrence is one switch of a label: ON at its onset, OFF at its end.
// Times derive from the sample position.
type Occurrence struct {
	Source, Label string
	On            bool
	Score         float64   // smoothed score at the switch, 0..1
	Peak          float64   // highest smoothed score so far, 0..1
	Onset         time.Time // first sample of the sound
	End           time.Time // last sample; zero while On
	PeakAt        time.Time // where the attention was highest; zero = unknown
	Clip, ClipURL string    // FLAC around the sound; empty = none
}

// LabelScore is one smoothed score of one window.
type LabelScore struct {
	Label string  `json:"label"`
	Score float64 `json:"score"`
}

// Diagnostics is what the daemon says about itself; QoS 0, not retained.
type Diagnostics struct {
	At             time.Time
	LatencyMS      float64 // last sample of a window → message handed to the broker, p99
	DroppedWindows uint64
	RealTimeFactor float64 // seconds of sound per second of work
	Provider       string  // ONNX Runtime provider in use
	Sources        []SourceDiagnostics
}

// SourceDiagnostics is the health of one source.
// Problem goes to the source's retained problem topic too, at once.
type SourceDiagnostics struct {
	Name      string
	LevelDBFS float64 // ≤ 0; -Inf and NaN become null
	Problem   string  // "" = none; else "dead", "clipped", "dc_offset", "too_quiet", "lost", …
	Detail    string  // one sentence for people
	Faults    uint64  // times the source was lost
	Dropped   uint64  // windows
	Gaps      uint64
}

// Command is what somebody asked for over MQTT; already checked.
// The publisher has applied it to its own topics before it is handed out.
type Command struct {
	Source   string        // as configured
	Label    string        // as configured; "" = every label of the source
	On       bool          // true mutes, false listens again
	Duration time.Duration // 0 = until told otherwise
}

// Status is handed to Config.OnStatus when, and only when, something changed.
type Status struct {
	Connected bool
	Err       error    // why not connected, or which topics are refused; free of secrets
	Refused   []string // topics that the broker does not let through
	Attempt   int      // connection attempts that failed in a row
	Retry     time.Duration
}

// Health is the publisher's part of /healthz.
type Health struct {
	OK        bool
	Connected bool
	Reason    string // empty when OK
	Refused   []string
	Since     time.Time // of the present Connected value
}

// Stats are counters since New, but for Queued.
type Stats struct {
	Queued           int    // occurrences that wait for the broker
	Dropped          uint64 // occurrences dropped, oldest first, because the queue was full
	Events           uint64 // messages on event topics that the broker acknowledged
	Messages         uint64 // QoS 1 messages acknowledged, all topics
	Resent           uint64 // event messages sent again because the acknowledgement was lost
	Connects         uint64
	ConnectErrors    uint64
	ConnectionsLost  uint64
	Unknown          uint64 // occurrences of a source or label that is not configured
	EventsRefused    uint64 // events not sent because the broker hangs up on their topic
	ScoresDropped    uint64 // QoS 0 score messages replaced before they could leave
	Commands         uint64
	CommandsRejected uint64 // malformed, retained, too many
	InboxDropped     uint64
	Discoveries      uint64 // discovery configurations acknowledged
	StateFileErrors  uint64
}
