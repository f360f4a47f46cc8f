package redact

import "testing"

func TestURLs(t *testing.T) {
	for s, want := range map[string]string{
		"rtsp://cam:secret@10.0.0.7/stream exited": "rtsp://***@10.0.0.7/stream exited",
		"tcp://u@h and ssl://u:p@h":                "tcp://***@h and ssl://***@h",
		"tcp://h:1883/a@b":                         "tcp://h:1883/a@b",
		"nothing":                                  "nothing",
	} {
		if got := URLs(s); got != want {
			t.Errorf("URLs(%q) = %q, want %q", s, got, want)
		}
	}
}
