package homeassistant

// step is what the next publication does. Removing takes two, with a pause between: the component with
// nothing but its platform, then the configuration without it. What Home Assistant may have missed (see
// missed.go) is shown again first, and so takes three.
type step int

const (
	announce  step = iota // the configuration; what is to go is named for the last time
	leaveOut              // the configuration without it
	showAgain             // what Home Assistant may have missed, beside the configuration
	takeBack              // as announce, after showAgain
	forget                // as leaveOut, after showAgain; what was missed is remembered no longer
)

// asked is the step once a publication is asked for: a removal under way begins again.
func (s step) asked() step {
	switch s {
	case leaveOut:
		return announce
	case forget:
		return takeBack
	}
	return s
}

// acknowledged is the step after a publication; more tells whether it was one that another must follow:
// it named what goes, or it showed what was missed.
func (s step) acknowledged(more bool) step {
	switch {
	case s == showAgain && more:
		return takeBack
	case s == showAgain: // discovery is off: later
		return showAgain
	case !more:
		return announce
	case s == takeBack || s == forget:
		return forget
	}
	return leaveOut
}

// follows reports whether the step is due by itself, after a pause.
func (s step) follows() bool { return s == leaveOut || s == takeBack || s == forget }

// names reports whether the step names what is to go, rather than leaving it out.
func (s step) names() bool { return s == announce || s == takeBack }

// missed reports whether what Home Assistant missed has been shown again.
func (s step) missed() bool { return s == takeBack || s == forget }
