package outbox

import "time"

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
	Asked         bool      // a second network was asked; then what each of both said, 0..1:
	First, Second float64   // in the window that switched the label on or, at the end, in the strongest
	Clip, ClipURL string    // FLAC around the sound; empty = none
	Same          string    // the source whose event tells of this sound; "" = this one's. Else it is a sensor's switch only
	HeardBy       []string  // sources that heard it too, the loudest first, this one among them; at the end, where there are others
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
	RealTimeFactor float64            // seconds of sound per second of work
	Provider       string             // ONNX Runtime provider in use
	Verify         *VerifyDiagnostics // nil without a second opinion
	Sources        []SourceDiagnostics
}

// VerifyDiagnostics counts the second opinions on all sources.
type VerifyDiagnostics struct {
	Asked   int64 `json:"asked"`   // windows about which the second network was asked
	Patches int64 `json:"patches"` // of sound, that it looked at
	Missing int64 `json:"missing"` // patches whose sound was gone
	Failed  int64 `json:"failed"`  // questions without an answer
	// Time of a question, that of the slowest source.
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

// SourceDiagnostics is the health of one source.
// Problem goes to the source's retained problem topic too, at once.
type SourceDiagnostics struct {
	Name      string
	LevelDBFS float64 // ≤ 0; -Inf and NaN become null
	Minute    bool    // a whole minute was measured:
	LAeq      float64 // A-weighted level of it, dB(A) of a calibrated source, else dBFS(A)
	LAmax     float64 // greatest fast level of it
	Problem   string  // "" = none; else "dead", "rate", "clipped", "narrow", "lost", …
	Detail    string  // one sentence for people
	Faults    uint64  // times the source was lost
	Dropped   uint64  // windows
	Gaps      uint64
}

// Command is what somebody asked for over MQTT; already checked.
// A mute the outbox has applied to its own topics before it is handed out; a threshold or hold comes back by Adjusted.
type Command struct {
	Source   string        // as configured
	Label    string        // as configured; "" = every label of the source
	On       bool          // true mutes, false listens again
	Duration time.Duration // 0 = until told otherwise

	Kind  Kind
	Value float64 // of a threshold or hold: a score, seconds
	Undo  bool    // of one: what the configuration says
	Text  string  // of an alarm: one of topic.AlarmCommands
}

// Stats are counters since New, but for Queued and Unsaid.
type Stats struct {
	Queued        int    // occurrences that wait for the broker
	Unsaid        int    // retained topics whose value the broker has not acknowledged
	Dropped       uint64 // occurrences dropped, oldest first, because the queue was full
	Events        uint64 // messages on event topics that the broker acknowledged
	Resent        uint64 // event messages sent again because the acknowledgement was lost
	Unknown       uint64 // occurrences of a source or label that is not configured
	EventsRefused uint64 // events not sent because the broker hangs up on their topic
	ScoresDropped uint64 // QoS 0 score messages replaced before they could leave
}
