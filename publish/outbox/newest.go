package outbox

import (
	"maps"
	"slices"
	"time"

	"earshot/publish/topic"
)

// Scores takes the top smoothed scores of a window. A newer window replaces one that could not leave yet.
func (o *Outbox) Scores(src string, at time.Time, top []LabelScore) {
	out := scoresPayload{At: stamp(at), Scores: make([]LabelScore, 0, len(top))}
	for _, s := range top {
		if n := number(s.Score, 4); n != nil {
			out.Scores = append(out.Scores, LabelScore{topic.Slug(s.Label), *n})
		}
	}
	m := o.Tree.Message(topic.SourceScores, topic.Encode(out), topic.Slug(src))
	defer o.input()()
	if _, waits := o.newest[m.Topic]; waits {
		o.stats.ScoresDropped++
	}
	o.newest[m.Topic] = m
}

// MaxImage is the length of a picture at most, bytes: each source has one here.
const MaxImage = 64 << 10

// Image takes a picture of a source's last sound, in the place of one that could not leave yet.
func (o *Outbox) Image(src string, png []byte) {
	defer o.input()()
	if s := o.byName[src]; s != nil && len(png) <= MaxImage {
		s.image = png
		o.sendImage(s)
	}
}

func (o *Outbox) sendImage(s *sourceState) {
	m := o.Tree.Message(topic.SourceImage, s.image, s.slug)
	o.newest[m.Topic] = m
}

// RepeatImages sends the pictures again, for a Home Assistant that has just started.
func (o *Outbox) RepeatImages() {
	defer o.input()()
	for _, s := range o.sources {
		if s.image != nil {
			o.sendImage(s)
		}
	}
}

// refresh is how often a sound that lasts tells of itself: each time is a row in somebody's database.
const refresh = 10 * time.Second

// Heard takes all smoothed scores of a window: what is on is told anew now and then, how strong it is and when it was
// heard last. scores are by label, 0..1.
func (o *Outbox) Heard(src string, at time.Time, scores map[string]float64, now time.Time) {
	defer o.lock()()
	s := o.byName[src]
	if s == nil {
		return
	}
	for _, l := range s.labels {
		if !l.detected || l.silent || l.mute.on || s.mute.on || now.Sub(l.told) < refresh {
			continue
		}
		score := scores[l.ID]
		for _, member := range l.Members {
			score = max(score, scores[member])
		}
		if l.Off <= 0 || score < l.Off { // it is held on; what was heard last stays
			continue
		}
		l.told, l.about.Score, l.about.LastOn = now, number(score, 4), stamp(at)
		o.wantState(s, l)
		o.Poke()
	}
}

// Diagnostics takes the daemon's figures, and each source's problem for its retained topic.
func (o *Outbox) Diagnostics(d Diagnostics, now time.Time) {
	defer o.input()()
	for _, s := range d.Sources {
		o.health(s.Name, s.Problem, s.Detail)
	}
	if d.At.IsZero() {
		d.At = now
	}
	o.diagnostics, o.diagnosedAt = o.Tree.Message(topic.NodeDiagnostics, o.diagnosticsOf(d)), now
	o.newest[o.diagnostics.Topic] = o.diagnostics
}

func (o *Outbox) health(name, problem, detail string) {
	if s := o.byName[name]; s != nil && (s.problem != problem || s.detail != detail) {
		s.problem, s.detail = problem, detail
		o.wantProblem(s)
	}
}

// RepeatDiagnostics sends the newest diagnostics again if they came after a time.
func (o *Outbox) RepeatDiagnostics(after time.Time) {
	defer o.lock()()
	if o.diagnosedAt.After(after) {
		o.newest[o.diagnostics.Topic] = o.diagnostics
	}
}

// Newest takes what is sent with QoS 0.
func (o *Outbox) Newest() []topic.Message {
	defer o.lock()()
	var out []topic.Message
	for _, name := range slices.Sorted(maps.Keys(o.newest)) {
		out = append(out, o.newest[name])
	}
	clear(o.newest)
	return out
}
