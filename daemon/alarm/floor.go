package alarm

import (
	"fmt"
	"slices"
	"time"
)

// How quiet a source gets is a matter of its room and of itself: its quietest minute of each hour, over a day, is compared with the last
// minutes. A hand or a cloth over a microphone leaves it quieter than it ever is at night; another place, or a noise that hides sounds,
// never as quiet as it was in any hour.
const (
	hours    = 24
	atLeast  = 20 // hours, before there is a day, with its night, to compare with
	recent   = 15
	fallen   = 8.0  // dB below the quietest minute of a day, in each of so many minutes:
	inARow   = 3    //
	risen    = 15.0 // dB above the quietest minute of the hour that was loudest, in each of the recent minutes
	noLevel  = -200
	wholeDay = hours * time.Hour
)

// floor is how quiet one source gets, dB.
type floor struct {
	Hours   []quietest `json:"hours"` // the oldest first
	minutes []float64  // the recent ones, the newest last: a minute belongs to the day when it leaves them
	told    time.Time  // when a minute was taken last
	unlike  bool       // the newest minutes are not like the day
}

// quietest is the quietest minute of an hour.
type quietest struct {
	Began time.Time `json:"began"`
	LAeq  float64   `json:"laeq"`
}

// minute takes the level of a minute, dB, and says in words what has changed; "" for nothing.
func (f *floor) minute(now time.Time, laeq float64) (changed string) {
	if now.Sub(f.told) < time.Minute && now.After(f.told) {
		return f.changed() // the same one, told again
	}
	f.told = now
	f.minutes = append(f.minutes, laeq)
	left, full := f.minutes[0], len(f.minutes) > recent
	if full {
		f.minutes = slices.Delete(f.minutes, 0, 1)
	}
	if changed = f.changed(); changed != "" {
		f.unlike = true
		return changed
	}
	if f.unlike { // what was not like the day does not become part of it
		f.unlike, f.minutes = false, f.minutes[:0]
		return ""
	}
	if !full {
		return ""
	}
	f.Hours = slices.DeleteFunc(f.Hours, func(q quietest) bool { return now.Sub(q.Began) > wholeDay || q.Began.After(now) })
	n := len(f.Hours)
	if n == 0 || now.Sub(f.Hours[n-1].Began) >= time.Hour {
		f.Hours = append(f.Hours, quietest{now, left})
	} else {
		f.Hours[n-1].LAeq = min(f.Hours[n-1].LAeq, left)
	}
	return ""
}

func (f *floor) changed() string {
	if len(f.Hours) < atLeast || len(f.minutes) < inARow {
		return ""
	}
	low, high := f.Hours[0].LAeq, float64(noLevel)
	for _, q := range f.Hours {
		low, high = min(low, q.LAeq), max(high, q.LAeq)
	}
	if loudest := slices.Max(f.minutes[len(f.minutes)-inARow:]); loudest < low-fallen {
		return fmt.Sprintf("%.0f dB below the quietest minute of the day for %d minutes", low-loudest, inARow)
	}
	if softest := slices.Min(f.minutes); len(f.minutes) == recent && softest > high+risen {
		return fmt.Sprintf("never within %.0f dB of the quietest minute of any hour for %d minutes", softest-high, recent)
	}
	return ""
}
