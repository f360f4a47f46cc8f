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
	topic  string
	last   announced // what Home Assistant may still show; shrinks only when a removal was acknowledged
	due    time.Time // zero = nothing to publish
	second bool      // the next publication leaves the removed ones out
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
	again    bool      // a second step follows
}

// next builds the publication that is due. topics are the retained topics of
// the configuration c.
func (a *announcer) next(c *Config, topics []string) plan {
	want, messages := a.wanted(c, topics)
	p := plan{after: want}
	for _, t := range a.stale(want) {
		p.messages = append(p.messages, message{topic: t, qos: 1, retain: true})
	}
	if switched := want.Topic != "" && len(a.last.Legacy) > 0 || len(want.Legacy) > 0 && a.last.Topic != ""; switched {
		// The unique ids are the same both ways: Home Assistant must have let
		// the old entities go before it may see the new ones.
		p.again = true
		p.after.Topic, p.after.Legacy, p.after.Device = "", nil, nil
		p.during = a.union(want)
		return p
	}
	gone := a.gone(want)
	if p.again = len(gone) > 0 && !a.second; p.again {
		p.after.Device = maps.Clone(want.Device)
		maps.Copy(p.after.Device, gone)
	}
	if want.Topic != "" {
		if !p.again {
			gone = nil
		}
		messages = append(messages, deviceMessage(c, gone))
	}
	p.messages = append(p.messages, messages...)
	p.during = a.union(want)
	return p
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
	u.Device = map[string]string{}
	maps.Copy(u.Device, want.Device)
	maps.Copy(u.Device, a.last.Device)
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
		a.due, a.second = now.Add(settle), true
	}
}
