package metrics

// AlarmCount is how one label alarmed while many clips played, and in noise.
type AlarmCount struct {
	Label string `json:"label"`
	Clips int    `json:"clips"`        // that carry the label
	Heard int    `json:"heard"`        // of them, that an event of the label met
	False int    `json:"false_alarms"` // events that met no clip of the label
	Quiet int    `json:"quiet_false_alarms"`
}

// Alarms is what the daemon's events would have been over a stream of sound.
type Alarms struct {
	Hours      float64      `json:"hours"`       // of the clips, one after another
	QuietHours float64      `json:"quiet_hours"` // of noise and hum of many colours and levels, where every event is false
	Labels     []AlarmCount `json:"labels"`
}

// Sum adds up the labels that chosen wants; nil wants all.
func (a *Alarms) Sum(chosen func(label string) bool) AlarmCount {
	var s AlarmCount
	for _, c := range a.Labels {
		if chosen == nil || chosen(c.Label) {
			s.Clips, s.Heard, s.False, s.Quiet = s.Clips+c.Clips, s.Heard+c.Heard, s.False+c.False, s.Quiet+c.Quiet
		}
	}
	return s
}
