package outbox

import (
	"cmp"
	"math"
	"strconv"
	"time"

	"earshot/internal/redact"
	"earshot/publish/topic"
)

// stamp writes RFC 3339 with milliseconds; nil for the zero time.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.Format("2006-01-02T15:04:05.000Z07:00")
	return &s
}

// number rounds to `digits` decimals; nil for what JSON cannot hold.
func number(x float64, digits int) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	p := math.Pow10(digits)
	x = math.Round(x*p) / p
	return &x
}

func seconds(from, to time.Time) *float64 {
	if from.IsZero() || to.IsZero() {
		return nil
	}
	return number(math.Max(0, to.Sub(from).Seconds()), 3)
}

// labelPayload is all that is to know of a label: one message for each change.
type labelPayload struct {
	State string `json:"state"`
	attributesPayload
	Count uint64 `json:"count"` // how often it was heard since the program began
}

type attributesPayload struct {
	Score    *float64 `json:"score"`
	Onset    *string  `json:"onset"`
	LastOn   *string  `json:"last_on"`
	Duration *float64 `json:"duration"`
	bothPayload
}

// bothPayload is what each network said; both are absent when the second was not asked.
type bothPayload struct {
	First  *float64 `json:"first,omitempty"`
	Second *float64 `json:"second,omitempty"`
}

func bothOf(o *Occurrence) (p bothPayload) {
	if o.Asked {
		p.First, p.Second = number(o.First, 4), number(o.Second, 4)
	}
	return p
}

func attributesOf(o *Occurrence) attributesPayload {
	p := attributesPayload{Score: number(o.Score, 4), Onset: stamp(o.Onset), LastOn: stamp(o.Onset), bothPayload: bothOf(o)}
	if !o.On {
		p.Score, p.LastOn, p.Duration = number(o.Peak, 4), stamp(o.End), seconds(o.Onset, o.End)
	}
	return p
}

type lastPayload struct {
	Label string   `json:"label"`
	Score *float64 `json:"score"`
	Onset *string  `json:"onset"`
}

func lastOf(label string, o *Occurrence) []byte {
	if o == nil {
		return topic.Encode(lastPayload{Label: "none"})
	}
	return topic.Encode(lastPayload{Label: label, Score: number(o.Score, 4), Onset: stamp(o.Onset)})
}

// eventPayload is one occurrence. ID is the same for the start and the end of
// one, and for a message that QoS 1 delivered twice.
type eventPayload struct {
	Type     string   `json:"event_type"`
	Phase    string   `json:"phase"`
	ID       string   `json:"id"`
	Score    *float64 `json:"score"`
	Onset    *string  `json:"onset"`
	End      *string  `json:"end,omitempty"`
	Duration *float64 `json:"duration,omitempty"`
	PeakAt   *string  `json:"peak_at,omitempty"`
	bothPayload
	Clip    string   `json:"clip,omitempty"`
	ClipURL string   `json:"clip_url,omitempty"`
	HeardBy []string `json:"heard_by,omitempty"`
}

func eventOf(src, label string, o *Occurrence) []byte {
	p := eventPayload{
		Type: label, Phase: "start", ID: src + "-" + label + "-" + strconv.FormatInt(o.Onset.UnixMilli(), 10),
		Score: number(o.Score, 4), Onset: stamp(o.Onset), PeakAt: stamp(o.PeakAt), HeardBy: o.HeardBy, Clip: o.Clip, ClipURL: o.ClipURL, bothPayload: bothOf(o),
	}
	if !o.On {
		p.Phase, p.Score = "end", number(o.Peak, 4)
		p.End, p.Duration = stamp(o.End), seconds(o.Onset, o.End)
	}
	return topic.Encode(p)
}

type problemPayload struct {
	State  string `json:"state"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

func problemOf(reason, detail string) []byte {
	p := problemPayload{State: topic.Off, Reason: "none"}
	if reason != "" {
		p = problemPayload{State: topic.On, Reason: reason, Detail: redact.URLs(detail)}
	}
	return topic.Encode(p)
}

type scoresPayload struct {
	At     *string      `json:"at"`
	Scores []LabelScore `json:"scores"`
}

type sourceDiagnosticsPayload struct {
	LevelDBFS *float64 `json:"level_dbfs"`
	LAeq      *float64 `json:"laeq"`
	LAmax     *float64 `json:"lamax"`
	Problem   string   `json:"problem"`
	Faults    uint64   `json:"faults"`
	Dropped   uint64   `json:"dropped_windows"`
	Gaps      uint64   `json:"gaps"`
	Online    bool     `json:"online"`
}

type diagnosticsPayload struct {
	At             *string                             `json:"at"`
	LatencyMS      *float64                            `json:"latency_ms"`
	DroppedWindows uint64                              `json:"dropped_windows"`
	LevelDBFS      *float64                            `json:"level_dbfs"` // the loudest source
	RealTimeFactor *float64                            `json:"real_time_factor"`
	Provider       string                              `json:"provider"`
	SourceFaults   uint64                              `json:"source_faults"` // all sources
	QueuedEvents   int                                 `json:"queued_events"`
	DroppedEvents  uint64                              `json:"dropped_events"`
	Verify         *VerifyDiagnostics                  `json:"verify,omitempty"` // the second opinion
	Sources        map[string]sourceDiagnosticsPayload `json:"sources"`
}

// diagnosticsOf is what the daemon says, with what the outbox knows of its sources and its queue.
func (o *Outbox) diagnosticsOf(d Diagnostics) []byte {
	out := diagnosticsPayload{At: stamp(d.At), LatencyMS: number(d.LatencyMS, 1), DroppedWindows: d.DroppedWindows,
		RealTimeFactor: number(d.RealTimeFactor, 1), Provider: d.Provider, Verify: d.Verify,
		QueuedEvents: o.queue.n, DroppedEvents: o.stats.Dropped, Sources: map[string]sourceDiagnosticsPayload{}}
	for _, s := range o.sources { // templates want every source
		out.Sources[s.slug] = sourceDiagnosticsPayload{Problem: "none", Online: s.online}
	}
	loudest := math.Inf(-1)
	for _, s := range d.Sources {
		known := o.byName[s.Name]
		if known == nil {
			continue
		}
		out.SourceFaults += s.Faults
		loudest = math.Max(loudest, s.LevelDBFS)
		laeq, lamax := math.NaN(), math.NaN()
		if s.Minute {
			laeq, lamax = s.LAeq, s.LAmax
		}
		out.Sources[known.slug] = sourceDiagnosticsPayload{LAeq: number(laeq, 1), LAmax: number(lamax, 1), LevelDBFS: number(s.LevelDBFS, 1), Problem: cmp.Or(s.Problem, "none"),
			Faults: s.Faults, Dropped: s.Dropped, Gaps: s.Gaps, Online: known.online}
	}
	out.LevelDBFS = number(loudest, 1)
	return topic.Encode(out)
}
