package rules

import (
	"earshot/daemon/opinion"
	"earshot/infer"
	"earshot/infer/smooth"
)

// thresholds are a label's own: the second opinion's where there is one, else the model's; zeros where it has none.
func (r *resolver) thresholds(id string) infer.Threshold {
	if class := r.class(id); class >= 0 {
		return infer.Threshold{On: r.head.Fusions[class].On, Off: r.head.Fusions[class].Off}
	}
	return r.model.Thresholds[id]
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
	c := opinion.Config{Labels: make([]opinion.Label, len(r.model.Labels))}
	for i, id := range r.model.Labels {
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
