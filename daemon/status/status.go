// Package status is a moment of the daemon: what the page, /healthz, /metrics, MQTT's diagnostics and systemd's
// status line are all made from, so that no figure is gathered twice.
package status

import (
	"time"

	"earshot/internal/latest"
)

// Phases of a source: those of package capture, and what is before and after them.
const (
	Starting   = "starting"
	Recovering = "recovering" // being opened, for the first time or again
	Online     = "online"
	Lost       = "lost"
	Ended      = "ended"   // its sound is over
	Failed     = "failed"  // it ended by an error
	Removed    = "removed" // another configuration has no use for it
)

// Status is a moment of the daemon. It holds no secret.
type Status struct {
	Version   string    `json:"version"`
	Node      string    `json:"node"`
	Name      string    `json:"name"`
	Language  string    `json:"language,omitempty"` // of names; "" for the model's own
	Started   time.Time `json:"started"`
	Model     string    `json:"model"`
	Second    string    `json:"second_opinion"` // the network that gives it, or why none does
	Provider  string    `json:"provider"`
	Runtime   string    `json:"onnxruntime"`
	Broker    Broker    `json:"broker"`
	Inference Inference `json:"inference"`
	Clips     Clips     `json:"clips"`
	Notify    []Notify  `json:"notify,omitempty"`
	History   History   `json:"history"`
	Alarm     *Alarm    `json:"alarm,omitempty"` // nil without surveillance
	Sources   []Source  `json:"sources"`
	Problems  []string  `json:"problems"` // why the daemon is not well; empty when it is
}

// Broker is the MQTT side.
type Broker struct {
	Address   string    `json:"address"`
	Embedded  bool      `json:"embedded"`
	Connected bool      `json:"connected"`
	Reason    string    `json:"reason,omitempty"`
	Since     time.Time `json:"since"`
	Queued    int       `json:"queued"`
	Dropped   uint64    `json:"dropped"`
	Events    uint64    `json:"events"`
	Connects  uint64    `json:"connects"`
	Lost      uint64    `json:"connections_lost"`
}

// Clips is the folder of clips; all zero while clips are off.
type Clips struct {
	On      bool   `json:"on"`
	Written int64  `json:"written"`
	Lost    int64  `json:"lost"` // dropped, refused for a full disk, or failed
	Kept    int64  `json:"kept"`
	Bytes   int64  `json:"bytes"`
	Error   string `json:"error,omitempty"`
}

// Notify is somebody who is told beside MQTT.
type Notify struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Sent    int64  `json:"sent"`
	Lost    int64  `json:"lost"` // refused, too old, or too many
	Held    int64  `json:"held"` // not told, to keep the rate
	Waiting int    `json:"waiting"`
	Failing string `json:"failing,omitempty"` // why the last try failed
}

// Alarm is surveillance.
type Alarm struct {
	Mode   string            `json:"mode"` // disarmed, home, away, night
	On     bool              `json:"on"`   // an alarm waits to be acknowledged
	Since  time.Time         `json:"since"`
	Source string            `json:"source,omitempty"` // of what began it
	Label  string            `json:"label,omitempty"`
	Why    string            `json:"why,omitempty"`
	Count  int               `json:"count"`  // what has happened since
	Tamper map[string]string `json:"tamper"` // sources with a sign of tampering, and which
}

// History is what is remembered; all zero while it is off.
type History struct {
	On      bool  `json:"on"`
	Written int64 `json:"written"` // events, minutes of scores and of levels
	Lost    int64 `json:"lost"`    // dropped because the disk did not take them
}

// Inference is the network's side, over all sources.
type Inference struct {
	Windows     uint64  `json:"windows"`
	Batches     uint64  `json:"batches"`
	BusySeconds float64 `json:"busy_seconds"`
	Precision   string  `json:"precision"`        // of the network that runs here: fp32, fp16 (computed in fp32) or int8; "" where unknown
	Remote      *Remote `json:"remote,omitempty"` // nil where no server is configured
}

// Remote is the inference server.
type Remote struct {
	URL     string    `json:"url"`
	Active  bool      `json:"active"`           // windows are scored there; else here, or nowhere
	Server  string    `json:"server,omitempty"` // its name and version, as it says
	Since   time.Time `json:"since"`            // of Active, or of its contrary
	Why     string    `json:"why,omitempty"`    // not Active
	Windows uint64    `json:"windows"`          // scored there
	Left    uint64    `json:"left"`             // times that it was given up
}

// Source is one source of sound.
type Source struct {
	Name       string  `json:"name"`
	Title      string  `json:"title"`
	Kind       string  `json:"kind"`
	Phase      string  `json:"phase"` // Starting … Failed
	Why        string  `json:"why,omitempty"`
	Problem    string  `json:"problem,omitempty"` // of the microphone: dead, clipped, …
	Detail     string  `json:"detail,omitempty"`
	LevelDBFS  float64 `json:"level_dbfs"`
	Minute     *Minute `json:"minute,omitempty"` // A-weighted levels of the last whole one; nil before there was one
	Samples    int64   `json:"samples"`
	Lost       int64   `json:"samples_lost"`
	Gaps       int64   `json:"gaps"`
	Windows    int64   `json:"windows"`
	Dropped    int64   `json:"windows_dropped"`
	Gated      int64   `json:"windows_gated"` // of the windows, those that were not computed since nothing was new in them
	Failed     int64   `json:"windows_failed"`
	Faults     int64   `json:"faults"`
	Events     int64   `json:"events"`
	FrontEnd   float64 `json:"front_end_seconds"`
	LatencyP50 float64 `json:"latency_p50_ms"`
	LatencyP99 float64 `json:"latency_p99_ms"`

	Latency  latest.Histogram `json:"-"` // of all windows
	RealTime float64          `json:"real_time_factor"`
	Labels   []Label          `json:"labels"`
	RateHz   int              `json:"rate_hz"`
	Verify   *Verify          `json:"verify,omitempty"` // nil without a second opinion
}

// Minute is how loud a minute was, A-weighted (IEC 61672): dB(A) of a calibrated source, else dBFS(A).
type Minute struct {
	LAeq       float64 `json:"laeq"`  // equivalent continuous level
	LAmax      float64 `json:"lamax"` // greatest fast level
	Calibrated bool    `json:"calibrated"`
}

// Verify is the second opinion on a source.
type Verify struct {
	Windows int64   `json:"windows"` // scored by the first network
	Asked   int64   `json:"asked"`   // of them, those about which the second was asked
	Patches int64   `json:"patches"` // of sound, that it looked at
	Missing int64   `json:"missing"` // patches whose sound was gone
	Failed  int64   `json:"failed"`  // questions without an answer
	P50     float64 `json:"p50_ms"`  // of a question
	P99     float64 `json:"p99_ms"`
	Failing string  `json:"failing,omitempty"` // why, when the last questions all had no answer
}

// Label is one sensor of a source.
type Label struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	Group  bool    `json:"group,omitempty"`
	On     bool    `json:"on"`
	Muted  bool    `json:"muted,omitempty"`
	Score  float64 `json:"score"`
	Events int64   `json:"events"` // times that it went on

	Threshold float64 `json:"threshold"` // of the score, from which it is on
}

// Trouble is what keeps the source from being well and a sentence about it; "" when it is. A lost source is "lost".
func (s *Source) Trouble() (problem, detail string) {
	switch s.Phase {
	case Failed, Lost, Recovering:
		return Lost, s.Why
	}
	return s.Problem, s.Detail
}
