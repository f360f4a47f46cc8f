package tune

import (
	"fmt"
	"slices"
	"strings"

	"earshot/daemon/config"
	"earshot/daemon/rules"
	"earshot/infer"
	"earshot/infer/smooth"
	"earshot/internal/sampletime"
)

// RuleOf is how a label switches by a configuration; watched is false for one that never does, whose rule is then the usual one.
func RuleOf(r *rules.Rules, label string, rateHz int) (now Rule, watched bool, err error) {
	single := r.IDs[:r.Single()]
	i := slices.Index(single, label)
	if i < 0 || label == r.Smooth.Background {
		near := config.Nearest(label, single)
		if near == "" {
			return Rule{}, false, fmt.Errorf("%q: the model has no label of that name; it knows %s", label, strings.Join(single, ", "))
		}
		return Rule{}, false, fmt.Errorf("%q: the model has no label of that name%s", label, config.DidYouMean(near))
	}
	rule := r.Smooth.Rule(i)
	if watched = rule != (smooth.Rule{}); !watched {
		rule = smooth.Rule{On: infer.DefaultThreshold.On, Off: infer.DefaultThreshold.Off}
	}
	return Rule{On: rule.On, Off: rule.Off, MinOn: sampletime.Span(rule.MinOn, rateHz), Hold: sampletime.Span(rule.Hold, rateHz),
		Cooldown: sampletime.Span(rule.Cooldown, rateHz)}, watched, nil
}
