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
// file is lost. Only retained messages from before our own count.
func (a *announcer) seen(payload []byte) {
	for key, platform := range platformsOf(payload) {
		if a.last.Device == nil {
			a.last.Device = map[string]string{}
		}
		if _, known := a.last.Device[key]; !known {
			a.last.Device[key] = platform
			a.last.Topic = a.topic
		}
	}
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
	base := c.Topic + "/" + c.NodeID
	after := announced{Node: c.NodeID, Base: base, Topics: topics, Device: map[string]string{}}
	var p plan
	clear := func(topic string) {
		p.messages = append(p.messages, message{topic: topic, qos: 1, retain: true})
	}
	gone := map[string]string{}
	switch {
	case !c.Discovery:
	case c.LegacyDiscovery:
		p.messages = entityMessages(c)
		for _, m := range p.messages {
			after.Legacy = append(after.Legacy, m.topic)
		}
	default:
		after.Topic = a.topic
		for key, x := range components(c) {
			after.Device[key] = x.Platform
		}
		for key, platform := range a.last.Device {
			if _, stays := after.Device[key]; !stays && a.last.Topic == a.topic {
				gone[key] = platform
			}
		}
	}
	if after.Topic != "" {
		stubs := gone
		if a.second {
			stubs = nil
		}
		p.messages = append(p.messages, deviceMessage(c, stubs))
	}
	p.again = len(gone) > 0 && !a.second
	if a.last.Topic != "" && a.last.Topic != after.Topic {
		clear(a.last.Topic)
	}
	for _, t := range a.last.Legacy {
		if !slices.Contains(after.Legacy, t) {
			clear(t)
		}
	}
	for _, t := range a.last.Topics {
		if !slices.Contains(topics, t) {
			clear(t)
		}
	}
	p.after, p.during = after, after
	if p.again {
		p.during.Device = maps.Clone(after.Device)
		maps.Copy(p.during.Device, gone)
		p.after = p.during
	} else {
		p.during.Device = maps.Clone(after.Device)
		maps.Copy(p.during.Device, a.last.Device)
	}
	return p
}

// done notes the acknowledgement; changed says that a.last must be saved.
func (a *announcer) done(p plan, now time.Time, settle time.Duration) {
	a.last = p.after
	a.due, a.second = time.Time{}, false
	if p.again {
		a.due, a.second = now.Add(settle), true
	}
}
