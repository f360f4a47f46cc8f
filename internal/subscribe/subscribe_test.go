package subscribe

import (
	"testing"
)

func TestNobodyThere(t *testing.T) {
	if _, err := New("tcp://127.0.0.1:1", "#", func(Message) {}); err == nil {
		t.Error("connected to nobody")
	}
}
