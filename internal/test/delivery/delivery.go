// Package delivery holds what arrived against what was sent.
package delivery

import (
	"encoding/json"
	"testing"
)

// IDs returns the ids of events, from their payloads.
func IDs(t testing.TB, payloads []string) (out []string) {
	t.Helper()
	for _, s := range payloads {
		var e struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal([]byte(s), &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e.ID)
	}
	return out
}

// Check holds arrived against sent: in order, nothing invented, twice
// only one right after the other, and no more missing than mayMiss. It returns how many came twice.
func Check(t testing.TB, sent, arrived []string, mayMiss int, what string) (twice int) {
	t.Helper()
	at, missing := 0, 0
	for i, id := range arrived {
		if i > 0 && id == arrived[i-1] {
			twice++
			continue
		}
		for at < len(sent) && sent[at] != id {
			at++
			missing++
		}
		if at == len(sent) {
			t.Fatalf("%s: %s arrived out of order or was never sent", what, id)
		}
		at++
	}
	missing += len(sent) - at
	if missing > mayMiss {
		t.Fatalf("%s: %d of %d lost, at most %d may be", what, missing, len(sent), mayMiss)
	}
	return twice
}
