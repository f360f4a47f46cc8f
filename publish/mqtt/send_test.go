package mqtt

import (
	"testing"

	"earshot/publish/topic"
)

// TestTogether: what goes out together is bounded in bytes and in number, and one message always goes.
func TestTogether(t *testing.T) {
	for _, c := range []struct {
		sizes []int
		want  int
	}{
		{nil, 0},
		{[]int{1}, 1},
		{[]int{maxUnderWay * 4, 1}, 1},
		{[]int{maxUnderWay - 2, 0, 1}, 2}, // a topic is one byte
		{[]int{0, maxUnderWay, 0}, 1},
		{[]int{100, 100, 100}, 3},
		{[]int{1, 1, 1, 1, 1}, 4},
	} {
		var ms []topic.Message
		for _, n := range c.sizes {
			ms = append(ms, topic.Message{Topic: "t", Payload: make([]byte, n)})
		}
		if got := together(ms, 4); got != c.want {
			t.Errorf("%v: %d together, want %d", c.sizes, got, c.want)
		}
	}
}
