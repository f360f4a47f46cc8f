package publish

import (
	"maps"
	"slices"
	"time"
)

// announcer decides which discovery messages go out and when. Publisher's
// worker owns it. Removing takes two steps, `settle` apart: the component with
// nothing but its platform, then the configuration without it.
type announcer struct {
	topic   string
	last    announced // what Home Assistant may still show; shrinks only when a removal was acknowledged
	due     time.Time // zero = nothing to publish
	second  bool      // the next publication leaves the removed ones out
	homeUp  bool      // Home Assistant was seen to start, and not to end
	raising bool      // the next publication announces the ghosts
	raised  bool      // the ghosts were announced and are being removed
}

func newAnnouncer(c *Config, last announced) *announcer {
	return &announcer{topic: deviceTopic(c.DiscoveryPrefix, c.NodeID), last: last}
}

// schedule asks for a publication. Requests until `at` make one publication.
func (a *announcer) schedule(at time.Time) {
	if a.due.IsZero() || a.second || at.Before(a.due) {
		a.due, a.second = at, false
	}
}

// seen merges what the broker itself remembers, for the case that the state
// file is lost. Only retained messages from before our own count. It reports
// whether there was anything unknown in it.
func (a *announcer) seen(payload []byte) (news bool) {
	for key, platform := range platformsOf(payload) {
		if a.last.Device == nil {
			a.last.Device = map[string]string{}
		}
		if _, known := a.last.Device[key]; !known {
			a.last.Device[key] = platform
			a.last.Topic = a.topic
			news = true
		}
	}
	return news
}

// plan is one publication and what is known once it is acknowledged.
type plan struct {
	messages []message
	during   announced // to be saved before it goes out
	after    announced // to be saved when it was acknowledged
	again    bool      // another step follows
	second   bool      // it leaves the removed ones out
	raised   bool      // this one announces the ghosts
}

// next builds the publication that is due. topics are the retained topics of
// the configuration c.
func (a *announcer) next(c *Config, topics []string) plan {
	want, messages := a.wanted(c, topics)
	p := plan{after: want}
	if a.raising && (want.Topic != "" || len(want.Legacy) > 0) {
		a.raiseIn(c, want, messages, &p)
		return p
	}
	for _, t := range a.stale(want) {
		p.messages = append(p.messages, message{topic: t, qos: 1, retain: true})
	}
	if switched := want.Topic != "" && len(a.last.Legacy) > 0 || len(want.Legacy) > 0 && a.last.Topic != ""; switched {
		// The unique ids are the same both ways: Home Assistant must have let
		// the old entities go before it may see the new ones.
		p.again, p.second = true, true
		p.after.Topic, p.after.Legacy, p.after.Device = "", nil, nil
		p.after.Ghosts = a.last.Ghosts
		p.during = a.union(want)
		return p
	}
	gone := a.gone(want)
	p.after.Ghosts = a.gather(merged(gone, a.goneLegacy(c, want)), want)
	if p.again = len(gone) > 0 && !a.second; p.again {
		p.second = true
		p.after.Device = merged(want.Device, gone)
	} else if a.raised {
		p.after.Ghosts = nil // they were shown, and taken away
	}
	if want.Topic != "" {
		if !p.again {
			gone = nil
		}
		messages = append(messages, deviceMessage(c, gone))
	}
	p.messages = append(p.messages, messages...)
	p.during = a.union(want)
	p.during.Ghosts = p.after.Ghosts
	return p
}

// raiseIn announces the ghosts beside the configuration; what follows is an
// ordinary removal.
func (a *announcer) raiseIn(c *Config, want announced, messages []message, p *plan) {
	p.again, p.raised = true, true
	p.after.Ghosts = a.last.Ghosts
	if want.Topic != "" {
		p.messages = append(messages, deviceMessageWith(c, a.ghosts(c)))
		p.after.Device = merged(want.Device, a.last.Device, a.last.Ghosts)
	} else {
		p.messages = append(messages, messagesOf(c, a.ghosts(c))...)
		for _, m := range p.messages {
			p.after.Legacy = append(p.after.Legacy, m.topic)
		}
		p.after.Legacy = merge(p.after.Legacy, a.last.Legacy)
	}
	p.during = a.union(p.after)
}

func merged(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}

// wanted is what the configuration announces, and the per-entity messages.
func (a *announcer) wanted(c *Config, topics []string) (announced, []message) {
	want := announced{Node: c.NodeID, Base: c.Topic + "/" + c.NodeID, Topics: topics}
	switch {
	case !c.Discovery:
	case c.LegacyDiscovery:
		messages := entityMessages(c)
		for _, m := range messages {
			want.Legacy = append(want.Legacy, m.topic)
		}
		return want, messages
	default:
		want.Topic, want.Device = a.topic, map[string]string{}
		for key, x := range components(c) {
			want.Device[key] = x.Platform
		}
	}
	return want, nil
}

// stale lists the topics of last time that nothing stands for any more.
func (a *announcer) stale(want announced) (out []string) {
	if a.last.Topic != "" && a.last.Topic != want.Topic {
		out = append(out, a.last.Topic)
	}
	for _, t := range a.last.Legacy {
		if !slices.Contains(want.Legacy, t) {
			out = append(out, t)
		}
	}
	for _, t := range a.last.Topics {
		if !slices.Contains(want.Topics, t) {
			out = append(out, t)
		}
	}
	return out
}

// gone maps the components to take away to their platforms.
func (a *announcer) gone(want announced) map[string]string {
	out := map[string]string{}
	if want.Topic == "" || a.last.Topic != want.Topic {
		return out
	}
	for key, platform := range a.last.Device {
		if _, stays := want.Device[key]; !stays {
			out[key] = platform
		}
	}
	return out
}

// union is what may be on the broker while a publication is under way.
func (a *announcer) union(want announced) announced {
	u := want
	if a.last.Topic != "" {
		u.Topic = a.last.Topic
	}
	u.Device = merged(want.Device, a.last.Device)
	u.Ghosts = merged(want.Ghosts, a.last.Ghosts)
	u.Legacy = merge(want.Legacy, a.last.Legacy)
	u.Topics = merge(want.Topics, a.last.Topics)
	return u
}

func merge(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// done notes the acknowledgement; a.last must be saved then.
func (a *announcer) done(p plan, now time.Time, settle time.Duration) {
	a.last = p.after
	a.due, a.second = time.Time{}, false
	if p.again {
		a.due, a.second = now.Add(settle), p.second
	}
	if p.raised {
		a.raising, a.raised = false, true
	} else if !p.again {
		a.raised = false
	}
}
