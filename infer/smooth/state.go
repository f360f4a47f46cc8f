package smooth

// state is the switch of one label or group.
type state struct {
	rule Rule

	rising bool  // OFF, and the mean is ≥ On
	rose   int64 // since then

	on      bool
	falling bool  // ON, and the mean of the newest window is < Off
	fell    int64 // since then
	held    int64 // sample time of the newest window

	ended   bool  // an event ended before
	endedAt int64 // when it was switched off

	onset, heard int64 // where the sound began, and was last heard
	peak         float64
	strongest    scored
}

// observe notes the newest window: its mean, and the score in it alone.
func (st *state) observe(now int64, mean, own float64, w window) {
	if !st.on {
		if mean < st.rule.On {
			st.rising = false
		} else if !st.rising && (!st.ended || now >= st.endedAt) {
			st.rising, st.rose = true, now
		}
		return
	}
	st.held = now
	st.peak = max(st.peak, mean)
	if own > st.strongest.score {
		st.strongest = scored{w, own}
	}
	if own >= st.rule.Off {
		st.heard = max(st.heard, w.end)
	}
	if mean >= st.rule.Off {
		st.falling = false
	} else if !st.falling {
		st.falling, st.fell = true, now
	}
}

// ready tells whether an event begins.
func (st *state) ready(now int64) bool {
	return !st.on && st.rising && now-st.rose >= st.rule.MinOn &&
		(!st.ended || now-st.endedAt >= st.rule.Cooldown)
}

// begin switches on at time now.
func (st *state) begin(now int64, mean float64, e evidence) {
	st.on, st.rising, st.falling = true, false, false
	st.held = now
	st.onset, st.heard = e.onset, e.heard
	st.peak, st.strongest = mean, e.strongest
}

// faded tells whether the event ends because the score stayed below Off for Hold.
func (st *state) faded(now int64) bool {
	return st.on && st.falling && now-st.fell >= st.rule.Hold
}

// finish switches off, as of time now.
func (st *state) finish(now int64) {
	st.on = false
	st.ended, st.endedAt = true, now
}

// event describes the switch just made.
func (st *state) event(label int, on bool, score float64) Event {
	e := Event{Label: label, On: on, Score: score, Peak: st.peak, Onset: st.onset, PeakAt: max(st.strongest.peak, st.onset)}
	if !on {
		e.End = max(st.heard, st.onset)
	}
	return e
}
