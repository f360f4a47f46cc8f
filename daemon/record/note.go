package record

import "fmt"

// Step is what a sitting has come to.
type Step string

const (
	Listen    Step = "listen"     // to the room, before anything else
	Heard     Step = "heard"      // how loud the room is
	Now       Step = "now"        // the sound is waited for
	Kept      Step = "kept"       // a take was
	Rejected  Step = "rejected"   // a take was not, for a Fault
	RoomAlone Step = "room_alone" // the room is recorded
	RoomKept  Step = "room_kept"
)

// Fault is what is wrong with a take, or with the room.
type Fault string

const (
	TooLoud Fault = "too_loud" // for the microphone
	TooLong Fault = "too_long"
	Faint   Fault = "faint" // it hardly stands out of the room
	Dead    Fault = "dead"  // the room: no microphone that hears
	Noisy   Fault = "noisy" // the room: a sound has to be loud to stand out of it
	NoFault Fault = ""
)

// Note is what is said to who records.
type Note struct {
	Step      Step    `json:"step"`
	Fault     Fault   `json:"fault,omitempty"`
	Take      int     `json:"take,omitempty"` // that is waited for, from 1
	Of        int     `json:"of,omitempty"`
	Seconds   float64 `json:"seconds,omitempty"`    // of the take, or of the room
	LevelDBFS float64 `json:"level_dbfs,omitempty"` // of the room

	label string
}

// String is the note in English, in one line or two.
func (n Note) String() string {
	switch n.Step {
	case Listen:
		return fmt.Sprintf("listening to the room for %v; be quiet, please", checked)
	case Heard:
		told := fmt.Sprintf("  the room is at %.0f dBFS", n.LevelDBFS)
		switch n.Fault {
		case Dead:
			told += ": that is no microphone that hears; is it muted? (earshot devices --listen shows its level)"
		case Noisy:
			told += fmt.Sprintf(": that is loud; a sound must stand out of it by %.0f dB", begins)
		}
		return told + fmt.Sprintf("\nmake the sound of %q %d times, as it comes: near and far, in other corners, from other rooms", n.label, n.Of)
	case Now:
		return fmt.Sprintf("%d of %d: now, please", n.Take, n.Of)
	case Rejected:
		return "  not kept: " + n.Fault.why()
	case RoomAlone:
		return fmt.Sprintf("now the room alone, %.0f s of it: be quiet, please", n.Seconds)
	}
	return fmt.Sprintf("  kept: %.1f s", n.Seconds)
}

func (f Fault) why() string {
	switch f {
	case TooLoud:
		return "too loud for the microphone; go further away, or turn its gain down"
	case TooLong:
		return fmt.Sprintf("it went on for more than %v", longest)
	}
	return "it hardly stands out of the room; come nearer"
}
