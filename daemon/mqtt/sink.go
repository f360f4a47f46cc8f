package mqtt

import (
	"time"

	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/publish"
)

// Event implements sink.Sink.
func (k *Sink) Event(e *sink.Event) {
	if k == nil {
		return
	}
	k.publisher.Occurrence(publish.Occurrence{
		Source: e.Source, Label: e.ID, On: e.On, Score: e.Score, Peak: e.Peak,
		Onset: e.Onset, End: e.End, PeakAt: e.PeakAt, Clip: e.Clip.Path, ClipURL: e.Clip.URL,
		Asked: e.Asked, First: e.First, Second: e.Second, Same: e.Same, HeardBy: heardBy(e.Heard),
	})
}

// heardBy are the sources' names.
func heardBy(all []sink.Heard) (names []string) {
	for _, h := range all {
		names = append(names, h.Source)
	}
	return names
}

// Source implements sink.Sink.
func (k *Sink) Source(s sink.Source) {
	if k == nil {
		return
	}
	k.publisher.SourceAvailable(s.Name, s.Phase == status.Online, s.Why)
}

// Scores implements sink.Sink; as many go out as are wished for.
func (k *Sink) Scores(s sink.Scores) {
	if k == nil {
		return
	}
	scores := make(map[string]float64, len(s.Best))
	for _, l := range s.Best {
		scores[l.ID] = l.Score
	}
	k.publisher.Heard(s.Source, s.At, scores)
	n := min(int(k.top.Load()), len(s.Best))
	if n == 0 {
		return
	}
	top := make([]publish.LabelScore, n)
	for i, l := range s.Best[:n] {
		top[i] = publish.LabelScore{Label: l.ID, Score: l.Score}
	}
	k.publisher.Scores(s.Source, s.At, top)
}

// Image publishes a picture of a source's newest sound, PNG.
func (k *Sink) Image(source string, png []byte) {
	if k == nil {
		return
	}
	k.publisher.Image(source, png)
}

// Diagnostics implements sink.Sink.
func (k *Sink) Diagnostics(s status.Status) {
	if k == nil {
		return
	}
	out := publish.Diagnostics{At: time.Now(), Provider: s.Provider}
	sound, work := 0.0, s.Inference.BusySeconds
	for _, source := range s.Sources {
		out.LatencyMS = max(out.LatencyMS, source.LatencyP99)
		out.DroppedWindows += uint64(source.Dropped)
		sound += float64(source.Samples) / float64(source.RateHz)
		work += source.FrontEnd
		one := publish.SourceDiagnostics{
			Name: source.Name, LevelDBFS: source.LevelDBFS,
			Faults: uint64(source.Faults), Dropped: uint64(source.Dropped), Gaps: uint64(source.Gaps),
		}
		if m := source.Minute; m != nil {
			one.Minute, one.LAeq, one.LAmax = true, m.LAeq, m.LAmax
		}
		one.Problem, one.Detail = source.Trouble()
		out.Sources = append(out.Sources, one)
		if v := source.Verify; v != nil {
			out.Verify = addVerify(out.Verify, v)
		}
	}
	if work > 0 {
		out.RealTimeFactor = sound / work
	}
	k.publisher.Diagnostics(out)
}

// addVerify adds one source's second opinions; sum is nil before the first.
func addVerify(sum *publish.VerifyDiagnostics, v *status.Verify) *publish.VerifyDiagnostics {
	if sum == nil {
		sum = &publish.VerifyDiagnostics{}
	}
	sum.Asked += v.Asked
	sum.Patches += v.Patches
	sum.Missing += v.Missing
	sum.Failed += v.Failed
	sum.P50, sum.P99 = max(sum.P50, v.P50), max(sum.P99, v.P99)
	return sum
}
