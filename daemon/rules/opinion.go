package rules

import (
	"earshot/daemon/opinion"
	"earshot/infer"
	"earshot/infer/smooth"
	"earshot/verify"
)

// thresholds are a label's own: the second opinion's where there is one, else the model's; zeros where it has none.
func (r *resolver) thresholds(id string) infer.Threshold {
	if class := r.class(id); class >= 0 {
		if on, ok := r.quiet(id); ok {
			return infer.Threshold{On: on, Off: on * r.head.Fusions[class].Off / r.head.Fusions[class].On}
		}
		return infer.Threshold{On: r.head.Fusions[class].On, Off: r.head.Fusions[class].Off}
	}
	return r.model.Thresholds[id]
}

// quiet is the threshold at which a label raises no more false events than watch.false_alarms wishes, on the sound that the
// model was measured on. Where that sound is too short for one such event, it is not below the model's own.
func (r *resolver) quiet(id string) (on float64, ok bool) {
	wish := r.file.Config.Watch.FalseAlarms
	if wish == "" || r.head.Curve == nil {
		return 0, false
	}
	perHour, err := verify.ParseRate(wish)
	if err != nil {
		return 0, false // the configuration's check has refused it
	}
	found, ok := r.head.Curve.Choose(id, verify.Wish{PerHour: perHour, Least: verify.LeastOn})
	if perHour*r.head.Curve.Labels[id].Hours < 1 {
		found.On = max(found.On, r.head.Fusions[r.class(id)].On)
	}
	return found.On, ok
}

// class is a label's place in the head, −1 when there is no head or it does not know the label.
func (r *resolver) class(id string) int {
	if r.head == nil {
		return -1
	}
	return r.head.Index(id)
}

// opinion says of which labels the second network is asked: those with a rule, and members of groups. A label is
// asked about before its score can switch anything, whatever the configuration's thresholds are.
func (r *resolver) opinion(w *Rules) opinion.Config {
	c := opinion.Config{Labels: make([]opinion.Label, len(r.labels))}
	for i, id := range r.labels {
		l := &c.Labels[i]
		if l.Class = r.class(id); l.Class < 0 || id == r.model.Background {
			l.Class = -1
			continue
		}
		rule := w.Smooth.Rules[i]
		l.Watched = rule != (smooth.Rule{})
		if !l.Watched {
			rule = r.ruleOf(id)
		}
		l.Fused = opinion.Thresholds{On: rule.On, Off: rule.Off}
		l.First = r.alone(id)
		l.Candidate = min(r.head.Fusions[l.Class].Candidate, rule.On)
	}
	for _, g := range w.Smooth.Groups {
		c.Groups = append(c.Groups, g.Members)
		for _, m := range g.Members {
			l := &c.Labels[m]
			l.Watched = true
			l.Candidate = min(l.Candidate, g.Rule.On)
		}
	}
	return c
}

// alone are the thresholds that a label has without a second opinion.
func (r *resolver) alone(id string) opinion.Thresholds {
	own := r.model.Thresholds[id]
	if own.On == 0 {
		own = infer.DefaultThreshold
	}
	return opinion.Thresholds{On: own.On, Off: min(nonZero(own.Off, own.On*infer.DefaultThreshold.Off/infer.DefaultThreshold.On), own.On)}
}
