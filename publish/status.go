package publish

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// connected, disconnected and refused are the only places that change the
// health; each tells OnStatus once per change of what it would say.

func (p *Publisher) connected() {
	p.mu.Lock()
	p.health = Health{OK: true, Connected: true, Since: p.now()}
	p.told = ""
	p.mu.Unlock()
	p.cfg.OnStatus(Status{Connected: true})
	if refused := p.echo.list(); len(refused) > 0 {
		p.refused(refused)
	}
}

func (p *Publisher) disconnected(err error, attempt int, retry time.Duration) {
	if err == nil {
		err = fmt.Errorf("broker %s: connection lost", redact(p.cfg.Broker))
	}
	p.mu.Lock()
	if p.health.Connected {
		p.health.Since = p.now()
	}
	p.health.OK, p.health.Connected, p.health.Reason, p.health.Refused = false, false, err.Error(), nil
	news := p.told != err.Error()
	p.told = err.Error()
	p.mu.Unlock()
	if news {
		p.cfg.OnStatus(Status{Err: err, Attempt: attempt, Retry: retry})
	}
}

// refused reports which topics the broker does not let through; none = all well.
func (p *Publisher) refused(topics []string) {
	var err error
	if len(topics) > 0 {
		shown := topics[:min(len(topics), 3)]
		more := ""
		if n := len(topics) - len(shown); n > 0 {
			more = fmt.Sprintf(" and %d more", n)
		}
		err = fmt.Errorf("broker %s accepts the connection but refuses %s%s: its access rules must let %s read and write %s and %s",
			redact(p.cfg.Broker), strings.Join(shown, ", "), more, p.user(), p.topics.all(), p.ann.topic)
	}
	p.mu.Lock()
	p.health.OK, p.health.Refused, p.health.Reason = err == nil, topics, ""
	text := ""
	if err != nil {
		text = err.Error()
		p.health.Reason = text
	}
	news := p.told != text
	p.told = text
	p.mu.Unlock()
	if news {
		p.cfg.OnStatus(Status{Connected: true, Err: err, Refused: topics})
	}
}

func (p *Publisher) user() string {
	if p.cfg.Username == "" {
		return "anonymous users"
	}
	return fmt.Sprintf("user %q", p.cfg.Username)
}

// diagnostics makes the payload; called with the lock held.
func (p *Publisher) diagnostics(d Diagnostics) []byte {
	if d.At.IsZero() {
		d.At = p.now()
	}
	out := diagnosticsPayload{At: stamp(d.At), LatencyMS: number(d.LatencyMS, 1), DroppedWindows: d.DroppedWindows,
		RealTimeFactor: number(d.RealTimeFactor, 1), Provider: d.Provider,
		QueuedEvents: p.book.queue.n, DroppedEvents: p.book.dropped, Sources: map[string]sourceDiagnosticsPayload{}}
	for _, s := range p.book.sources { // templates want every source
		out.Sources[s.slug] = sourceDiagnosticsPayload{Problem: "none", Online: s.online}
	}
	loudest := math.Inf(-1)
	for _, s := range d.Sources {
		known := p.book.byName[s.Name]
		if known == nil {
			continue
		}
		problem := s.Problem
		if problem == "" {
			problem = "none"
		}
		out.SourceFaults += s.Faults
		loudest = math.Max(loudest, s.LevelDBFS)
		out.Sources[known.slug] = sourceDiagnosticsPayload{LevelDBFS: number(s.LevelDBFS, 1), Problem: problem,
			Faults: s.Faults, Dropped: s.Dropped, Gaps: s.Gaps, Online: known.online}
	}
	out.LevelDBFS = number(loudest, 1)
	return encode(out)
}
